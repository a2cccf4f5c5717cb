"""A few records to quote, always the same, and the beginnings of their texts.

Taken are the records with the smallest ids: ids are hashes, so that is a fair sample which does
not depend on partitions or order.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from pyspark.sql import DataFrame, Row, Window
from pyspark.sql import functions as F

from pipeline.report.statistics import Example
from schemas.ledger import LEDGER

SNIPPET_CHARACTERS = 320
TITLE_CHARACTERS = 200
"""Also of keys, details and errors: dumps hold titles and addresses of any length."""
ORDER = ("doc_id", *LEDGER.key)

_KEY = tuple(LEDGER.key)


def first_per_group(frame: DataFrame, group: str, number: int) -> list[Row]:
    """The ``number`` rows with the smallest ids in each group. Spark cuts each group before the
    shuffle (WindowGroupLimit), so a large group is no burden."""
    place = F.row_number().over(Window.partitionBy(group).orderBy(*ORDER))
    return (
        frame.withColumn("place", place)
        .where(F.col("place") <= number)
        .drop("place")
        .orderBy(group, *ORDER)
        .collect()
    )


class Quotes:
    """Examples of ledger rows, with title and first characters of their texts."""

    def __init__(self, documents: DataFrame, rows: Iterable[Row]) -> None:
        keys = sorted({(row["source_file"], row["record_offset"]) for row in rows})
        self._texts: Mapping[tuple[str, int], Row] = {}
        if not keys:
            return
        wanted = documents.sparkSession.createDataFrame(
            keys, "source_file string, record_offset long"
        )
        # The two plain conditions reach the Parquet reader and skip row groups; the join is what
        # is exact.
        near = documents.where(
            F.col("source_file").isin(sorted({file for file, _ in keys}))
            & F.col("record_offset").isin(sorted({offset for _, offset in keys}))
        ).select(*_KEY, "title", F.substring("text", 1, SNIPPET_CHARACTERS + 1).alias("snippet"))
        found = near.join(F.broadcast(wanted), on=list(_KEY)).collect()
        self._texts = {(row["source_file"], row["record_offset"]): row for row in found}

    def __call__(self, row: Row) -> Example:
        text = self._texts.get((row["source_file"], row["record_offset"]))
        columns: dict[str, Any] = {
            name: row[name] for name in (*ORDER, "source", "value", "threshold")
        }
        for name in ("source_key", "detail"):
            columns[name] = shorten(row[name])
        return Example(
            **columns,
            title=shorten(text["title"]) if text else None,
            snippet=shorten(text["snippet"], SNIPPET_CHARACTERS) if text else None,
        )


def shorten(text: str | None, most: int = TITLE_CHARACTERS) -> str | None:
    """The beginning of a text, with an ellipsis where something is left out.

    >>> shorten("one two", most=4)
    'one…'
    """
    if text is None or len(text) <= most:
        return text
    return text[:most].rstrip() + "…"
