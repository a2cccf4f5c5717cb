"""Sets on their way through Spark and back."""

import pyarrow as pa
import pytest

from pipeline.dedup.shingle_sets import set_arrays, shingle_sets
from pipeline.dedup.shingles import shingle_texts

pytestmark = pytest.mark.spark


def test_sets_come_back_as_they_went(spark):
    texts = {"a": "one two three four five six", "b": "", "c": "Too short.", "d": "機械学習モデル"}
    frame = spark.createDataFrame(list(texts.items()), "text_key string, text string").coalesce(1)
    rows = sorted(tuple(row) for row in shingle_sets(frame, 3).collect())
    column = pa.array([bytes(value) for _, value in rows], pa.binary())
    expected = [sorted(shingles.view("int64").tolist()) for shingles in sets_of(texts.values())]
    for first in range(len(texts)):  # slices, too, begin where they begin
        values, offsets = set_arrays(column.slice(first))
        found = [values[offsets[i] : offsets[i + 1]].tolist() for i in range(len(offsets) - 1)]
        assert found == expected[first:]


def sets_of(texts):
    shingles = shingle_texts(list(texts), 3)
    return [shingles[i] for i in range(len(shingles))]
