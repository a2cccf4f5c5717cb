import gzip
import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.pipeline.sources.conftest import ReadDump, rows_of, state
from tests.pipeline.sources.epub_writer import epub, page

TWO = {"b.xhtml": page("<h1>First</h1><p>One.</p>"), "a.xhtml": page("<p>Two.</p>")}


def test_a_book_is_one_document_in_the_order_of_its_spine(read_dump: ReadDump) -> None:
    (row,) = read_dump("a.epub", epub(TWO))
    assert row["text"] == "First\n\nOne.\n\nTwo."
    assert (row["title"], row["author"], row["language_hint"]) == ("On Tea", "Ada Leaf", "en-GB")
    assert row["published"].isoformat() == "1912-03-01T00:00:00+00:00"
    assert (row["licence"], row["source_key"]) == ("CC0", "urn:tea")
    assert (row["source"], row["format"]) == ("book", "epub")


def test_it_is_known_by_its_content_under_any_name(read_dump: ReadDump) -> None:
    (row,) = read_dump("book.zip", epub(TWO))
    assert row["format"] == "epub" and state(row) == "text"
    rows = read_dump("b.epub.gz", gzip.compress(epub(TWO)))
    assert [state(row) for row in rows] == ["text", "text"]


def test_pages_that_the_package_tells_badly_are_read(read_dump: ReadDump) -> None:
    books = [
        epub(TWO, spine=[]),
        epub(TWO, has_spine=False),
        epub(TWO, types={"b.xhtml": "text/plain"}),
        epub({"ch%201.xhtml": TWO["b.xhtml"], "ch%2.xhtml": TWO["a.xhtml"]}),
        epub({"ch 1.xhtml": TWO["b.xhtml"], **TWO}, hrefs={"ch 1.xhtml": "ch%201.xhtml"}),
    ]
    rows = [read_dump("a.epub", book) for book in books]
    assert [[row["text"] for row in book] for book in rows[:4]] == [["First\n\nOne.\n\nTwo."]] * 4
    assert [row["text"] for row in rows[4]] == ["First\n\nOne.\n\nFirst\n\nOne.\n\nTwo."]


def test_navigation_cover_and_contents_are_out(read_dump: ReadDump) -> None:
    links = "".join(f'<p><a href="b.xhtml#{n}">Chapter {n}</a> .. {n}</p>' for n in range(4))
    pages = {
        "cover.xhtml": page("<p>Cover words</p>"),
        "nav.xhtml": page("<nav><ol><li>First</li></ol></nav><p>Also navigation</p>"),
        "toc.xhtml": page('<div epub:type="toc"><p>Some list</p></div>'),
        "list.xhtml": page(f"<p>Dedication.</p><h2>Contents</h2>{links}"),
        **TWO,
    }
    guide = '<guide><reference type="cover" href="cover.xhtml"/></guide>'
    (row,) = read_dump("a.epub", epub(pages, nav="nav.xhtml", guide=guide))
    assert row["text"] == "Dedication.\n\nFirst\n\nOne.\n\nTwo."


def test_the_licence_of_project_gutenberg_is_out(read_dump: ReadDump) -> None:
    marked = "THIS PROJECT GUTENBERG EBOOK ON TEA ***"
    pages = {
        "1.xhtml": page(
            f"<div>The Project Gutenberg EBook<br/>Title: On Tea<br/>*** START OF {marked}</div>"
            "<p>Produced by Volunteers</p><p>Water.</p>"
        ),
        "2.xhtml": page(f"<p>Leaves.</p><p>*** END OF {marked}</p><p>Licence</p>"),
        "3.xhtml": page("<p>More licence</p>"),
    }
    (row,) = read_dump("a.epub", epub(pages))
    assert row["text"] == "Water.\n\nLeaves."
    boiler = '<section class="pg-boilerplate pgheader"><p>Licence</p></section>'
    (_, row) = read_dump("b.epub", epub({"1.xhtml": page(f"{boiler}<p>{'Tea. ' * 60}</p>")}))
    assert row["text"] == ("Tea. " * 60).strip()


def test_lost_pages_are_rows_and_the_others_stand(read_dump: ReadDump) -> None:
    order = ["gone.xhtml", "b.xhtml", "unlisted", "out.xhtml", "net.xhtml", "a.xhtml"]
    hrefs = {"out.xhtml": "../../../etc/passwd", "net.xhtml": "https://example.org/x"}
    content = epub(TWO, spine=order, hrefs=hrefs)
    rows = read_dump("a.epub", content)
    assert rows[0]["text"] == "First\n\nOne.\n\nTwo."
    assert [row["error"].partition(": ")[2] for row in rows[1:]] == [
        "OPS/gone.xhtml: not in the archive",
        "OPS/unlisted: not in the archive",
        "../../../etc/passwd: points outside the archive",
        "https://example.org/x: points outside the archive",
    ]


def test_paths_within_the_archive_are_followed(read_dump: ReadDump) -> None:
    hrefs = {"b.xhtml": "../OPS/./b.xhtml", "a.xhtml": "/OPS/A.xhtml#top"}
    (row,) = read_dump("a.epub", epub(TWO, hrefs=hrefs))
    assert row["text"] == "First\n\nOne.\n\nTwo."


def test_a_page_that_another_of_its_name_hides_is_a_row(read_dump: ReadDump) -> None:
    stored = io.BytesIO(epub({"a.xhtml": page("first"), "b.xhtml": page("<p>b</p>")}))
    with zipfile.ZipFile(stored, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("OPS/a.xhtml", page("second"))
        archive.writestr("OPS/b.xhtml", page("<p>b</p>"))  # the same: nothing is lost
    rows = read_dump("a.epub", stored.getvalue())
    assert rows[0]["text"] == "second\n\nb"
    assert [row["error"] for row in rows[1:]] == [
        "a page of the book is lost: OPS/a.xhtml: the first of two entries of this name"
    ]


def test_a_symbolic_link_is_no_page(read_dump: ReadDump) -> None:
    link = zipfile.ZipInfo("OPS/b.xhtml")
    link.external_attr = 0o120777 << 16
    stored = io.BytesIO(epub({"a.xhtml": page("good")}, spine=["a.xhtml", "b.xhtml"]))
    with zipfile.ZipFile(stored, "a") as archive:
        archive.writestr(link, "/etc/passwd")
    rows = read_dump("a.epub", stored.getvalue())
    assert [row["text"] for row in rows] == ["good", None]
    assert rows[1]["error"].endswith("OPS/b.xhtml: a symbolic link, not a page")


def test_encrypted_pages_are_rows(read_dump: ReadDump) -> None:
    reference = '<x xmlns="e"><CipherReference URI="OPS/b.xhtml"/></x>'
    rows = read_dump("a.epub", epub(TWO, more={"META-INF/encryption.xml": reference}))
    assert [state(row) for row in rows] == ["text", "error"]
    assert rows[0]["text"] == "Two."
    assert rows[1]["error"] == "a page of the book is lost: OPS/b.xhtml: encrypted"
    both = f"<x>{reference}{reference.replace('b.x', 'a.x')}</x>"
    (row,) = read_dump("a.epub", epub(TWO, more={"META-INF/encryption.xml": both}))
    assert row["error"].startswith("no page can be read: OPS/b.xhtml: encrypted; ")


def test_bombs_are_refused(read_dump: ReadDump) -> None:
    bomb = page("<p>x</p>" + " " * (4 << 20))
    rows = read_dump("a.epub", epub({**TWO, "bomb.xhtml": bomb}))
    assert [state(row) for row in rows] == ["text", "error"]
    assert "more than 200 times its size" in rows[1]["error"]
    rows = read_dump("a.epub", epub({**TWO, "c.xhtml": page("x" * 5000)}), max_record_bytes=4096)
    assert "unfolds to more than 4096 bytes" in rows[1]["error"]
    assert rows[0]["text"] == "First\n\nOne.\n\nTwo."


def test_entities_are_neither_fetched_nor_expanded(read_dump: ReadDump) -> None:
    attack = '<!DOCTYPE html [<!ENTITY x SYSTEM "file:///etc/passwd"><!ENTITY a "haha">]>'
    (row,) = read_dump("a.epub", epub({"1.xhtml": f"{attack}<html><p>Tea &x;&a; end</p></html>"}))
    assert row["text"].startswith("Tea") and row["text"].endswith("end")
    assert "root:" not in row["text"] and "haha" not in row["text"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (epub(TWO)[:-30], "not a zip archive, or one whose end is cut off"),
        (epub(TWO).replace(b"book.opf", b"book.xyz"), "no package document"),
        (b"PK\x03\x04 application/epub+zip", "not a zip archive"),
    ],
)
def test_a_broken_archive_is_one_row(read_dump: ReadDump, content: bytes, reason: str) -> None:
    (row,) = read_dump("a.epub", content)
    assert reason in row["error"]


def test_a_book_without_words_is_skipped(read_dump: ReadDump) -> None:
    (row,) = read_dump("a.epub", epub({"1.xhtml": page("<img src='x.png'/>")}))
    assert state(row) == "empty_text"


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_damage_ends_in_rows(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    content = bytearray(epub(TWO))
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(4, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.mktemp("epub") / "a.epub"
    path.write_bytes(bytes(content[: data.draw(st.integers(len(content) // 2, len(content)))]))
    rows = rows_of(path)
    assert rows[0]["record_offset"] == 0


@pytest.mark.shared
def test_the_real_books(shared_data: Path) -> None:
    rows = rows_of(shared_data / "books/epub")
    assert len(rows) == 11
    broken = {row["source_file"]: row["error"] for row in rows if state(row) == "error"}
    assert broken == {
        "not_a_zip.epub": "not epub: text of no known kind",
        "zero_length_file.epub": "not epub: empty file (0 bytes)",
    }
    texts = {row["source_file"]: row for row in rows if state(row) == "text"}
    pride = texts["pg1342.epub"]["text"]
    assert pride.startswith("PRIDE AND PREJUDICE\n\nBy Jane Austen\n\nChapter 1\n\nIt is a truth")
    assert pride.endswith("the means of uniting them.")
    assert sum(line.startswith("Chapter ") for line in pride.splitlines()) == 61
    assert "Gutenberg" not in pride
    assert all(row["title"] and row["language_hint"] for row in texts.values())
