import csv
import gzip
import io
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.sources.inputs import InputRule
from tests.pipeline.sources.conftest import ReadDump, rows_of, state

HEAD = "id,title,text,date\n"
BY_POSITION = (InputRule(match="*", text_column="3", title_column="2"),)


def test_quoted_line_ends_and_delimiters(read_dump: ReadDump) -> None:
    table = HEAD + '7,"A, b","one\n\ntwo ""three""",2017-03-06\n8,C,four,2017-03-07\n'
    first, second = read_dump("a.csv", table.encode())
    assert first["text"] == 'one\n\ntwo "three"'
    assert (first["title"], first["source_key"], first["format"]) == ("A, b", "7", "csv_text")
    assert first["published"].isoformat() == "2017-03-06T00:00:00+00:00"
    assert first["record_offset"] == len(HEAD)
    assert table.encode()[second["record_offset"] :].startswith(b"8,C")


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"]
)
def test_dialects_and_encodings(read_dump: ReadDump, delimiter: str, encoding: str) -> None:
    table = "title,text\nTé,déjà vu à la forêt\nDeux,l'été où il a plu\n".replace(",", delimiter)
    rows = read_dump("a.csv.gz", gzip.compress(table.encode(encoding)))
    assert [row["text"] for row in rows] == ["déjà vu à la forêt", "l'été où il a plu"]
    assert rows[0]["title"] == "Té"


def test_quotes_are_characters_in_a_table_with_tabs(read_dump: ReadDump) -> None:
    rows = read_dump("a.tsv", b'title\ttext\nA\t"one\nB\ttwo\nC\tthree\n')
    assert [row["text"] for row in rows] == ['"one', "two", "three"]


def test_escaped_quotes(read_dump: ReadDump) -> None:
    rows = read_dump("a.csv", b'title,text\n"A","say \\"b\\", c"\n"D","e"\n')
    assert [row["text"] for row in rows] == ['say "b", c', "e"]


def test_columns_by_position_where_there_is_no_header(read_dump: ReadDump) -> None:
    rows = read_dump("a.csv", b'"4","T","one"\n"3","U","two"\n', BY_POSITION)
    assert [(row["title"], row["text"]) for row in rows] == [("T", "one"), ("U", "two")]


def test_bad_rows_are_rows_and_the_others_stand(read_dump: ReadDump) -> None:
    good = '0,"a, b","one, or\ntwo",2\n' * 5
    table = HEAD + good + '1,a,one,2\nshort\n2,"b,two,2\n3,c,three,2\n5,e,five,2\n6,f,,2\n'
    rows = read_dump("a.csv", table.encode())[5:]
    assert [state(row) for row in rows] == ["text", "error", "error", "text", "text", "empty_text"]
    assert [row["text"] for row in rows if row["text"]] == ["one", "three", "five"]
    assert rows[1]["error"].startswith("row of 1 cells where there are 4 (byte ")
    assert "never closed" in rows[2]["error"]


def test_too_large_and_cut(read_dump: ReadDump) -> None:
    big = HEAD + "1,a," + "x" * 600_000 + ",2\n2,b,two,2\n"
    rows = read_dump("a.csv", big.encode(), max_record_bytes=2048)
    assert [state(row) for row in rows] == ["too_large", "text"]
    cut = gzip.compress(HEAD.encode() + b"1,a,one,2\n" * 50)[:-12]
    rows = read_dump("b.csv.gz", cut)
    assert "truncated" in [row for row in rows if row["source_file"] == "b.csv.gz"][-1]["error"]


@pytest.mark.parametrize(
    "table",
    [
        b"id,text\r1,one\r2,two\r3,three\r",
        b"id,text\n1,one\r2,two\r3,three",
        b"id,text\r\n1,one\r2,two\r\n3,three\n",
        b'id,text\r1,"one"\r2,"two"\r\r3,"three"\r',
        b"id\ttext\r1\tone\r2\ttwo\r3\tthree\r",
    ],
)
def test_rows_end_with_a_carriage_return_too(read_dump: ReadDump, table: bytes) -> None:
    rows = read_dump("a.csv", table)
    assert [(row["source_key"], row["text"]) for row in rows] == [
        ("1", "one"),
        ("2", "two"),
        ("3", "three"),
    ]
    assert [table[row["record_offset"] :][:1] for row in rows] == [b"1", b"2", b"3"]


@pytest.mark.parametrize("end", [b"\r", b"\r\n"])
def test_ends_of_lines_at_the_edges_of_what_is_read_at_once(
    read_dump: ReadDump, end: bytes
) -> None:
    lines = [b"%d,text %d" % (number, number) for number in range(60_000)]  # several chunks
    for shift in (b"", b" "):
        rows = read_dump("a.csv", end.join([b"id,text" + shift, *lines]))
        assert [row["text"] for row in rows] == [f"text {number}" for number in range(60_000)]


def test_line_ends_in_a_quoted_cell_are_kept_as_many(read_dump: ReadDump) -> None:
    (row,) = read_dump("a.csv", b'id,text\r\n1,"a\r\nb\rc\r\n\r\nd"\r\n')
    assert row["text"] == "a\nb\nc\n\nd"
    (row,) = read_dump("a.csv", b'id,text\n\n1,"a\n \n\nb"\n \n')
    assert row["text"] == "a\n \n\nb"


@pytest.mark.parametrize("end", ["\n", "\r", ""])
def test_a_header_alone_is_told(read_dump: ReadDump, end: str) -> None:
    (row,) = read_dump("a.csv", f"id,text{end}".encode())
    assert row["error"] == "no row below the header (byte 0)"


CELL = st.text(st.sampled_from('ab ,"\n;\té'), max_size=8)


@settings(max_examples=80)
@given(cells=st.lists(st.tuples(CELL, CELL), min_size=1, max_size=8))
def test_what_the_csv_module_writes_is_read(
    tmp_path_factory: pytest.TempPathFactory, cells: list[tuple[str, str]]
) -> None:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerows([("title", "text"), *(("t" + a, "x" + b) for a, b in cells)])
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    path.write_text(buffer.getvalue(), newline="")
    rule = InputRule(match="*", text_column="text", title_column="title")
    assert [row["text"] for row in rows_of(path, (rule,))] == [("x" + b).strip() for _, b in cells]


@settings(max_examples=60)
@given(data=st.data())
def test_any_damage_ends_in_rows(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    content = bytearray((HEAD + '1,a,"one\n,two",2\n2,b,two,2\n' * 3).encode())
    for _ in range(data.draw(st.integers(1, 5))):
        place = data.draw(st.integers(len(HEAD), len(content) - 1))
        content[place] = data.draw(st.integers(1, 255))
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    path.write_bytes(bytes(content))
    assert rows_of(path)


@pytest.mark.shared
def test_the_real_table(shared_data: Path) -> None:
    path = shared_data / "news/ag_news.csv"
    rows = rows_of(path, BY_POSITION)
    with path.open(newline="") as lines:
        expected = [(" ".join(row[1].split()), row[2].strip()) for row in csv.reader(lines)]
    assert [(row["title"], row["text"]) for row in rows] == expected
    assert len(rows) == 5155


@pytest.mark.slow
def test_quotes_never_closed_take_a_time_in_proportion(read_dump: ReadDump) -> None:
    good = '"a, ""b""","c"\n' * 12_000  # more than tells the dialect
    begin = time.process_time()
    rows = read_dump("a.csv", ("title,text\n" + good + 'a"b,"\n' * 40_000).encode())
    assert time.process_time() - begin < 90
    assert len(rows) == 52_000
    assert [state(row) for row in rows[:12_000]] == ["text"] * 12_000
    assert all("never closed" in row["error"] for row in rows[12_000:])


@pytest.mark.parametrize(
    ("table", "texts"),
    [
        ('sep=;\r\nid;text\r\n1;Rain, rain\r\n2;"a; b"\r\n', ["Rain, rain", "a; b"]),
        ("id,text,\n1,one day,\n2,two days,\n", ["one day", "two days"]),
        ("id,text\n1,one day,,\n2,two days\n3,a,b\n", ["one day", "two days", None]),
        ('id, text\n1, "one, ""day"""\n2, "two\ndays, x"\n', ['one, "day"', "two\ndays, x"]),
        ("id,note,note,text\n1,a,b,one day\n", ["one day"]),
    ],
    ids=["sep", "delimiter at the end", "more of them", "space", "namesakes"],
)
def test_tables_as_spreadsheets_write_them(
    read_dump: ReadDump, table: str, texts: list[str | None]
) -> None:
    rows = read_dump("a.csv", table.encode())
    assert [row["text"] for row in rows] == texts
    first = rows[0]["record_offset"]
    assert table.encode()[first:].startswith(b"1")


def test_two_columns_of_texts_are_not_chosen_from_in_silence(read_dump: ReadDump) -> None:
    table = b"id,text,text\n1,one,two\n"
    (row,) = read_dump("a.csv", table)
    assert "name one of id, text (1), text (2) with text_column" in row["error"]
    (row,) = read_dump("a.csv", table, (InputRule(match="*", text_column="text (2)"),))
    assert row["text"] == "two"
