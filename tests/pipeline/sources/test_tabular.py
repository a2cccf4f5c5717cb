import io
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.sources.inputs import Format, InputFile, InputParams, InputRule
from pipeline.sources.tabular import parquet_columns, read_parquet
from schemas.documents import Source, document_id
from schemas.errors import RecordError
from tests.pipeline.sources.conftest import ReadDump, rows_of, state


def parquet(columns: dict[str, Any], **options: Any) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink, **options)
    return sink.getvalue()


def test_columns_are_mapped_and_typed(read_dump: ReadDump) -> None:
    content = parquet(
        {
            "id": [1, 2, 3],
            "text": ["one", "  ", None],
            "title": ["T", "", None],
            "date": [datetime(2020, 1, 2), None, None],
            "lang": pa.array(["zh", None, "en"]).dictionary_encode(),
            "tags": [["a"], [], None],
        }
    )
    rows = read_dump("web/table.parquet", content)
    assert [state(row) for row in rows] == ["text", "empty_text", "empty_text"]
    first = rows[0]
    assert (first["text"], first["title"], first["language_hint"]) == ("one", "T", "zh")
    assert (first["source_key"], first["source"]) == ("1", "web")
    assert first["published"].isoformat() == "2020-01-02T00:00:00+00:00"
    assert first["doc_id"] == document_id("web", "1", b"one")
    assert rows[1]["title"] is None
    assert [row["record_offset"] for row in rows] == [0, 1, 2]


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.string_view()])
def test_every_kind_of_string_will_do(read_dump: ReadDump, kind: pa.DataType) -> None:
    rows = read_dump("a.parquet", parquet({"text": pa.array(["茶", "b"], kind)}))
    assert [row["text"] for row in rows] == ["茶", "b"]


def test_rows_are_the_same_for_any_batches(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    texts = [f"text {i} " * (i % 50) for i in range(3000)]
    path.write_bytes(parquet({"text": texts, "url": [f"u{i}" for i in range(3000)]}))
    whole = rows_of(path)
    assert rows_of(path, batch_bytes=5000, batch_rows=10) == whole
    assert [row["text"] or "" for row in whole] == texts


def test_a_table_without_texts_is_refused_in_one_line(tmp_path: Path) -> None:
    file = InputFile(
        path="a", format=Format.PARQUET, source=Source.TEXT, size=1, columns={"text": "text"}
    )
    for columns, said in (
        ({"number": [1]}, "no column text; columns: number"),
        ({"text": [1]}, "column text holds int64"),
        ({"text": pa.array([], pa.string())}, "without rows"),
    ):
        (batch,) = read_parquet(io.BytesIO(parquet(columns)), file, InputParams())
        (row,) = batch.to_pylist()
        assert said in row["error"]


def test_what_is_no_parquet_is_told() -> None:
    with pytest.raises(RecordError, match="not Parquet"):
        parquet_columns(io.BytesIO(b"PAR1 but no more"))


@pytest.mark.parametrize("compression", ["zstd", "none"])
def test_a_damaged_row_group_is_one_row_among_the_good_ones(
    tmp_path: Path, compression: str
) -> None:
    texts = [f"text number {i * i}" for i in range(1500)]
    content = bytearray(
        parquet(
            {"text": texts},
            row_group_size=500,
            compression=compression,
            use_dictionary=False,
            write_page_checksum=True,
        )
    )
    offset = pq.ParquetFile(io.BytesIO(bytes(content))).metadata.row_group(1).column(0)
    at = offset.data_page_offset
    content[at + 40 : at + 200] = b"\xff" * 160
    path = tmp_path / "a.parquet"
    path.write_bytes(bytes(content))
    rows = rows_of(path, batch_rows=125)
    assert [row["text"] for row in rows if row["text"]] == texts[:500] + texts[1000:]
    (lost,) = [row for row in rows if row["error"]]
    assert lost["record_offset"] == 500
    assert lost["error"].endswith("(rows 500 to 999, in row group 1)")
    assert rows[-1]["record_offset"] == 1499


def test_a_rule_names_columns_inside_columns(read_dump: ReadDump) -> None:
    content = parquet(
        {
            "doc": [
                {"body": "one", "meta": {"url": "u", "n": 1}},
                None,
                {"body": "", "meta": None},
            ],
            "title": ["a", "b", "c"],
            "tags": [["x"], [], None],
        }
    )
    assert parquet_columns(io.BytesIO(content)) == [
        "doc.body",
        "doc.meta.url",
        "doc.meta.n",
        "title",
        "tags",
    ]
    rule = InputRule(
        match="*", text_column="doc.body", url_column="doc.meta.url", id_column="doc.meta.n"
    )
    rows = read_dump("a.parquet", content, (rule,))
    assert [state(row) for row in rows] == ["text", "empty_text", "empty_text"]
    assert (rows[0]["text"], rows[0]["url"], rows[0]["source_key"]) == ("one", "u", "1")
    assert [row["title"] for row in rows] == ["a", "b", "c"]


@pytest.mark.shared
def test_the_real_tables_are_read_whole(shared_data: Path) -> None:
    rows = rows_of(shared_data / "toxicity")
    assert len(rows) == 118075
    assert rows[0]["format"] == "parquet_text"


def test_a_text_that_is_no_utf8_costs_its_own_row_only(read_dump: ReadDump) -> None:
    texts = pa.array([b"one", b"tw\xff", b"three"]).view(pa.string())
    one, two, three = read_dump("a.parquet", parquet({"text": texts}))
    assert (one["text"], three["text"]) == ("one", "three")
    assert "can't decode byte 0xff" in two["error"]
    assert [row["record_offset"] for row in (one, two, three)] == [0, 1, 2]


def test_a_title_that_is_no_utf8_costs_its_own_row_only(read_dump: ReadDump) -> None:
    titles = pa.array([b"one", b"\xff\xff", b"three"]).view(pa.string())
    rows = read_dump("a.parquet", parquet({"text": ["a b", "c d", "e f"], "title": titles}))
    assert [row["title"] for row in rows] == ["one", None, "three"]
    assert "Invalid UTF8" in rows[1]["error"]


def test_a_time_that_no_calendar_holds_is_no_date(read_dump: ReadDump) -> None:
    dates = pa.array([2**62, 0], pa.timestamp("us"))
    far, epoch = read_dump("a.parquet", parquet({"text": ["a b", "c d"], "date": dates}))
    assert far["published"] is None
    assert epoch["published"].year == 1970


def table_of(columns: list[tuple[str, pa.Array]]) -> bytes:
    sink = io.BytesIO()
    names, arrays = [name for name, _ in columns], [array for _, array in columns]
    pq.write_table(pa.Table.from_arrays(arrays, names=names), sink)
    return sink.getvalue()


@pytest.mark.parametrize("twice", ["text", "title"])
def test_a_column_that_is_there_twice_is_told(read_dump: ReadDump, twice: str) -> None:
    columns = [(name, pa.array([f"{name} words"])) for name in ("text", "title", twice)]
    (row,) = read_dump("a.parquet", table_of(columns))
    assert row["error"] == f"column {twice} is there 2 times (byte 0)"


def test_a_column_twice_that_nobody_needs_does_no_harm(read_dump: ReadDump) -> None:
    columns = [(name, pa.array([f"{name} words"])) for name in ("text", "x", "x")]
    (row,) = read_dump("a.parquet", table_of(columns))
    assert row["text"] == "text words"


@pytest.mark.parametrize("is_first", [True, False])
def test_the_column_of_just_that_name_comes_before_one_inside_another(
    read_dump: ReadDump, is_first: bool
) -> None:
    columns = [
        ("meta.url", pa.array(["flat"])),
        ("meta", pa.array([{"url": "inside", "n": 1}])),
        ("text", pa.array(["words"])),
    ]
    content = table_of(columns if is_first else columns[::-1])
    (row,) = read_dump("a.parquet", content, (InputRule(match="*", url_column="meta.url"),))
    assert (row["text"], row["url"]) == ("words", "flat")


def test_the_same_name_inside_two_columns_is_told(read_dump: ReadDump) -> None:
    columns = [
        ("meta", pa.array([{"url": "a"}])),
        ("meta", pa.array([{"url": "b"}])),
        ("text", pa.array(["words"])),
    ]
    rule = InputRule(match="*", url_column="meta.url")
    (row,) = read_dump("a.parquet", table_of(columns), (rule,))
    assert row["error"] == "column meta.url is there 2 times (byte 0)"


@pytest.mark.parametrize("kind", [pa.binary(), pa.large_binary(), pa.binary_view()])
def test_texts_in_a_binary_column(read_dump: ReadDump, kind: pa.DataType) -> None:
    texts = pa.array(["茶".encode(), b"\xff\xfe", None, b"tea"], pa.binary()).cast(kind)
    rows = read_dump("a.parquet", table_of([("text", texts)]))
    assert [state(row) for row in rows] == ["text", "error", "empty_text", "text"]
    assert (rows[0]["text"], rows[3]["text"]) == ("茶", "tea")
    assert "UTF8" in rows[1]["error"]


def test_lists_of_texts_are_put_together_as_in_json_lines(read_dump: ReadDump) -> None:
    texts = [["one", "two"], [None, "three"], [], None]
    content = parquet({"text": texts, "author": [["Ann", "Bo"], [], None, ["Cy"]]})
    rows = read_dump("a.parquet", content)
    assert [row["text"] for row in rows] == ["one\ntwo", "three", None, None]
    assert [row["author"] for row in rows] == ["Ann, Bo", None, None, "Cy"]
    nested = parquet({"doc": [{"body": ["one", "two"]}, None]})
    (row, _) = read_dump("b/a.parquet", nested, (InputRule(match="b/*", text_column="doc.body"),))[
        -2:
    ]
    assert row["text"] == "one\ntwo"


def test_a_fact_that_is_no_utf_8_costs_no_other_row(read_dump: ReadDump) -> None:
    urls = pa.array([b"http://a", b"\xff", b"http://c"])
    rows = read_dump("a.parquet", parquet({"text": ["one", "two", "three"], "url": urls}))
    assert [row["url"] for row in rows] == ["http://a", None, "http://c"]
    assert [state(row) for row in rows] == ["text", "error", "text"]
    assert "(row 1)" in rows[1]["error"]


def test_an_encrypted_table_says_so(read_dump: ReadDump) -> None:
    (row,) = read_dump("a.parquet", b"PARE" + bytes(100) + b"PARE")
    assert "an encrypted Parquet file" in row["error"]
