"""Which document of a cluster stays: the best, and never a matter of order or partitioning.

Survivor = highest quality, then longest, then oldest, then smallest ``doc_id``. What is not
known loses against what is.
"""

import math
from datetime import datetime
from typing import TypeAlias

from pyspark.sql import Column
from pyspark.sql import functions as F

RANKED_BY = ("quality_score", "num_characters", "published")
"""Columns that decide, before ``doc_id`` does."""

Rank: TypeAlias = tuple[bool, float, bool, int, bool, float, str]


def survivor_rank(
    quality_score: float | None, num_characters: int | None, published: datetime | None, doc_id: str
) -> Rank:
    """Sort key of a document: the smallest of a cluster is its survivor.

    >>> old, new = datetime(2004, 1, 1), datetime(2024, 1, 1)
    >>> min((0.9, 120, new, "b"), (0.9, 120, old, "c"), (None, 500, old, "a"),
    ...     key=lambda document: survivor_rank(*document))[3]
    'c'
    """
    quality_known = quality_score is not None and not math.isnan(quality_score)
    return (
        not quality_known,
        -quality_score if quality_known and quality_score is not None else 0.0,
        num_characters is None,
        -(num_characters or 0),
        published is None,
        published.timestamp() if published is not None else 0.0,
        doc_id,
    )


def survivor_order() -> Column:
    """The same order in Spark: a struct whose smallest value belongs to the survivor.

    Reads ``doc_id`` and the columns ``RANKED_BY``; its field ``doc_id`` names the survivor.
    """
    quality = F.when(F.isnan("quality_score"), None).otherwise(F.col("quality_score"))
    return F.struct(
        quality.isNull().alias("quality_unknown"),
        (-quality).alias("worst_quality"),
        F.col("num_characters").isNull().alias("length_unknown"),
        (-F.col("num_characters")).alias("shortness"),
        F.col("published").isNull().alias("date_unknown"),
        F.col("published").alias("published"),
        F.col("doc_id").alias("doc_id"),
    )
