"""Names, comments, raw text and attributes."""

import numpy as np
import pytest

from pipeline.extract.html_columns import HEAD_SLOTS, LANGUAGE
from pipeline.extract.html_syntax import (
    CLOSED,
    DIMMED,
    GONE,
    HINTS_FOUND,
    HREF_END,
    HREF_START,
    IS_DATA,
    LICENSED,
    NUM_FOUND,
    SELF_CLOSING,
    SIGNATURE_FOUND,
    find_end_tag,
    is_xml,
    read_attributes,
    skip_declaration,
)
from pipeline.extract.html_tags import HINTS, TAGS


def data(html: str) -> np.ndarray:
    return np.frombuffer(html.encode(), np.uint8)


def attributes(html: str, tag: str = "div") -> tuple[int, np.ndarray, np.ndarray]:
    head, found = np.full(HEAD_SLOTS, -1), np.ones(NUM_FOUND, np.int64)
    at = read_attributes(data(html), 0, TAGS[tag], False, head, found)
    return at, head, found


def test_attributes() -> None:
    html = "class='userComments x1' hidden href=/a/b rel='nofollow license'>text"
    at, _, found = attributes(html)
    assert html[at:] == "text" and found[CLOSED]
    assert html[found[HREF_START] : found[HREF_END]] == "/a/b"
    assert found[GONE] and found[LICENSED] and not found[DIMMED] and not found[IS_DATA]
    assert HINTS[0].startswith("comment ") and found[HINTS_FOUND] & 1
    # Numbers in the class, such as those of posts, make no other kind of box.
    assert found[SIGNATURE_FOUND] == attributes("class='userComments x27'>")[2][SIGNATURE_FOUND]
    assert found[SIGNATURE_FOUND] != attributes("class=other>")[2][SIGNATURE_FOUND]


@pytest.mark.parametrize(
    ("style", "gone"),
    [("color:red;DISPLAY : none", 1), ("display:block", 0), ("displax:none", 0), ("", 0)],
)
def test_styles_that_hide(style: str, gone: int) -> None:
    assert attributes(f'style="{style}">')[2][GONE] == gone


def test_what_the_root_and_scripts_declare() -> None:
    _, head, _ = attributes('lang="zh-CN">', "html")
    assert head[LANGUAGE : LANGUAGE + 2].tolist() == [6, 11]
    assert attributes("type='application/ld+json'>", "script")[2][IS_DATA]
    assert attributes("aria-hidden=true>")[2][DIMMED]


def test_a_tag_without_an_end_is_not_closed() -> None:
    at, _, found = attributes("class='open")
    assert not found[CLOSED] and at >= len("class='open")


def test_raw_text_ends_at_its_own_tag() -> None:
    html = "script>a </p> </SCRIPT >"
    assert find_end_tag(data(html), 7, 0, len("script")) == html.index("</SCRIPT")
    assert find_end_tag(data("style> x"), 6, 0, 5) == 8


@pytest.mark.parametrize(
    "declaration", ["<!-- a > b -->", "<!doctype html>", "<?php x ?>", "<!-->", "<!---->"]
)
def test_declarations_are_skipped(declaration: str) -> None:
    assert skip_declaration(data(declaration + "text"), 0) == len(declaration)


@pytest.mark.parametrize(
    ("attribute", "closes"),
    [("/", 1), ("a='b'/", 1), ("a /", 1), ("a=b/", 0), ("/ ", 0), ("/a", 0)],
)
def test_a_slash_before_the_end_closes(attribute: str, closes: int) -> None:
    _, _, found = attributes(f" {attribute}>")
    assert found[SELF_CLOSING] == closes


@pytest.mark.parametrize(
    ("page", "xml"),
    [
        ("", False),
        ("<?xm", False),
        ("  <?XML version='1.0'?>", True),
        ("<!DOCTYPE html><html xmlns='http://www.w3.org/1999/xhtml'>", False),
        ("<!DOCTYPE html PUBLIC '-//W3C//DTD XHTML 1.0 Strict//EN'><html lang=en>", False),
        ("<!DOCTYPE html PUBLIC '-//W3C//DTD XHTML 1.0 Strict//EN'><!-- --><HTML XMLNS='x'>", True),
        ("<!DOCTYPE html PUBLIC '-//W3C//DTD XHTML", False),
        ("<!-- a --><html lang=en xmlns='http://www.w3.org/1999/xhtml'>", True),
        ("<html xmlns='http://www.w3.org/TR/REC-html40' xmlns:v='urn:v'>", False),
        ("<html lang='xhtml'>", False),
    ],
)
def test_a_page_that_was_written_as_xml(page: str, xml: bool) -> None:
    assert is_xml(data(page)) == xml
