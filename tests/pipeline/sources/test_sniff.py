import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.sources.inputs import Format
from pipeline.sources.sniff import sniff


@pytest.mark.parametrize(
    ("head", "format"),
    [
        (b"WARC/1.1\r\n", Format.WARC),
        (b"WARC/1.0\r\nWARC-Type: conversion\r\n", Format.WET),
        (b"PAR1\x15", Format.PARQUET),
        (b"<?xml version='1.0'?><!DOCTYPE rss [<!ENTITY a 'b'>]><rss>", Format.FEED),
        (b"<?xml-stylesheet href='x'?>\n<atom:feed xmlns:atom='x'>", Format.FEED),
        (b'{"a": 1}\n{"b": 2}\n', Format.JSONL),
        (b'{"a": "' + b"x" * 1000, Format.JSONL),
        (b'{"selftext": "", "subreddit": "x"}', Format.REDDIT),
        (b"words", Format.PLAIN_TEXT),
        (b"\xc4\xe3\xba\xc3", Format.PLAIN_TEXT),
        (b"*END*THE SMALL PRINT! FOR PUBLIC DOMAIN", Format.GUTENBERG),
    ],
)
def test_heads(head: bytes, format: Format) -> None:
    assert sniff(head).format is format


def test_the_tail_of_a_book_tells() -> None:
    assert sniff(b"words", b"End of the Project Gutenberg EBook").format is Format.GUTENBERG


def test_the_keys_of_several_lines_are_gathered() -> None:
    assert set(sniff(b'{"a": 1}\nbroken\n{"b": 2}\n').keys or {}) == {"a", "b"}


@pytest.mark.parametrize(
    "head",
    [
        b"[Illustration]\n\nIt was a dark night.\n",
        b"[1] A note, and no list.\n",
        b"<i>TEA</i>\n\nIt was a dark night.\n",
        b"<poem by me>\nIt was a dark night.\n",
        b"<- so it goes\n",
        b"{\\rtf is what it begins with}\n",
        b"{curly words}",
        b"[Illustration]\n\n" + b"It was a dark night.\n" * 10_000,
        b"<i>TEA</i>\n\n" + b"It was a dark night.\n" * 10_000,
        b"{a}\n" + b"It was a dark night.\n" * 10_000,
        b"one stray \0 in it",
    ],
)
def test_a_file_named_as_text_is_one_however_it_begins(head: bytes) -> None:
    assert sniff(head, is_named_text=True).format is Format.PLAIN_TEXT
    assert sniff(head).format is not Format.PLAIN_TEXT


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        (b'["a", "b"]\n', "a JSON array"),
        (b'["a",\n' + b'"b",\n' * 50_000, "a JSON array"),
        (b'{\n"a":\n1}\n', "JSON, but not one object per line"),
        (b"<a><b>c</b></a>\n", "XML with root <a>"),
        (b"<a>" + b"<b>c</b>\n" * 20_000, "XML with root <a>"),
        (b"<html><p>not closed", "a single HTML page"),
        (b"{\\rtf1\\ansi words}", "RTF is not supported"),
        (b"PK\x03\x04", "a zip archive"),
        (b"\x89PNG" + b"\0\0\0\x0d" * 50, "binary content"),
        ("words".encode("utf-32-le"), "binary content"),
    ],
)
def test_a_file_named_as_text_that_really_is_something_else(head: bytes, reason: str) -> None:
    found = sniff(head, is_named_text=True)
    assert found.format is None
    assert found.reason.startswith(reason)


def test_dumps_are_found_under_the_name_of_a_text() -> None:
    assert sniff(b'{"a": 1}\n{"b": 2}\n', is_named_text=True).format is Format.JSONL
    assert sniff(b"<rss><channel>", is_named_text=True).format is Format.FEED
    book = b"[Illustration]\n\nThe Project Gutenberg eBook of Tea\n"
    assert sniff(book, is_named_text=True).format is Format.GUTENBERG


@given(st.binary(max_size=200))
def test_nothing_makes_it_raise(head: bytes) -> None:
    for is_named_text in (False, True):
        finding = sniff(head, is_named_text=is_named_text)
        assert finding.format is not None or finding.reason


def test_nested_comments_take_no_time() -> None:
    assert sniff(b"<!--" * 30_000).format is None
    assert sniff(b"<?" * 60_000).format is None
    assert sniff(b"<!DOCTYPE [" * 10_000).format is None


def test_a_text_in_utf_32_is_one() -> None:
    assert sniff("茶の本\n".encode("utf-32"), is_named_text=True).format is Format.PLAIN_TEXT
