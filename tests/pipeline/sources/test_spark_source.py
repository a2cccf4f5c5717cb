import json
import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyspark.sql.types import LongType, StringType, StructType

from pipeline.sources.inputs import Format, InputFile, InputParams
from pipeline.sources.recognise import scan
from pipeline.sources.spark_source import (
    DumpSource,
    documents_struct,
    pack_files,
    read_documents,
    register,
    split_file,
)
from schemas.documents import DOCUMENTS, Source
from schemas.errors import ConfigError
from tests.pipeline.sources.conftest import rows_of
from tests.pipeline.sources.warc_writer import http, members, record


@pytest.fixture
def dumps(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    (folder / "news").mkdir(parents=True)
    article = {"text": "Tea.", "date": "2017-03-06T04:02:06Z", "title": "T"}
    for number in range(3):
        (folder / "news" / f"{number}.jsonl").write_text(json.dumps(article) + "\nbroken\n")
    texts = [f"Tea {number}." * (number % 50) for number in range(900)]
    many = "".join(json.dumps(article | {"text": text}) + "\n" for text in texts)
    (folder / "news" / "large.jsonl").write_text(many)
    (folder / "a.warc.gz").write_bytes(members([record(http()), record(b"x", "request")]))
    (folder / "b.warc.gz").write_bytes(b"hello")
    return folder


def files_of(sizes: list[int]) -> list[InputFile]:
    return [
        InputFile(path=f"{i:02}", format=Format.JSONL, source=Source.TEXT, size=size)
        for i, size in enumerate(sizes)
    ]


def test_packing_is_complete_bounded_and_the_same_in_any_order() -> None:
    files = files_of([5, 90, 10, 200, 1, 1, 40, 60, 0])
    packs = pack_files(files, 100)
    assert sorted(file.path for pack in packs for file in pack) == [file.path for file in files]
    sizes = [sum(file.size for file in pack) for pack in packs]
    assert sizes == sorted(sizes, reverse=True)
    assert all(size <= 100 or len(pack) == 1 for size, pack in zip(sizes, packs, strict=True))
    shuffled = random.Random(7).sample(files, len(files))
    assert pack_files(shuffled, 100) == packs


def test_a_large_file_of_lines_is_split_into_spans_that_cover_it() -> None:
    large = files_of([1_000_000])[0].model_copy(update={"is_splittable": True})
    spans = [file.span for file in split_file(large, 300_000)]
    assert spans == [(0, 250_000), (250_000, 500_000), (500_000, 750_000), (750_000, 1_000_000)]
    assert len(pack_files([large, *files_of([10])], 300_000)) == 4
    assert split_file(files_of([1_000_000])[0], 300_000) == files_of([1_000_000])
    # Nothing is cut into crumbs.
    assert len(split_file(large, 1)) == 15


def test_the_columns_are_those_of_documents() -> None:
    assert documents_struct().fieldNames() == DOCUMENTS.schema.names


@pytest.mark.spark
def test_spark_reads_what_the_readers_read(spark: Any, dumps: Path) -> None:
    inventory = scan(str(dumps), ())
    expected = sorted(rows_of(dumps), key=lambda row: (row["source_file"], row["record_offset"]))
    assert len(split_file(next(f for f in inventory.files if "large" in f.path), 1)) > 2
    times = [field.name for field in DOCUMENTS.schema if pa.types.is_timestamp(field.type)]
    for row in expected:  # Spark shows a time in the zone of the session
        row |= {name: row[name] and int(row[name].timestamp()) for name in times}
    for partition_bytes in (1, 1 << 20):
        params = InputParams(partition_bytes=partition_bytes)
        frame = read_documents(spark, inventory.root, inventory.files, params)
        assert frame.columns == DOCUMENTS.schema.names
        frame = frame.withColumns({name: frame[name].cast("bigint") for name in times})
        rows = frame.sort("source_file", "record_offset").collect()
        assert [row.asDict() for row in rows] == expected


@pytest.mark.spark
@pytest.mark.parametrize("zone", ["UTC", "Asia/Shanghai", "America/New_York"])
def test_times_are_the_same_in_every_time_zone(spark: Any, dumps: Path, zone: str) -> None:
    register(spark)
    before = spark.conf.get("spark.sql.session.timeZone")
    spark.conf.set("spark.sql.session.timeZone", zone)
    try:
        frame = spark.read.format("jsonl").load(f"{dumps}/news/0.jsonl")
        seconds = [row[0] for row in frame.selectExpr("cast(published as bigint)").collect()]
    finally:
        spark.conf.set("spark.sql.session.timeZone", before)
    assert seconds == [1488772926, None]


@pytest.mark.spark
def test_formats_by_name_with_a_path(spark: Any, dumps: Path) -> None:
    register(spark)
    frame = spark.read.format("warc").load(f"{dumps}/*.warc.gz")
    states = frame.selectExpr("text is not null", "skip_rule", "error is not null").collect()
    assert sorted(map(tuple, states), key=str) == [
        (False, "record_type", False),
        (False, None, True),
        (True, None, False),
    ]


@pytest.mark.spark
def test_a_list_of_paths_and_stated_columns(spark: Any, dumps: Path) -> None:
    register(spark)
    reader = spark.read.format("jsonl").schema("text string, record_offset bigint")
    rows = reader.load([f"{dumps}/news/0.jsonl", f"{dumps}/news/1.jsonl", f"{dumps}/news/0.jsonl"])
    assert rows.columns == ["text", "record_offset"]
    every = spark.read.format("jsonl").load(f"{dumps}/news/[01].jsonl")
    assert sorted(map(tuple, rows.collect()), key=str) == sorted(
        map(tuple, every.select("text", "record_offset").collect()), key=str
    )
    assert rows.limit(1).count() == 1 and rows.filter("text is null").count() == 2


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        (StructType().add("texts", StringType()), "no column texts; there are doc_id, .*, text,"),
        (StructType().add("text", LongType()), "text is string, not bigint"),
    ],
)
def test_columns_that_are_none_are_told(dumps: Path, schema: StructType, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        DumpSource({"path": str(dumps)}).reader(schema)


@pytest.mark.spark
def test_no_files_are_no_rows(spark: Any, tmp_path: Path) -> None:
    assert read_documents(spark, str(tmp_path), [], InputParams()).count() == 0


# A real file of each format: rows, and those that are documents.
REAL = {
    "warc": ("warc/dolma/sample-0000.warc.gz", 48, 22),
    "wet": ("warc/whirlwind-python/whirlwind.warc.wet.gz", 2, 1),
    "mediawiki": ("mediawiki/tinywiki-latest-pages-articles.xml", 8, 7),
    "gutenberg": ("books/txt/pg11.txt", 1, 1),
    "epub": ("books/epub/alice.epub", 1, 1),
    "feed": ("news/feeds/FeedReader/*", 1136, 1135),
    "reddit": ("social/RC_2005-12.zst", 1075, 955),
    "stackexchange": ("social/stackexchange/coffee.Posts.xml", 592, 225),
    "jsonl": ("news/giveme5w1h.jsonl.gz", 368, 368),
    "csv_text": ("news/ag_news.csv", 5155, 5155),
    "parquet_text": ("langid/langid.parquet", 182198, 182198),
    "plain_text": ("training/tinystories_sample.txt", 1, 1),
}


def test_every_format_has_a_real_file() -> None:
    assert set(REAL) == {each.value for each in Format}


@pytest.mark.shared
@pytest.mark.spark
@pytest.mark.parametrize("name", REAL)
def test_spark_reads_a_real_file_of_each_format(spark: Any, shared_data: Path, name: str) -> None:
    register(spark)
    path, rows, documents = REAL[name]
    frame = spark.read.format(name)
    if name == "csv_text":
        frame = frame.option("text_column", "3").option("title_column", "2")
    found = frame.load(f"{shared_data}/{path}").selectExpr(
        "count(*)", "count(text)", "count(skip_rule)", "count(error)", "max(format)"
    )
    count, texts, skipped, broken, format = found.collect()[0]
    assert (count, texts, format) == (rows, documents, name)
    assert count == texts + skipped + broken


@pytest.mark.spark
def test_options_of_spark_reach_the_readers(spark: Any, tmp_path: Path) -> None:
    register(spark)
    (tmp_path / "a.txt").write_text("one\ntwo\n\nthree\n")
    read = spark.read.format("plain_text").option("unit", "block")
    texts = [row[0] for row in read.load(str(tmp_path / "a.txt")).select("text").collect()]
    assert texts == ["one\ntwo", "three"]
    (tmp_path / "a.jsonl").write_text('{"m": {"t": "words", "w": "A"}}\n')
    read = spark.read.format("jsonl").option("text_column", "m.t").option("author_column", "m.w")
    row = read.load(str(tmp_path / "a.jsonl")).select("text", "author").collect()[0]
    assert tuple(row) == ("words", "A")
