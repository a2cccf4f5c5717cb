"""Which batches hold which files. The way through Spark is in tests/integration."""

import hashlib
import os

import pytest

from pipeline.sources.recognise import scan
from pipeline.spark import ingest
from pipeline.spark.ingest import DocumentSet, cover
from schemas.build import BatchManifest, InputFact


def fact(path, sha256="00", source="web"):
    return InputFact(path=path, format="jsonl", source=source, size=1, sha256=sha256)


def manifest(batch, *facts):
    return BatchManifest(
        table="documents",
        version=1,
        batch=batch,
        rows=1,
        files=[],
        facts={"inputs": [fact.model_dump(mode="json") for fact in facts]},
        code_version="0",
    )


def test_unchanged_files_are_covered_by_their_batch():
    known = [manifest("b1", fact("a"), fact("b"))]
    assert cover(known, [fact("a"), fact("b")]) == ({"b1": ()}, {"a", "b"})


def test_a_changed_or_removed_file_is_dead_in_its_batch():
    known = [manifest("b1", fact("a"), fact("b"), fact("c"))]
    batches, covered = cover(known, [fact("a"), fact("b", sha256="11")])
    assert batches == {"b1": ("b", "c")}
    assert covered == {"a"}


def test_another_way_of_reading_a_file_is_a_change():
    known = [manifest("b1", fact("a", source="web"))]
    assert cover(known, [fact("a", source="news")]) == ({}, set())


def test_a_file_in_two_batches_is_live_in_the_first_alone():
    known = [manifest("b1", fact("a"), fact("b")), manifest("b2", fact("a"), fact("c"))]
    batches, covered = cover(known, [fact("a"), fact("b"), fact("c")])
    assert batches == {"b1": (), "b2": ("a",)}
    assert covered == {"a", "b", "c"}


def test_a_batch_without_live_files_is_not_read():
    assert cover([manifest("b1", fact("a"))], [fact("x")]) == ({}, set())


@pytest.mark.spark
def test_dead_rows_are_told_by_batch_and_file(spark, tmp_path):
    rows = [("a",), ("b",)]
    paths = []
    for batch in ("b1-x", "b2-x"):
        paths.append(str(tmp_path / "batch=7" / "v1" / f"batch={batch}"))
        spark.createDataFrame(rows, "source_file string").coalesce(1).write.parquet(paths[-1])
    frame = spark.read.schema("source_file string").parquet(*paths)
    live = DocumentSet(batches={"b1": ("a",), "b2": ()}, inputs=()).of(frame)
    assert sorted(row["source_file"] for row in live.collect()) == ["a", "b", "b"]


def test_what_cannot_be_opened_is_not_read_for_its_checksum(tmp_path, monkeypatch):
    (tmp_path / "a.jsonl").write_text('{"text": "tea"}\n')
    (tmp_path / "gone.warc.gz").symlink_to("nowhere")
    os.mkfifo(tmp_path / "pipe.jsonl")
    asked = []
    monkeypatch.setattr(
        ingest, "checksums", lambda spark, root, names: asked.extend(names) or {"a.jsonl": "aa"}
    )
    facts = ingest._with_checksums(None, str(tmp_path), scan(str(tmp_path), []).files, [])
    assert asked == ["a.jsonl"]
    nothing = hashlib.sha256().hexdigest()
    assert [(fact.path, fact.sha256, fact.mismatch) for fact in facts] == [
        ("a.jsonl", "aa", None),
        ("gone.warc.gz", nothing, "a link to nothing"),
        ("pipe.jsonl", nothing, "not a regular file"),
    ]
