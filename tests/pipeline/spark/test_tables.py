"""A batch exists when its manifest does, and never before."""

import hashlib
import json
from pathlib import Path

import pyarrow as pa
import pytest

from pipeline.spark import tables
from schemas.errors import DataError
from schemas.table import Table

WORDS = Table(
    name="words",
    version=1,
    key=("word",),
    schema=pa.schema(
        [pa.field("word", pa.string(), nullable=False), pa.field("count", pa.int64())]
    ),
)
ROWS = [("磨", 3), ("mill", 1), ("moulin", None)]

pytestmark = pytest.mark.spark


def frame(spark, rows=ROWS, partitions=2):
    return spark.createDataFrame(rows, "word string, count long").repartition(partitions)


def write(spark, root, batch="b1", facts=lambda written: {"note": "x"}):
    return tables.write_batch(frame(spark), WORDS, str(root), batch, facts)


def test_a_committed_batch_is_read_back(spark, tmp_path):
    manifest = write(spark, tmp_path)
    assert manifest.rows == 3
    rows = tables.read_batches(spark, WORDS, str(tmp_path), ["b1"]).collect()
    assert sorted((row["word"], row["count"]) for row in rows) == sorted(ROWS)
    assert tables.find_batch(WORDS, str(tmp_path), "b1") == manifest


def test_the_manifest_holds_true_sizes_and_checksums(spark, tmp_path):
    manifest = write(spark, tmp_path)
    for file in manifest.files:
        content = Path(WORDS.path(str(tmp_path), "b1"), file.name).read_bytes()
        assert (file.size, file.sha256) == (len(content), hashlib.sha256(content).hexdigest())


def test_a_batch_without_manifest_does_not_exist_and_is_replaced(spark, tmp_path):
    write(spark, tmp_path)
    folder = Path(WORDS.path(str(tmp_path), "b1"))
    (folder / "_manifest.json").unlink()
    assert tables.committed_batches(WORDS, str(tmp_path)) == []
    with pytest.raises(DataError, match="no committed batch"):
        tables.read_batches(spark, WORDS, str(tmp_path), ["b1"])
    assert write(spark, tmp_path).rows == 3


def test_a_refused_batch_leaves_nothing_behind(spark, tmp_path):
    def refuse(written):
        assert written.count() == 3
        raise DataError("too many unreadable records")

    with pytest.raises(DataError, match="too many"):
        write(spark, tmp_path, facts=refuse)
    assert not Path(WORDS.path(str(tmp_path), "b1")).exists()


def test_batches_are_immutable(spark, tmp_path):
    write(spark, tmp_path)
    with pytest.raises(DataError, match="already committed"):
        write(spark, tmp_path)


def test_a_damaged_manifest_is_named(spark, tmp_path):
    write(spark, tmp_path)
    path = Path(WORDS.path(str(tmp_path), "b1"), "_manifest.json")
    path.write_text(json.dumps({"table": "words"}))
    with pytest.raises(DataError, match="damaged manifest"):
        tables.committed_batches(WORDS, str(tmp_path))


def test_no_batches_give_an_empty_frame_with_the_columns(spark, tmp_path):
    empty = tables.read_batches(spark, WORDS, str(tmp_path), [])
    assert empty.columns == ["word", "count"]
    assert empty.count() == 0


def test_checksums_are_those_of_the_files(spark, tmp_path):
    contents = {"a/x.bin": b"", "b.bin": b"\0" * 5_000_000, "磨.txt": "磨".encode()}
    for name, content in contents.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    found = tables.checksums(spark, str(tmp_path), list(contents))
    assert tables.checksums(spark, tmp_path.as_uri(), list(contents)) == found
    assert found == {name: hashlib.sha256(c).hexdigest() for name, c in contents.items()}


def test_the_content_digest_sees_rows_and_not_their_order(spark):
    base = tables.content_digest(frame(spark))
    assert tables.content_digest(frame(spark, ROWS[::-1], partitions=5)) == base
    assert tables.content_digest(frame(spark, [*ROWS, ROWS[0]])) != base
    assert tables.content_digest(frame(spark, [*ROWS, ROWS[0], ROWS[0]])) != base
    assert tables.content_digest(frame(spark, [("磨", 3), ("mill", 1), ("moulin", 0)])) != base
