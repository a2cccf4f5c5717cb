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


def test_an_archive_that_is_not_read_says_what_to_do() -> None:
    assert sniff(b"7z\xbc\xaf\x27\x1c\x00\x04").reason.endswith("unpack it with 7z x")


def test_the_tail_of_a_book_tells() -> None:
    assert sniff(b"words", b"End of the Project Gutenberg EBook").format is Format.GUTENBERG


def test_the_keys_of_several_lines_are_gathered() -> None:
    assert set(sniff(b'{"a": 1}\nbroken\n{"b": 2}\n').keys or {}) == {"a", "b"}


@given(st.binary(max_size=200))
def test_nothing_makes_it_raise(head: bytes) -> None:
    finding = sniff(head)
    assert finding.format is not None or finding.reason


def test_nested_comments_take_no_time() -> None:
    assert sniff(b"<!--" * 30_000).format is None
    assert sniff(b"<?" * 60_000).format is None
    assert sniff(b"<!DOCTYPE [" * 10_000).format is None
