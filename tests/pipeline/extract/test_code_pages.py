from pathlib import Path

import pytest

from pipeline.extract.code_pages import CODE_PAGES, find_code_page, likeliest_code_page
from pipeline.extract.encodings import decode_text

FRENCH = "Les élèves étaient déjà là ; ça leur plaît où l’été finit. « Être » dit-il à Noël. " * 3
GERMAN = "Die Bäume blühten über dem Fluß, wo „schöne“ Vögel saßen; Öl für Ärger. " * 3
SPANISH = "¿Dónde está el niño? ¡Mañana será otro día! Él volvió según él quería. " * 3
ENGLISH = "Plain words stand here. " * 20_000 + "He went to the café, a naïve façade. "


@pytest.mark.parametrize("text", [FRENCH, GERMAN, SPANISH, ENGLISH], ids=["fr", "de", "es", "en"])
@pytest.mark.parametrize("encoding", CODE_PAGES)
def test_western_texts_of_three_systems_are_told_apart(text: str, encoding: str) -> None:
    stored = text.encode(encoding, "ignore")
    assert decode_text(stored) == stored.decode(encoding)


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Zażółć gęślą jaźń, proszę państwa. " * 9, "iso8859-2"),
        ("Příliš žluťoučký kůň úpěl ďábelské ódy. " * 9, "cp1250"),
        ("Съешь же ещё этих мягких французских булок. " * 9, "koi8-r"),
    ],
)
def test_what_was_detected_in_other_languages_stays(text: str, encoding: str) -> None:
    assert likeliest_code_page(text.encode(encoding), encoding) == encoding


def test_nothing_beyond_ascii_and_nothing_at_all() -> None:
    assert likeliest_code_page(b"plain words are in it", None) == "cp1252"
    assert likeliest_code_page(bytes(range(128, 256)) * 9, None) is None
    assert likeliest_code_page(b"", "cp1252") == "cp1252"


@pytest.mark.parametrize(
    ("name", "expected"),
    [("IBM850", "cp850"), ("DOS 437", "cp437"), ("mac-roman", "mac_roman"), ("CP-868", None),
     ("Mac OS Roman", "mac_roman"), (None, None), ("utf-8", None), ("cp1252", None)],
)  # fmt: skip
def test_names_that_volunteers_gave_them(name: str | None, expected: str | None) -> None:
    assert find_code_page(name) == expected


@pytest.mark.shared
def test_real_books_in_other_code_pages_read_the_same(shared_data: Path) -> None:
    seen = 0
    for path in sorted((shared_data / "books").rglob("*.txt")):
        text = path.read_bytes()[:400_000].decode("utf-8", "replace").replace("\ufffd", "")
        for encoding in CODE_PAGES:
            stored = text.encode(encoding, "ignore")
            beyond_ascii = sum(byte > 127 for byte in stored)
            is_western = beyond_ascii >= 20 and len(stored) > 0.99 * len(text)
            if is_western:
                seen += 1
                assert decode_text(stored) == stored.decode(encoding), (path.name, encoding)
    assert seen >= 15
