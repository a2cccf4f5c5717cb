import pytest

from pipeline.sources.inputs import Format, InputFile, InputParams
from pipeline.sources.record import Record, document_or_empty, record_batches, unreadable
from schemas.documents import DOCUMENTS, Source, document_id

FILE = InputFile(path="a/b.jsonl", format=Format.JSONL, source=Source.NEWS, size=1)


def test_a_record_has_exactly_one_state() -> None:
    with pytest.raises(ValueError, match="one state"):
        Record(offset=0)
    with pytest.raises(ValueError, match="one state"):
        Record(offset=0, text="a", skip_rule="redirect")


def test_rows_keep_the_contract_and_the_identity() -> None:
    records = [Record(offset=3, key="k", raw=b"raw", text="text", title=" A\n title ")]
    (batch,) = record_batches(records, FILE, InputParams())
    (row,) = DOCUMENTS.check(batch).to_pylist()
    assert row["doc_id"] == document_id("news", "k", b"raw")
    assert (row["source_file"], row["record_offset"]) == ("a/b.jsonl", 3)
    assert (row["source"], row["format"], row["raw_bytes"]) == ("news", "jsonl", 3)
    assert row["title"] == "A title"


def test_batches_are_bounded_in_rows_and_bytes() -> None:
    records = [Record(offset=i, raw=b"%d" % i, text="字" * 1000) for i in range(100)]
    by_rows = list(record_batches(records, FILE, InputParams(batch_rows=7)))
    assert [batch.num_rows for batch in by_rows] == [7] * 14 + [2]
    by_bytes = list(record_batches(records, FILE, InputParams(batch_bytes=30_000)))
    assert max(batch.num_rows for batch in by_bytes) <= 10
    assert sum(batch.num_rows for batch in by_bytes) == 100


def test_lone_surrogates_become_replacement_characters() -> None:
    (batch,) = record_batches([Record(offset=0, raw=b"x", text="a\ud800b")], FILE, InputParams())
    assert batch.column("text").to_pylist() == ["a\ufffdb"]


def test_blank_text_is_skipped_as_empty() -> None:
    assert document_or_empty(Record(offset=0, text=" \n\u3000")).skip_rule == "empty_text"
    assert document_or_empty(Record(offset=0, text="a")).text == "a"


def test_an_error_is_one_line_and_records_without_content_differ() -> None:
    records = [unreadable(0, "first\nsecond"), unreadable(5, "first")]
    (batch,) = record_batches(records, FILE, InputParams())
    rows = batch.to_pylist()
    assert rows[0]["error"] == "first second"
    assert rows[0]["doc_id"] != rows[1]["doc_id"]
