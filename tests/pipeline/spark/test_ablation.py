"""Counts of limits over partitions: those of the kernel, summed."""

import pytest

from pipeline.decide.rules import DecideParams
from pipeline.measures.attributes import ATTRIBUTES
from pipeline.spark.ablation import collect_limits
from pipeline.spark.arrow import struct_type
from tests.pipeline.decide.test_decide import attributes

pytestmark = pytest.mark.spark


@pytest.mark.parametrize("partitions", [1, 3])
def test_counts_are_summed_over_partitions(spark, partitions):
    texts = ["one two three", "1 2 3 4 5 6 7 8", "1 2", "a word and another word and a third one"]
    rows = attributes(texts * 3).to_pylist()
    frame = spark.createDataFrame(
        [tuple(row.values()) for row in rows], struct_type(ATTRIBUTES.schema)
    ).repartition(partitions)
    params = DecideParams(preset="none", min_words=5, max_digits=0.3, min_language_score=0.0)
    found = [tuple(counts.model_dump().values()) for counts in collect_limits(frame, params)]
    assert found == [
        ("max_digits", 6, 3, 3 * len(texts[1])),
        ("min_words", 6, 3, 3 * len(texts[0])),
    ]
