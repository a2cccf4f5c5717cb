import pytest

from pipeline.text.month_names import month_number


@pytest.mark.parametrize(
    ("number", "names"),
    [
        (1, "January Jan Januar Jänner Janner janvier janv enero ene gennaio gen janeiro"),
        (2, "Feb Februar Feber février fevrier févr febrero febbraio fevereiro fev"),
        (3, "MARCH März marz mars marzo março marco mar"),
        (4, "avril avr abril abr aprile"),
        (5, "may Mai mayo maggio mag maio"),
        (6, "June juni juin junio giugno giu junho"),
        (7, "juillet juil julio luglio lug julho Juli"),
        (8, "août aout agosto ago AUG"),
        (9, "Sept settembre set septiembre setembro septembre"),
        (10, "Okt octobre octubre ottobre ott outubro out"),
        (11, "nov noviembre novembro"),
        (12, "Dez déc dec diciembre dic dezembro décembre"),
        (0, "Smarch jui ja märzchen de"),
    ],
)
def test_names_and_their_beginnings_mean_a_month(number: int, names: str) -> None:
    got = {name: month_number(name) for name in names.split()}
    assert got == dict.fromkeys(got, number)
