"""Dialect, encoding and header of a table, from its beginning."""

import pytest

from pipeline.sources.csv_dialect import Dialect, read_layout


@pytest.mark.parametrize("mark", [",", ";", "\t", "|", "^", "~", "\x01"])
def test_the_delimiter_is_read_off(mark):
    head = f"title{mark}text\nA{mark}one, two; three\nB{mark}four\n".encode()
    found = read_layout(head)
    assert (found.dialect.delimiter, found.names) == (mark, ("title", "text"))
    assert found.has_header


def test_a_sign_in_the_texts_alone_is_no_delimiter():
    found = read_layout(b"title,text\nA,one ~ two ^ three\nB,four ~ five ^ six\n")
    assert found.dialect.delimiter == "," and found.names == ("title", "text")


def test_a_table_of_one_column_has_no_delimiter():
    head = b'text\nOne, two.\nThree\n"Four, ""five"""\n'
    found = read_layout(head)
    assert found.names == ("text",)
    rows = [["text"], ["One, two."], ["Three"], ['Four, "five"']]
    assert found.dialect.rows(head.decode()) == rows
    assert [found.dialect.parse(line) for line in head.decode().splitlines()] == rows


def test_a_table_without_names_has_positions():
    found = read_layout(b'"3","A","b, c"\n"4","D","e"\n')
    assert (found.names, found.has_header) == (("1", "2", "3"), False)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_the_encoding_is_read_off(encoding):
    head = "title,text\nCafé,“naïve” prose\n".encode(encoding)
    found = read_layout(head)
    assert found.names == ("title", "text")
    assert "Café" in head.decode(found.encoding)


def test_a_quoted_cell_may_hold_a_line_end():
    head = b'title,text\nA,"one\ntwo"\nB,"three, four"\n'
    found = read_layout(head)
    assert found.dialect.rows(head.decode())[1] == ["A", "one\ntwo"]


def test_backslashes_escape_only_where_the_table_says_so():
    assert Dialect(has_escapes=True).parse(r'1,"a \"b\", c"') == ["1", 'a "b", c']
    assert Dialect().parse(r"1,a\b") == ["1", r"a\b"]


def test_nothing_has_no_columns():
    assert read_layout(b"").names == ()


def test_rows_taken_for_one_show_in_the_number_of_cells():
    assert Dialect().parse("1,a\n2,b") == ["1", "a", "2", "b"]


@pytest.mark.parametrize(
    ("header", "names"),
    [
        ("id,text,text", ("id", "text (1)", "text (2)")),
        (",text,", ("1", "text")),
        ("id,text,,", ("id", "text")),
    ],
)
def test_names_tell_the_columns_apart(header, names):
    found = read_layout(f"{header}\n1,one day\n".encode())
    assert (found.names, found.has_header) == (names, True)


def test_a_column_without_a_name_is_one_where_something_is_in_it():
    assert read_layout(b"id,text,\n1,one,\n2,two,x\n").names == ("id", "text", "3")
    assert read_layout(b"id,text,\n1,one,\n2,two\n").names == ("id", "text")


@pytest.mark.parametrize("line", ["sep=^\n", "SEP=^\r\n", '"sep=^"\n', "\ufeffsep=^\n"])
def test_the_line_before_the_table_names_its_delimiter(line):
    found = read_layout(f"{line}id^text\n1^a, b\n".encode())
    assert (found.names, found.dialect.delimiter, found.has_mark) == (("id", "text"), "^", True)


def test_spaces_before_quotes_are_told():
    found = read_layout(b'id, text\n1, "a"\n2, "b, c"\n')
    assert found.dialect == Dialect(skips_spaces=True)
    assert not read_layout(b'id,text\n1,"He said, ""hi"""\n').dialect.skips_spaces
    assert not read_layout(b'id, text\n1, "a" and b\n2, "b" c\n').dialect.skips_spaces
