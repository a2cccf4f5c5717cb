"""Relations of dedup: band keys -> candidate pairs -> verified edges."""

from functools import partial

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from pipeline.dedup.jaccard import similarities, sorted_sets
from pipeline.dedup.minhash import DedupParams
from pipeline.dedup.shingles import shingle_texts
from pipeline.spark.arrow import map_arrow
from schemas.dedup import EDGES

_SHINGLE_SETS = pa.schema([("doc_id", pa.string()), ("shingles", pa.list_(pa.int64()))])


def candidate_pairs(signatures: DataFrame, params: DedupParams) -> DataFrame:
    """Pairs of documents that share a band key, each once.

    A bucket (the documents that share one key) of at most ``max_bucket_pairs_size`` documents
    gives all its pairs. In a larger one every document is paired with ``num_centres`` centres
    only, the same ones on every run: a page that occurs a million times makes millions of
    pairs and not 10^11. ``skipped_pairs`` counts the rest. Pairs whose numbers of shingles
    alone rule the threshold out are left out.

    Args:
        signatures: ``doc_id`` (unique), ``num_shingles``, ``band_keys``.

    Returns:
        ``doc_id_a``, ``doc_id_b``, the smaller id first.
    """
    bucket = Window.partitionBy("band_key")
    shuffled = bucket.orderBy(F.xxhash64("doc_id"), "doc_id")
    member = F.struct("doc_id", "num_shingles")
    # Enough to meet everybody in a bucket of the largest size that is compared in full.
    is_small = F.col("bucket_size") <= params.max_bucket_pairs_size
    following = F.collect_list(F.when(is_small, member)).over(
        shuffled.rowsBetween(1, params.max_bucket_pairs_size - 1)
    )
    everybody = shuffled.rowsBetween(Window.unboundedPreceding, Window.unboundedFollowing)
    centres = F.array(
        *(F.nth_value(member, place + 1).over(everybody) for place in range(params.num_centres))
    )
    paired = (
        signatures.select("doc_id", "num_shingles", F.explode("band_keys").alias("band_key"))
        .withColumn("bucket_size", F.count("*").over(bucket))
        .where("bucket_size > 1")
        .withColumn("following", following)
        .withColumn("centres", centres)
        .select(
            "doc_id",
            "num_shingles",
            F.explode(F.when(is_small, F.col("following")).otherwise(F.col("centres"))),
        )
        .select("doc_id", "num_shingles", "col.*")
        .toDF("doc_id", "num_shingles", "other_id", "other_shingles")
    )
    # Jaccard similarity is at most the ratio of the sizes.
    ratio = F.least("num_shingles", "other_shingles") / F.greatest("num_shingles", "other_shingles")
    return (
        paired.where((F.col("doc_id") != F.col("other_id")) & (ratio >= params.threshold))
        .select(
            F.least("doc_id", "other_id").alias("doc_id_a"),
            F.greatest("doc_id", "other_id").alias("doc_id_b"),
        )
        .distinct()
    )


def skipped_pairs(signatures: DataFrame, params: DedupParams) -> DataFrame:
    """What ``candidate_pairs`` did not compare: one row with ``num_buckets`` (of two documents
    or more), ``num_large_buckets`` and ``num_skipped_pairs``, counted per bucket."""
    buckets = (
        signatures.select(F.explode("band_keys").alias("band_key"))
        .groupBy("band_key")
        .agg(F.count("*").alias("size"))
        .where("size > 1")
    )
    is_large = F.col("size") > params.max_bucket_pairs_size
    outside = F.greatest(F.col("size") - params.num_centres, F.lit(0))
    skipped = F.when(is_large, outside * (outside - 1) / 2).otherwise(0)
    return buckets.agg(
        F.count("*").alias("num_buckets"),
        F.count_if(is_large).alias("num_large_buckets"),
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
