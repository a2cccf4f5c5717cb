"""Rows of a dump: whole, broken, and what stands between them."""

import io

import pytest

from pipeline.sources.compression import Decompressed
from pipeline.sources.stackexchange_rows import read_rows


def rows(content: bytes, max_bytes: int = 1000):
    return list(read_rows(Decompressed(io.BytesIO(content), None), max_bytes))


def dump(*lines: str) -> bytes:
    return "\n".join(['<?xml version="1.0"?>', "<posts>", *lines, "</posts>"]).encode()


def test_attributes_and_offsets_of_each_row():
    content = dump('  <row Id="1" Body="&lt;p&gt;a" />', '  <row Id="2" Title="字" />')
    first, second = rows(content)
    assert first.attributes == {"Id": "1", "Body": "<p>a"}
    assert second.attributes == {"Id": "2", "Title": "字"}
    for row in (first, second):
        assert content[row.offset :].startswith(row.raw)


def test_a_broken_row_spoils_no_other():
    first, broken, last = rows(dump('<row Id="1" />', '<row Id="2 />', '<row Id="3" />'))
    assert (first.attributes["Id"], last.attributes["Id"]) == ("1", "3")
    assert broken.error.startswith("broken row: ")


def test_two_rows_on_a_line_and_one_on_two_lines_are_rows():
    found = rows(dump('<row Id="1" /><row Id="2" />', '<row Id="3"', ' Score="5" />'))
    assert [row.attributes["Id"] for row in found] == ["1", "2", "3"]
    assert found[2].attributes["Score"] == "5"


def test_entities_are_inert():
    (row,) = rows(dump('<row Id="1" Body="&outside;" />'))
    assert row.error is not None


def test_a_row_beyond_the_limit_is_told_by_its_size():
    big, small = rows(dump(f'<row Id="1" Body="{"x" * 2000}" />', '<row Id="2" />'))
    assert big.is_too_large and big.size > 2000
    assert small.attributes["Id"] == "2"


def test_a_dump_without_its_end_says_so():
    one, end = rows(b'<posts>\n<row Id="1" />\n')
    assert one.attributes["Id"] == "1"
    assert end.error == "ends without </posts> (byte 22)"


@pytest.mark.parametrize("content", [b"hello\n", b"<a>", b"{}"])
def test_foreign_content_is_one_row(content):
    (row,) = rows(content)
    assert row.error == "text between the rows"
