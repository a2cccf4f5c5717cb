import gzip
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.sources.gutenberg import parse_book, split_books, split_licence, tidy_body
from tests.pipeline.sources.conftest import ReadDump, rows_of

PROSE = (
    "It was the best of mornings, and the worst of evenings; the kettle sang on\n"
    "the hob, the rain drummed on the roof, and nobody in the house could say for\n"
    "certain which of the two had begun the quarrel."
)
JOINED = PROSE.replace("\n", " ")
HEADER = (
    "The Project Gutenberg EBook of Kettle and Rain, by Ada Müller\n\nThis eBook is for the use "
    "of anyone anywhere at no cost\n\n\nTitle: Kettle and Rain\n       A Tale\n\n"
    "Author: Ada Müller\n\nRelease Date: March 4, 2003 [EBook #1234]\n\nLanguage: German\n\n"
    "Character set encoding: ISO-8859-1\n\n"
)
FOOTER = "\n\nUpdated editions will replace the previous one.\nSection 1. General Terms of Use\n"
START_SMALL_PRINT = "***START**THE SMALL PRINT!**FOR PUBLIC DOMAIN ETEXTS**START***\nlawyers\n"
END_SMALL_PRINT = "*END*THE SMALL PRINT! FOR PUBLIC DOMAIN ETEXTS*Ver.04.29.93*END*\n"


@pytest.mark.parametrize(
    "start",
    [
        "*** START OF THIS PROJECT GUTENBERG EBOOK KETTLE AND RAIN ***\n",
        "*** START OF THE PROJECT GUTENBERG EBOOK KETTLE AND RAIN ***\n",
        "***START OF THE PROJECT GUTENBERG EBOOK KETTLE AND RAIN***\n",
        "*** START OF THIS PROJECT GUTENBERG EBOOK KETTLE\nAND RAIN ***\n",
        START_SMALL_PRINT + END_SMALL_PRINT,
        START_SMALL_PRINT + "*END THE SMALL PRINT! FOR PUBLIC DOMAIN ETEXTS*Ver.04.29.93*END*\n",
    ],
)
@pytest.mark.parametrize(
    "end",
    [
        "*** END OF THIS PROJECT GUTENBERG EBOOK KETTLE AND RAIN ***",
        "*** END OF THE PROJECT GUTENBERG EBOOK KETTLE AND RAIN ***",
        "***END OF THE PROJECT GUTENBERG EBOOK KETTLE AND RAIN***",
        "End of Project Gutenberg's Kettle and Rain, by Ada Müller",
        "End of the Project Gutenberg EBook of Kettle and Rain, by Ada Müller\n\n"
        "*** END OF THIS PROJECT GUTENBERG EBOOK KETTLE AND RAIN ***",
        "Ende dieses Projekt Gutenberg Etextes Kettle and Rain",
        "*** END OF THE PROJECT GUTENBERG EBOOK X ***\n" + START_SMALL_PRINT + END_SMALL_PRINT,
    ],
)
def test_the_licence_goes_in_all_its_variants(start: str, end: str) -> None:
    credit = "\n\nProduced by Some One and the Online Distributed\nProofreading Team\n\n\n"
    book = parse_book(HEADER + start + credit + PROSE + "\n\n\n" + end + FOOTER)
    assert book.text == JOINED
    assert (book.title, book.author) == ("Kettle and Rain A Tale", "Ada Müller")
    assert (book.language, book.number) == ("de", "1234")
    assert book.released is not None and book.released.date().isoformat() == "2003-03-04"


def test_without_markers_only_the_last_line_goes() -> None:
    text = "第一章\n\n" + "春天的茶園裡霧氣很重，人都上山了。\n\n" * 3
    book = parse_book(text + "\nEnd of Project Gutenberg's Misty Hills, by Lo Kuan\n")
    assert book.text.startswith("第一章")
    assert "Gutenberg" not in book.text
    assert (book.title, book.author) == ("Misty Hills", "Lo Kuan")
    assert parse_book(text).text.count("春天") == 3


def test_the_book_keeps_words_that_only_look_like_markers() -> None:
    body = "At the end of this project, Gutenberg wept.\n\nThe start of the project was gay."
    assert split_licence(body) == ("", body, "")


def test_notes_of_the_transcriber_and_marks_of_typesetting_go() -> None:
    body = (
        "[Illustration: A kettle]\n\n" + (PROSE + "\n\n") * 20 + "A _very_ wet day.\n\n"
        "TRANSCRIBER'S NOTES:\n\nPage 3: wett changed to wet\n"
    )
    text = tidy_body(body)
    assert text.endswith("A very wet day.")
    assert "Illustration" not in text


@pytest.mark.parametrize(
    ("text", "encoding", "declared"),
    [
        ("Fräulein Müller trank ihren Tee für gewöhnlich süß.", "latin-1", "ISO-8859-1"),
        ("“Quite so” — she said — it’s déjà vu.", "cp1252", "Windows-1252"),
        ("Fräulein Müller trank ihren Tee für gewöhnlich süß.", "latin-1", "ASCII"),
        ("Fräulein Müller trank ihren Tee für gewöhnlich süß.", "utf-8", "ISO-8859-1"),
        ("Fräulein Müller trank ihren Tee für gewöhnlich süß.", "cp437", "Codepage-437"),
        ("Fräulein Müller trank ihren Tee für gewöhnlich süß.", "cp850", "US-ASCII"),
        ("Fräulein Müller trank ihren Tee für gewöhnlich süß.", "mac_roman", "MacRoman"),
        ("Fräulein Müller trank ihren Tee.", "utf-8-sig", "UTF-8"),
        ("春天的茶園裡霧氣很重，採茶的人天未亮就上山：各人背一個竹簍，邊走邊唱。", "big5", "Big5"),
        (
            "春天的茶园里雾气很重，采茶的人天未亮就上山：各人背一个竹篓，边走边唱。",
            "gb18030",
            "GB2312",
        ),
        (
            "春天的茶園裡霧氣很重，採茶的人天未亮就上山：各人背一個竹簍，邊走邊唱。",
            "big5",
            "no such thing",
        ),
    ],
)
def test_encodings(read_dump: ReadDump, text: str, encoding: str, declared: str) -> None:
    book = (
        f"Project Gutenberg\n\nCharacter set encoding: {declared}\n\n"
        "*** START OF THIS PROJECT GUTENBERG EBOOK X ***\n\n" + f"{text}\r\n\r\n" * 5
    )
    (row,) = read_dump("x.txt", book.encode(encoding))
    assert row["text"] == "\n\n".join([text] * 5)
    assert (row["format"], row["source"]) == ("gutenberg", "book")


def test_a_compressed_book(read_dump: ReadDump) -> None:
    (row,) = read_dump("books/b.txt.gz", gzip.compress((HEADER + PROSE).encode("latin-1")))
    assert row["source_key"] == "pg1234"
    assert row["author"] == "Ada Müller"


@given(st.text(max_size=300))
def test_any_text_is_a_book_and_nothing_raises(text: str) -> None:
    parse_book(text)


LICENCE_WORDS = (
    "Gutenberg License", "Gutenberg-tm", "SMALL PRINT", "gutenberg.org", "Distributed Proofread",
    "PROJECT GUTENBERG EBOOK", "www.gutenberg", "Literary Archive Foundation",
)  # fmt: skip


@pytest.mark.shared
@pytest.mark.parametrize("folder", ["books/txt", "neardup/editions"])
def test_real_books_come_without_the_licence_and_in_paragraphs(
    shared_data: Path, folder: str
) -> None:
    rows = rows_of(shared_data / folder)
    assert len(rows) in (30, 13)
    for row in rows:
        text = row["text"]
        assert not [words for words in LICENCE_WORDS if words in text], row["source_file"]
        assert "\ufffd" not in text and "Ã©" not in text, row["source_file"]
        assert row["format"] == "gutenberg"
    titled = [row for row in rows if row["title"] and row["author"]]
    assert len(titled) >= len(rows) - 1


@pytest.mark.shared
def test_the_chinese_novels_are_reflowed(shared_data: Path) -> None:
    for name in ("23950-0.txt", "24051-0.txt", "24225-0.txt", "24264-0.txt"):
        (row,) = rows_of(shared_data / "books/txt" / name)
        paragraphs = [part for part in row["text"].split("\n") if part]
        mean = sum(map(len, paragraphs)) / len(paragraphs)
        assert mean > 60, (name, mean)  # wrapped lines hold 33 to 40 characters


def test_where_a_marker_ends_the_book_its_words_do_not() -> None:
    long = "It rained on the hills and the kettle sang all day long.\n\n" * 40
    text = "*** START OF THE PROJECT GUTENBERG EBOOK X ***\n\n" + long
    text += "The end of Project Gutenberg was near, he said.\n\n" + long
    text += "End of Project Gutenberg's X\n\n*** END OF THE PROJECT GUTENBERG EBOOK X ***\nLicence"
    body = split_licence(text)[1]
    assert body.count("kettle") == 80
    assert body.count("Project Gutenberg") == 1


def _book(number: int, title: str, start: str, end: str) -> str:
    head = f"The Project Gutenberg EBook of {title}\n\nTitle: {title}\n\n[EBook #{number}]\n\n"
    return f"{head}{start}{PROSE.replace('kettle', title)}\n\n{end}{FOOTER}"


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (
            "*** START OF THIS PROJECT GUTENBERG EBOOK X ***\n",
            "*** END OF THIS PROJECT GUTENBERG EBOOK X ***\n",
        ),
        (START_SMALL_PRINT + END_SMALL_PRINT, "End of Project Gutenberg's X\n"),
    ],
)
def test_books_in_one_file_are_books_of_their_own(
    read_dump: ReadDump, start: str, end: str
) -> None:
    books = [_book(n, title, start, end) for n, title in ((11, "Teapot"), (12, "Kettle"))]
    rows = read_dump("books/a.txt", "\n\n".join([*books, books[0].replace("11", "13")]).encode())
    assert [row["source_key"] for row in rows] == ["pg11", "pg12", "pg13"]
    assert [row["title"] for row in rows] == ["Teapot", "Kettle", "Teapot"]
    for row, book in zip(rows, books, strict=False):
        assert row["text"] == parse_book(book).text and row["text"]
    assert len({row["doc_id"] for row in rows}) == 3


def test_a_book_that_is_cut_off_behind_another_is_kept() -> None:
    start, end = (
        "*** START OF THE PROJECT GUTENBERG EBOOK X ***\n",
        "*** END OF THE PROJECT GUTENBERG",
    )
    pieces = split_books(_book(1, "A", start, end) + start + PROSE)
    assert len(pieces) == 2 and parse_book(pieces[1]).text == JOINED


def test_a_book_without_an_end_does_not_hide_the_next() -> None:
    start, end = (
        "*** START OF THE PROJECT GUTENBERG EBOOK X ***\n",
        "*** END OF THE PROJECT GUTENBERG",
    )
    first = _book(1, "A", start, "").replace(FOOTER, "\n\n" + f"{PROSE}\n\n" * 400)
    pieces = split_books(first + _book(2, "B", start, end))
    assert [parse_book(piece).number for piece in pieces] == ["1", "2"]
    assert all(piece.count("nobody in the house") for piece in pieces)


def test_many_books_are_split_in_linear_time() -> None:
    started = time.process_time()
    mark = "OF THE PROJECT GUTENBERG EBOOK X ***\nA\n"
    assert len(split_books(f"*** START {mark}*** END {mark}" * 20_000)) == 20_000
    assert len(split_books(f"*** START {mark}End of Project Gutenberg\n" * 20_000)) == 20_000
    split_books(f"*** START {mark}" * 40_000)
    assert time.process_time() - started < 5
