"""Relations of dedup: band keys -> candidate pairs -> verified edges."""

from functools import partial

import numpy as np
import pyarrow as pa
from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from pipeline.dedup.jaccard import similarities, sorted_sets
from pipeline.dedup.minhash import DedupParams
from pipeline.dedup.shingles import shingle_texts
from pipeline.spark.arrow import map_arrow
from schemas.dedup import EDGES

_SHINGLE_SETS = pa.schema([("doc_id", pa.string()), ("shingles", pa.list_(pa.int64()))])


def _buckets(signatures: DataFrame) -> DataFrame:
    """One row per document and band key that another document has as well: ``band_key``,
    ``bucket_size``, ``doc_id``, ``num_shingles``."""
    size = F.count("*").over(Window.partitionBy("band_key"))
    return (
        signatures.select("doc_id", "num_shingles", F.explode("band_keys").alias("band_key"))
        .withColumn("bucket_size", size)
        .where("bucket_size > 1")
    )


def _centres(bucket: DataFrame, num_centres: int) -> DataFrame:
    """A few members of each bucket, the same ones on every run, close to random otherwise."""
    picks = [
        F.min(F.struct(F.xxhash64("doc_id", F.lit(pick)), "doc_id", "num_shingles"))
        for pick in range(num_centres)
    ]
    return (
        bucket.groupBy("band_key")
        .agg(F.array_distinct(F.array(*(_member(pick) for pick in picks))).alias("centres"))
        .select("band_key", F.explode("centres").alias("centre"))
        .select(
            "band_key",
            F.col("centre.doc_id").alias("other_id"),
            F.col("centre.num_shingles").alias("other_shingles"),
        )
    )


def _member(pick: Column) -> Column:
    return F.struct(pick["doc_id"].alias("doc_id"), pick["num_shingles"].alias("num_shingles"))


def candidate_pairs(signatures: DataFrame, params: DedupParams) -> DataFrame:
    """Pairs of documents that share a band key, each once.

    A bucket of at most ``max_bucket_pairs_size`` documents gives all its pairs. In a larger
    one every document is paired with ``num_centres`` centres only, so a page that occurs a
    million times makes millions of pairs and not 10^11; ``skipped_pairs`` counts the rest.
    Pairs whose numbers of shingles alone rule the threshold out are left out.

    Args:
        signatures: ``doc_id`` (unique), ``num_shingles``, ``band_keys``.

    Returns:
        ``doc_id_a``, ``doc_id_b``, the smaller id first.
    """
    buckets = _buckets(signatures)
    is_small = F.col("bucket_size") <= params.max_bucket_pairs_size
    small, large = buckets.where(is_small), buckets.where(~is_small)
    others = small.select(
        "band_key",
        F.col("doc_id").alias("other_id"),
        F.col("num_shingles").alias("other_shingles"),
    )
    all_pairs = small.join(others, "band_key").where("doc_id < other_id")
    star = large.join(_centres(large, params.num_centres), "band_key").where("doc_id != other_id")
    # Jaccard similarity is at most the ratio of the sizes.
    ratio = F.least("num_shingles", "other_shingles") / F.greatest("num_shingles", "other_shingles")
    return (
        all_pairs.unionByName(star)
        .where(ratio >= params.threshold)
        .select(
            F.least("doc_id", "other_id").alias("doc_id_a"),
            F.greatest("doc_id", "other_id").alias("doc_id_b"),
        )
        .distinct()
    )


def skipped_pairs(signatures: DataFrame, params: DedupParams) -> DataFrame:
    """What ``candidate_pairs`` did not compare: one row with ``num_buckets`` (of two documents
    or more), ``num_large_buckets`` and ``num_skipped_pairs`` (counted per bucket)."""
    buckets = _buckets(signatures)
    large = buckets.where(F.col("bucket_size") > params.max_bucket_pairs_size)
    centres = _centres(large, params.num_centres).groupBy("band_key")
    sizes = buckets.groupBy("band_key").agg(F.first("bucket_size").alias("n"))
    skipped = (F.col("n") - F.col("c")) * (F.col("n") - F.col("c") - 1) / 2
    return sizes.join(centres.agg(F.count("*").alias("c")), "band_key", "left").agg(
        F.count("*").alias("num_buckets"),
        F.count("c").alias("num_large_buckets"),
        F.coalesce(F.sum(skipped), F.lit(0)).cast("long").alias("num_skipped_pairs"),
    )


def verified_edges(candidates: DataFrame, texts: DataFrame, params: DedupParams) -> DataFrame:
    """Exact Jaccard similarity of every candidate pair; those below the threshold are gone.

    Texts of documents without a candidate are not shingled and not shuffled.

    Args:
        candidates: ``doc_id_a``, ``doc_id_b``.
        texts: ``doc_id``, ``text``; a ``doc_id`` may repeat, with the same text.

    Returns:
        The table EDGES.
    """
    wanted = candidates.select(F.explode(F.array("doc_id_a", "doc_id_b")).alias("doc_id"))
    sets = map_arrow(
        texts.select("doc_id", "text").join(wanted.distinct(), "doc_id", "left_semi"),
        partial(_shingle_sets, shingle_size=params.shingle_size),
        _SHINGLE_SETS,
    ).dropDuplicates(["doc_id"])
    paired = candidates.join(sets.toDF("doc_id_a", "shingles_a"), "doc_id_a").join(
        sets.toDF("doc_id_b", "shingles_b"), "doc_id_b"
    )
    return map_arrow(
        paired.select("doc_id_a", "doc_id_b", "shingles_a", "shingles_b"),
        partial(_edges, threshold=params.threshold),
        EDGES.schema,
    )


def _shingle_sets(batch: pa.RecordBatch, shingle_size: int) -> pa.RecordBatch:
    shingles = shingle_texts(batch["text"], shingle_size)
    offsets = pa.array(shingles.offsets.astype(np.int32))
    sets = pa.ListArray.from_arrays(offsets, pa.array(sorted_sets(shingles)))
    return pa.RecordBatch.from_arrays([batch["doc_id"], sets], schema=_SHINGLE_SETS)


def _edges(batch: pa.RecordBatch, threshold: float) -> pa.RecordBatch:
    found = similarities(*_set_arrays(batch["shingles_a"]), *_set_arrays(batch["shingles_b"]))
    columns = [batch["doc_id_a"], batch["doc_id_b"], pa.array(found)]
    edges = pa.RecordBatch.from_arrays(columns, schema=EDGES.schema)
    return EDGES.check(edges.filter(pa.array(found >= threshold)))


def _set_arrays(column: pa.ListArray) -> tuple[np.ndarray, np.ndarray]:
    offsets = column.offsets.to_numpy().astype(np.int64)
    # A copy: what Spark hands over is read-only, and kernels are compiled for writable arrays.
    return column.flatten().to_numpy().copy(), offsets - offsets[0]
