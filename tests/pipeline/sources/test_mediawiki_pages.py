import random

import pytest

from pipeline.sources import mediawiki
from pipeline.sources.mediawiki_pages import begins_page, split_at_pages
from tests.pipeline.sources.conftest import ReadDump, state
from tests.pipeline.sources.test_mediawiki import HEAD, TAIL, page

DUMP = b"<mediawiki><pages/><page>a</page>\n<page >b</page><page\n>c</page><pag"


def test_pieces_are_the_dump_in_any_chunks() -> None:
    for size in range(1, len(DUMP) + 1):
        chunks = [DUMP[at : at + size] for at in range(0, len(DUMP), size)]
        pieces = list(split_at_pages(chunks))
        assert b"".join(piece for _, piece in pieces) == DUMP
        assert all(DUMP.startswith(piece, offset) for offset, piece in pieces)
        starts = [offset for offset, piece in pieces if begins_page(piece)]
        assert starts in ([19, 34, 49], [])  # a start at the border needs the byte behind it


@pytest.mark.parametrize("size", [7, 64, 1 << 16])
@pytest.mark.parametrize(
    "broken",
    [
        "bad &#x1F; reference",
        "bad \x1f character",
        "bad <b tag",
        "bad <b>tag",
        "bad <!-- comment",
        "bad <b a='",
        "bad & ampersand",
        "bad </text></revision>",
    ],
)
def test_pages_behind_a_broken_one_are_read(
    read_dump: ReadDump, monkeypatch: pytest.MonkeyPatch, broken: str, size: int
) -> None:
    monkeypatch.setattr(mediawiki, "_CHUNK", size)
    pages = [page(title, (1, f"Text {title}.")) for title in "ABCDE"]
    pages[1] = pages[1].replace("Text B.", broken)
    pages[3] = pages[3].replace("</page>", "")
    dump = (HEAD + "".join(pages) + TAIL).encode()
    rows = read_dump("a.xml", dump)
    assert [state(row) for row in rows] == ["text", "error", "text", "error", "text"]
    assert [row["text"] for row in rows if row["text"]] == ["Text A.", "Text C.", "Text E."]
    for row in rows:
        tag = b"<page>" if row["error"] else b"<revision>"
        assert dump.startswith(tag, row["record_offset"])
    place = dump.index(b"<page>", rows[1]["record_offset"] + 1)
    at = int(rows[1]["error"].partition("(byte ")[2].partition(",")[0])
    assert rows[1]["record_offset"] < at <= place
    assert rows[1]["error"].startswith("broken XML: ")
    assert f"line {dump[:at].count(10) + 1})" in rows[1]["error"]
    # What the head of the dump says holds behind a break, too.
    assert rows[4]["url"] == "https://de.example.org/wiki/E"
    assert rows[4]["language_hint"] == "de"


def test_a_comment_that_is_not_closed_is_not_kept(read_dump: ReadDump) -> None:
    noise = random.Random(3).randbytes(1_500_000).hex()
    dump = HEAD + page("A", (1, "a")) + "<!--" + noise + page("B", (1, "Text.")) + TAIL
    rows = read_dump("a.xml", dump.encode())
    assert [state(row) for row in rows] == ["text", "error", "text"]
    assert "unclosed token" in rows[1]["error"]


def test_a_cdata_section_that_is_not_closed_ends_at_the_next_page(read_dump: ReadDump) -> None:
    noise = "unclosed " * 200_000
    broken = page("B", (2, "Lost.")).replace("Lost.", "<![CDATA[" + noise)
    whole = page("D", (4, "Kept.")).replace("Kept.", "<![CDATA[Kept <b>.]]>")
    dump = HEAD + page("A", (1, "a")) + broken + page("C", (3, "Text.")) + whole + TAIL
    rows = read_dump("a.xml", dump.encode())
    assert [state(row) for row in rows] == ["text", "error", "text", "text"]
    assert "unclosed CDATA section" in rows[1]["error"]
    assert [row["title"] for row in rows] == ["A", None, "C", "D"]
