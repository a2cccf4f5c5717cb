import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.sources.gutenberg import parse_book, tidy_body
from pipeline.sources.gutenberg_notes import drop_credits, drop_marks, drop_notes
from tests.pipeline.sources.conftest import rows_of

PROSE = (
    "It rained the whole of that day, and the river rose until the meadow was\n"
    "nothing but water with a row of willows standing in it, and by the evening\n"
    "nobody could have said where the bank had been. The miller went to bed.\n"
)
BOOK = "\n\n".join([PROSE] * 60)


@pytest.mark.parametrize(
    "note",
    [
        "TRANSCRIBER'S NOTE\n\n   Italics are marked so.",
        "PREPARER’S NOTE\n\n     The text is based on the edition of Ann Other.",
        "[Transcriber's note: the tilde stands for a mark that is no longer\nused.]",
        "[ Anmerkungen zur Transkription:\n\n  Druckfehler wurden korrigiert [so].\n\n  So.\n ]",
        "Au lecteur.\n\n  Le texte en italiques est indiqué ainsi.\n\n  Voir à la fin du texte.",
        "Note de transcription\n\nLes erreurs ont été corrigées.",
        "Nota del transcriptor:\n\nSe han corregido las erratas.",
        "Nota di trascrizione\n\nGli errori tipografici sono stati corretti.",
        "Notas do transcritor\n\nForam corrigidos os erros tipográficos.",
        "OPMERKINGEN VAN DE BEWERKER\n\nDrukfouten zijn verbeterd.",
        "[Paalala ng nagsalin: may kilay ang mga salita.]",
        "+------------------------------+\n| Transcriber's Note:          |\n"
        "| Misprints were corrected.    |\n+------------------------------+",
        "[Illustration]",
        "[Abbildung: Eine Mühle]",
        "[Larawan: isang gilingan]",
    ],
)
def test_notes_before_the_book_go_in_many_languages(note: str) -> None:
    assert tidy_body(f"{note}\n\n\n\n\n{BOOK}") == tidy_body(BOOK)


@pytest.mark.parametrize(
    "note",
    [
        "TRANSCRIBER'S NOTES:\n\nPage 3: wett changed to wet\n\nCHAPTER I\n\nPage 5: ditto",
        "       *       *       *\n\nAu lecteur.\n\nQuelques erreurs typographiques ont été "
        "corrigées.\n\nPREMIÈRE PARTIE\n\nPage 1: «b» par «a».",
        "[ Im folgenden werden alle geänderten Textzeilen angeführt.\n\n  ein Wot\n  ein Wort\n ]",
        "[ Im folgenden werden alle geänderten Textzeilen angeführt.\n\n  ein Wot\n  ein Wort",
        "Typographical errors corrected by the etext transcriber:\n\nwett=> wet {pg 68}",
    ],
)
def test_notes_behind_the_book_go_to_the_end(note: str) -> None:
    assert tidy_body(f"{BOOK}\n\n\n\n{note}\n") == tidy_body(BOOK)


@pytest.mark.parametrize(
    "own",
    [
        "AU LECTEUR\n\nC'est ici un livre de bonne foi, lecteur.",
        "To the Reader.\n\nThis, gentle reader, is an honest book.",
        "Notes\n\n1. The mill stood at the bend of the river.",
        "NOTA\n\nEste libro es de buena fe.",
        "[1] The meadow is the one behind the church.",
        "Note: she never came back.",
        "The transcriber of these letters made a note of it, and was right to do so in my opinion.",
    ],
)
def test_what_the_author_says_stays(own: str) -> None:
    words = own.split()[-3:]
    for text in (f"{own}\n\n\n{BOOK}", f"{BOOK}\n\n\n{own}\n"):
        assert " ".join(words) in " ".join(tidy_body(text).split())


@pytest.mark.parametrize(
    "credit",
    [
        "Produced by A. Volunteer",
        "E-text prepared by A. Volunteer",
        "Nous remercions la bibliothèque, dont les images sont dans gallica.bnf.fr",
        "Produit par une bénévole",
        "cover",
        "***",
        "[Cover]",
    ],
)
def test_credits_go_where_books_begin(credit: str) -> None:
    assert drop_credits([credit, "One", "Two"]) == ["One", "Two"]
    assert drop_credits(["One"] * 20 + [credit])[-1] == credit


def test_rules_inside_a_book_stay() -> None:
    assert drop_credits(["One", "* * *", "Two"]) == ["One", "* * *", "Two"]


def test_marks_of_type_go_where_they_are_used_as_such() -> None:
    lexicon = "".join(f"=wort{i}= word {i}.\n" for i in range(9))
    assert drop_marks(lexicon).startswith("wort0 word 0.\nwort1")
    assert drop_marks("a =b= c") == "a =b= c"
    equations = "x = y = z\n" * 9
    assert drop_marks(equations) == equations
    assert drop_marks("m~ga n~g " * 9) == "m~ga n~g " * 9
    assert drop_marks("/* My dear, */") == "My dear,"
    assert drop_marks("#Artigues.# Essai\n" * 6) == "Artigues. Essai\n" * 6


@pytest.mark.parametrize(
    "piece",
    ["[", "[TN ", "[Bild:", " ", "\n ", "[ corrected\n\n", "Note\n\n", "=a ", "_a ", "+-\n"],
)
def test_floods_of_marks_cost_little(piece: str) -> None:
    body = piece * ((1 << 20) // len(piece))
    started = time.process_time()
    drop_marks(drop_notes(body))
    assert time.process_time() - started < 3


@given(st.text(alphabet="[]*_=\n |a:", max_size=300))
def test_nothing_raises(text: str) -> None:
    drop_marks(drop_notes(text))
    parse_book("Transcriber's note\n\n" + text)


# Words of the notes that volunteers left in these books.
NOTE_WORDS = (
    "Transkription", "italiques dans l’original", "typographiques évidentes", "Paalala",
    "Transcriber", "TRANSCRIBER", "PREPARER", "geänderten Textzeilen", "gallica", "[Larawan",
    "Vignette", "PG EBOOK", " etext",
)  # fmt: skip


@pytest.mark.shared
def test_the_makers_of_real_books_are_silent(shared_data: Path) -> None:
    for row in rows_of(shared_data / "books/txt"):
        text = row["text"]
        assert not [words for words in NOTE_WORDS if words in text], row["source_file"]
        assert not text.startswith(("*", "cover", "[")), row["source_file"]
