"""The survivor in Spark is the survivor in Python."""

import random
from datetime import UTC, datetime

import pytest
from pyspark.sql import functions as F

from pipeline.dedup.survivors import survivor_order, survivor_rank


def test_each_criterion_decides_only_where_those_before_it_tie():
    old, new = datetime(2004, 1, 1, tzinfo=UTC), datetime(2024, 1, 1, tzinfo=UTC)
    from_best_to_worst = [
        (0.9, 100, old, "z"),
        (0.8, 300, new, "y"),
        (0.8, 200, old, "x"),
        (0.8, 200, new, "a"),
        (0.8, 200, new, "b"),
        (0.8, 200, None, "a"),
        (0.8, None, old, "a"),
        (None, 900, old, "a"),
        (float("nan"), 900, old, "b"),
    ]
    ranks = [survivor_rank(*document) for document in from_best_to_worst]
    assert ranks == sorted(ranks)


@pytest.mark.spark
def test_spark_and_python_choose_the_same_survivor(spark):
    generator = random.Random(5)
    rows = [
        (
            f"cluster{i % 150}",
            f"d{generator.randrange(10**9)}",
            generator.choice([None, 0.1, 0.9, 0.9, -0.5, float("nan")]),
            generator.choice([None, 10, 20, 20]),
            generator.choice(
                [None, datetime(1969, 5, 1, tzinfo=UTC), datetime(2020, 5, 1, tzinfo=UTC)]
            ),
        )
        for i in range(900)
    ]
    frame = spark.createDataFrame(
        rows,
        "cluster string, doc_id string, quality_score double, num_characters long, "
        "published timestamp",
    )
    found = frame.groupBy("cluster").agg(F.min(survivor_order()).getField("doc_id").alias("best"))
    expected = {
        cluster: min(
            (row for row in rows if row[0] == cluster),
            key=lambda row: survivor_rank(row[2], row[3], row[4], row[1]),
        )[1]
        for cluster in {row[0] for row in rows}
    }
    assert {row.cluster: row.best for row in found.collect()} == expected
