from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.dates import parse_date

MOMENT = datetime(2017, 3, 6, 4, 2, 6, tzinfo=UTC)


@pytest.mark.parametrize(
    "written",
    [
        "2017-03-06T04:02:06Z",
        "2017-03-06 04:02:06",
        "2017-03-06T05:02:06+01:00",
        "2017/03/06 04:02:06",
        "20170306040206",
        "Mon, 06 Mar 2017 04:02:06 GMT",
        "Mon, 06 Mar 2017 05:02:06 +0100",
        "2017-03-06 04:02:06 UTC",
        "Mon, 06 Mar 2017 04:02:06",
        "6 March 2017 04:02:06",
        "Mo, 06 Mär 2017 05:02:06 +0100",
        "lun., 06 mars 2017 05:02:06 CET",
        "Lun, 06 Marzo 2017 04:02:06 GMT",
        "2017-3-6T4:02:06Z",
        "2017-03-06 5:02:06 +0100",
        "2017年3月6日 04:02:06",
        1488772926,
        1488772926.0,
        1488772926000,
        "1488772926",
        datetime(2017, 3, 6, 4, 2, 6),
    ],
)
def test_one_moment_in_many_spellings(written: object) -> None:
    assert parse_date(written) == MOMENT


def test_a_day_is_its_midnight_in_utc() -> None:
    assert parse_date("2017-03-06") == datetime(2017, 3, 6, tzinfo=UTC)
    assert parse_date(date(2017, 3, 6)) == datetime(2017, 3, 6, tzinfo=UTC)


@pytest.mark.parametrize(
    "written",
    ["March 6, 2017 04:02", "Monday, March 6, 2017, 4:02 AM", "2017-3-6 4:02", "Mar. 6 2017 04:02",
     "6 Mar 2017 04:02", "2017年03月06日 04:02", "Mar 6th, 2017 at 4:02 a.m.",
     "6 March 2017, 4:02 AM", "Monday 6th of March, 2017 04:02", "06.03.2017, 04:02 Uhr",
     "2017年3月6日星期一 上午4:02", "2017年3月6日(月) 4時02分", "2017년 3월 6일 오전 4:02"],
)  # fmt: skip
def test_minutes_as_people_write_them(written: str) -> None:
    assert parse_date(written) == MOMENT.replace(second=0)


@pytest.mark.parametrize(
    "written",
    ["6. März 2017", "Montag, 6. März 2017", "Mo., 06. Mär. 2017", "den 6. März 2017",
     "6 mars 2017", "lundi 6 mars 2017", "le lundi 6 mars 2017", "06-MAR-2017",
     "6 de marzo de 2017", "lunes, 6 de marzo del 2017", "6 marzo 2017", "lunedì 6 marzo 2017",
     "6 de março de 2017", "segunda-feira, 6 de março de 2017", "6 MARÇO 2017"],
)  # fmt: skip
def test_months_of_other_languages(written: str) -> None:
    assert parse_date(written) == datetime(2017, 3, 6, tzinfo=UTC)


@pytest.mark.parametrize(
    "written",
    ["1er mai 2020", "1º de maio de 2020", "1.º de maio de 2020", "1° maggio 2020", "1. Mai 2020"],
)
def test_the_first_of_a_month(written: str) -> None:
    assert parse_date(written) == datetime(2020, 5, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "written",
    ["6. März 2017, 14:05 Uhr", "6. März 2017 um 14:05 Uhr", "6. März 2017 - 14:05",
     "6 mars 2017 à 14h05", "6 mars 2017 à 14 h 05", "6 de marzo de 2017 a las 14:05 h",
     "6 de marzo de 2017, 2:05 p.m.", "6 marzo 2017 alle ore 14:05", "6 marzo 2017, ore 14:05",
     "6 de março de 2017 às 14h05"],
)  # fmt: skip
def test_hours_of_other_languages(written: str) -> None:
    assert parse_date(written) == datetime(2017, 3, 6, 14, 5, tzinfo=UTC)


@pytest.mark.parametrize("written", ["31. Februar 2021", "6 jui 2017", "6 de quartzo de 2017"])
def test_months_that_are_none_or_two(written: str) -> None:
    assert parse_date(written) is None


def test_noon_and_midnight_of_twelve_hours() -> None:
    assert parse_date("March 6, 2017 12:30 PM") == datetime(2017, 3, 6, 12, 30, tzinfo=UTC)
    assert parse_date("March 6, 2017 12:30 AM") == datetime(2017, 3, 6, 0, 30, tzinfo=UTC)
    assert parse_date("March 6, 2017 11:30 pm") == datetime(2017, 3, 6, 23, 30, tzinfo=UTC)


@pytest.mark.parametrize("value", ["", "soon", None, True, [], "2017-13-45", 1e300, "9" * 60, "0"])
def test_what_is_no_date_is_none(value: object) -> None:
    assert parse_date(value) is None


@given(st.one_of(st.text(max_size=40), st.floats(), st.integers()))
def test_nothing_makes_it_raise(value: object) -> None:
    parse_date(value)


@given(st.datetimes(datetime(1700, 1, 1), datetime(2100, 1, 1)))
def test_iso_dates_come_back(moment: datetime) -> None:
    assert parse_date(moment.isoformat()) == moment.replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "hour"),
    [
        ("Mon, 06 Mar 2017 04:02:00 CEST", 2),
        ("Mon, 06 Mar 2017 04:02:00 EST", 9),
        ("Mon, 06 Mar 2017 13:02 JST", 4),
        ("6 Mar 2017, 4:02 PM", 16),
        ("6 Mar 2017, 12:02 AM", 0),
        ("201703060402", 4),
    ],
)
def test_zones_and_hours_that_mail_does_not_know(written: str, hour: int) -> None:
    assert parse_date(written) == datetime(2017, 3, 6, hour, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    "written",
    ["6 March 2017", "6 march 2017", "6-Mar-2017", "6th of March, 2017", "06.03.2017", "6. 3. 2017",
     "2017年3月6日", "2017 年 3 月 6 日 星期一", "2017年3月6號", "2017년 3월 6일 월요일"],
)  # fmt: skip
def test_days_as_people_write_them(written: str) -> None:
    assert parse_date(written) == datetime(2017, 3, 6, tzinfo=UTC)


def test_a_day_that_could_be_two_is_none() -> None:
    for written in (
        "06/03/2017",
        "6-3-2017",
        "3/6/17",
        "6 Smarch 2017",
        "03.13.2017",
        "30.02.2017",
    ):
        assert parse_date(written) is None, written
    for written in ("13/03/2017", "03/13/2017", "13-3-2017", "13.03.2017 00:00"):
        assert parse_date(written) == datetime(2017, 3, 13, tzinfo=UTC), written
    assert parse_date("06/06/2017 16:02") == datetime(2017, 6, 6, 16, 2, tzinfo=UTC)


def test_afternoons_in_east_asia() -> None:
    for written in ("2017年3月6日 下午4:02", "2017年3月6日 16:02", "2017년 3월 6일 오후 4시 2분"):
        assert parse_date(written) == datetime(2017, 3, 6, 16, 2, tzinfo=UTC), written
    assert parse_date("2017年3月6日 下午12:30") == datetime(2017, 3, 6, 12, 30, tzinfo=UTC)
