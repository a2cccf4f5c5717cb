import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.extract.book_page import book_page_text


def test_empty_elements_of_xhtml_swallow_nothing() -> None:
    page = (
        "<html><head><script src='a.js'/><title/></head><body><p><a id='x'/>Tea</p></body></html>"
    )
    assert book_page_text(page.encode()) == "Tea"


def test_broken_markup_is_read_as_browsers_do() -> None:
    assert book_page_text(b'<body><p>One<p>Two <b>bold</p><p a="x>y</p>') == "One\n\nTwo bold"


def test_readings_page_numbers_and_note_marks_are_no_text() -> None:
    page = (
        "<html xmlns:epub='http://www.idpf.org/2007/ops'><p><ruby>茶<rt>ちゃ</rt></ruby>を"
        "<span epub:type='pagebreak'>12</span>飲む"
        "<a epub:type='noteref' href='#n'>1</a>。</p></html>"
    )
    assert book_page_text(page.encode()) == "茶を飲む。"


def test_few_links_are_no_contents() -> None:
    links = "<p><a href='a.xhtml'>See one</a></p><p><a href='b.xhtml'>See two</a></p>"
    assert book_page_text(f"<body>{links}</body>".encode()) == "See one\n\nSee two"
    third = "<p><a href='c.xhtml'>See three</a></p>"
    assert book_page_text(f"<body>{links}{third}<p>End</p></body>".encode()) == "End"
    external = links.replace("href='", "href='https://example.org/") * 2
    assert "See one" in book_page_text(f"<body>{external}</body>".encode())


def test_lines_of_fixed_layout_are_apart() -> None:
    page = (
        "<html><body><svg xmlns='http://www.w3.org/2000/svg'><style>.a {fill:red}</style><g>"
        "<text><tspan>One </tspan><tspan>line</tspan></text><text>Two</text></g></svg>"
        "</body></html>"
    )
    assert book_page_text(page.encode()) == "One line\n\nTwo"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "windows-1251"])
def test_pages_in_several_encodings(encoding: str) -> None:
    page = f"<?xml version='1.0' encoding='{encoding}'?><html><body><p>Чай</p></body></html>"
    assert book_page_text(page.encode(encoding)) == "Чай"


def test_nesting_beyond_reason_ends() -> None:
    assert "tea" in book_page_text(b"<div>" * 100_000 + b"tea")


@given(st.binary(max_size=200))
def test_no_bytes_raise(page: bytes) -> None:
    assert isinstance(book_page_text(page), str)
    assert isinstance(book_page_text(b"<html><body><p>" + page), str)


@pytest.mark.parametrize(
    "markup",
    [
        "a<nav/>x" * 100_000,
        "<rt>a</rt>b" * 50_000,
        "<p>" + "<a href='x'>" * 200 + "<i/>y" * 20_000 + "</a>" * 200 + "</p>",
    ],
)
def test_pathological_pages_take_linear_time(markup: str) -> None:
    started = time.process_time()
    book_page_text(f"<html><body>{markup}</body></html>".encode())
    assert time.process_time() - started < 4


def test_a_plain_text_keeps_its_paragraphs_and_verses() -> None:
    verse = b"Tyger Tyger,\r\nburning bright\r\n\r\nin the forests &amp; of the night\r\n"
    assert book_page_text(verse) == "Tyger Tyger,\nburning bright\n\nin the forests & of the night"
    prose = (
        b"It was a dark and stormy night; the rain fell in torrents, except at\n"
        b"occasional intervals, when 3 < 4.\n\nIt was late."
    )
    assert book_page_text(prose).split("\n") == [
        "It was a dark and stormy night; the rain fell in torrents, except at occasional "
        "intervals, when 3 < 4.",
        "",
        "It was late.",
    ]


def test_what_is_dropped_leaves_the_text_around_it() -> None:
    page = (
        b"<html><body><p>a<nav>b<nav>c</nav></nav>d<script/>e<br/><i>f</i><nav>g</nav></p>"
        b"h</body></html>"
    )
    assert book_page_text(page) == "ade\nf\n\nh"
    assert book_page_text(b"<nav>a</nav>") == ""
