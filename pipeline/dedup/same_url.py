"""Of the documents of one URL the latest, or the longest."""

import pyarrow as pa
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from pipeline.dedup.minhash import SameUrl
from pipeline.dedup.urls import url_keys
from pipeline.spark.arrow import map_arrow
from schemas.documents import DOCUMENTS
from schemas.ledger import DuplicateRule

_URL_KEYS = pa.schema(
    [
        *(DOCUMENTS.schema.field(name) for name in (*DOCUMENTS.key, "fetched")),
        ("url_key", pa.string()),
    ]
)


def same_url(firsts: DataFrame, documents: DataFrame, prefer: SameUrl) -> DataFrame:
    """Documents that stand behind another one of their URL.

    Args:
        firsts: ``doc_id`` (unique), its place, ``num_characters`` and ``published``.
        documents: ``source_file``, ``record_offset``, ``url``, ``fetched``.

    Returns:
        Their place, ``doc_id``, ``stands_for`` (the one that is preferred), ``rule``,
        ``similarity`` (null).
    """

    def keys(batch: pa.RecordBatch) -> pa.RecordBatch:
        columns = [batch[name] for name in _URL_KEYS.names[:-1]]
        return pa.RecordBatch.from_arrays([*columns, url_keys(batch["url"])], schema=_URL_KEYS)

    with_url = documents.where(F.col("url").isNotNull())
    keyed = firsts.join(
        map_arrow(with_url.select(*DOCUMENTS.key, "fetched", "url"), keys, _URL_KEYS),
        list(DOCUMENTS.key),
    ).where(F.col("url_key").isNotNull())
    latest = [F.col("fetched").desc_nulls_last(), F.col("published").desc_nulls_last()]
    longest = [F.col("num_characters").desc_nulls_last()]
    order = [*latest, *longest] if prefer == "latest" else [*longest, *latest]
    of_url = Window.partitionBy("url_key").orderBy(*order, "doc_id")
    chosen = F.first("doc_id").over(of_url)
    return (
        keyed.withColumn("stands_for", chosen)
        .where("doc_id != stands_for")
        .select(
            *DOCUMENTS.key,
            "doc_id",
            "stands_for",
            F.lit(DuplicateRule.SAME_URL.value).alias("rule"),
            F.lit(None).cast("double").alias("similarity"),
        )
    )


def fall_together(repeats: DataFrame, others: DataFrame) -> DataFrame:
    """Further occurrences of records that stand behind another stand behind that one, too."""
    behind = others.select("doc_id", F.col("stands_for").alias("chosen"))
    return repeats.join(behind, "doc_id", "left").select(
        *DOCUMENTS.key,
        "doc_id",
        F.coalesce("chosen", "stands_for").alias("stands_for"),
        "rule",
        "similarity",
    )
