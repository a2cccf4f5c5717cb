from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pytest

from pipeline.sources import readers
from pipeline.sources.inputs import Format, InputFile, InputParams
from pipeline.sources.readers import read_file
from pipeline.sources.recognise import scan
from pipeline.sources.record import Record, record_batches
from schemas.documents import DOCUMENTS, Source
from tests.pipeline.sources.conftest import rows_of


def test_a_mismatch_is_one_row_and_the_file_is_not_opened() -> None:
    file = InputFile(
        path="a.warc", format=Format.WARC, source=Source.WEB, size=1, mismatch="not warc: zip"
    )
    (batch,) = read_file("/nowhere", file, InputParams())
    (row,) = batch.to_pylist()
    assert (row["error"], row["record_offset"], row["raw_bytes"]) == ("not warc: zip", 0, 0)


@pytest.mark.parametrize("format", list(Format))
def test_an_empty_file_is_one_unreadable_row_in_every_format(
    tmp_path: Path, format: Format
) -> None:
    (tmp_path / "a").write_bytes(b"")
    file = InputFile(path="a", format=format, source=Source.TEXT, size=0)
    (batch,) = read_file(str(tmp_path), file, InputParams())
    assert DOCUMENTS.check(batch).column("error").null_count == 0
    assert batch.num_rows == 1


@pytest.mark.parametrize("format", list(Format))
@pytest.mark.parametrize("content", [b"hello\n", b"\x1f\x8b\x08\0", b"\0" * 100, b"<a>", b"{}"])
def test_foreign_content_never_raises(tmp_path: Path, format: Format, content: bytes) -> None:
    (tmp_path / "a").write_bytes(content)
    file = InputFile(path="a", format=format, source=Source.TEXT, size=len(content))
    rows = sum(batch.num_rows for batch in read_file(str(tmp_path), file, InputParams()))
    assert rows == 1


@pytest.mark.shared
def test_every_file_of_the_shared_data_gives_rows_and_none_raises(shared_data: Path) -> None:
    # rows_of checks the contract, the one state of each record, and that offsets differ.
    folders = ["mediawiki", "news", "social", "warc", "pii", "training", "eval_sets", "neardup"]
    for folder in folders:
        files = {file.path for file in scan(str(shared_data / folder), ()).files}
        rows = rows_of(shared_data / folder)
        assert files == {row["source_file"] for row in rows}


@pytest.mark.shared
def test_ids_differ_between_records_of_the_shared_crawls(shared_data: Path) -> None:
    rows = rows_of(shared_data / "warc/commoncrawl-2018-05")
    assert max(Counter(row["doc_id"] for row in rows).values()) == 1


def test_a_content_that_a_reader_was_not_made_for_is_one_row_behind_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(stored: BinaryIO, file: InputFile, params: InputParams) -> Iterator[Record]:
        yield Record(offset=7, text="one")
        raise RecursionError("too deep")

    monkeypatch.setitem(readers._READERS, Format.JSONL, read)
    (tmp_path / "a.jsonl").write_text('{"text": "x"}')
    one, rest = rows_of(tmp_path)
    assert (one["record_offset"], one["text"]) == (7, "one")
    assert rest["record_offset"] == 8
    assert rest["error"] == "the rest of the file: RecursionError: too deep (byte 8)"


def test_a_mistake_in_a_reader_of_batches_is_one_row_behind_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(stored: BinaryIO, file: InputFile, params: InputParams) -> Iterator[pa.RecordBatch]:
        yield from record_batches([Record(offset=6, text="words")], file, params)
        raise KeyError("a name")

    monkeypatch.setattr(readers, "read_parquet", read)
    (tmp_path / "a").write_bytes(b"x")
    file = InputFile(path="a", format=Format.PARQUET, source=Source.TEXT, size=1)
    batches = list(read_file(str(tmp_path), file, InputParams()))
    good, bad = [row for batch in batches for row in batch.to_pylist()]
    assert (good["text"], bad["record_offset"]) == ("words", 7)
    assert bad["error"] == "the rest of the file: KeyError: 'a name' (row 7)"
