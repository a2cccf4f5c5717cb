"""Documents of one corpus that are near-duplicates of documents of another."""

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from pipeline.dedup.components import materialise
from pipeline.dedup.minhash import DedupParams
from pipeline.dedup.shingle_sets import shingle_sets
from pipeline.dedup.spark_joins import (
    ends_of,
    explode_bands,
    in_bins,
    may_be_similar,
    verified_pairs,
)
from schemas.dedup import MARKS, PAIRS


def mark_between(
    ours: DataFrame, theirs: DataFrame, params: DedupParams, scratch: str
) -> DataFrame:
    """Our documents with the most similar one of theirs, from the threshold on.

    The same text is found by its key. Other texts are compared where they share a band key;
    of a bucket with more than ``max_bucket_pairs_size`` texts of theirs each of ours is compared
    with that many, those whose next band key is nearest below and above the own among them.
    Nothing of theirs is compared with theirs, nor ours with ours.

    Args:
        ours, theirs: SIGNATURES with ``text``.
        scratch: folder for intermediate tables; the caller removes it.

    Returns:
        The table MARKS.
    """
    our_texts = ours.where("num_shingles > 0").dropDuplicates(["text_key"])
    their_texts = theirs.where("num_shingles > 0").dropDuplicates(["text_key"])
    found = materialise(_candidates(our_texts, their_texts, params), f"{scratch}/candidates")
    columns = ["text_key", "text"]
    texts = our_texts.select(*columns).unionByName(their_texts.select(*columns))
    binned = in_bins(found)
    ends = materialise(ends_of(binned), f"{scratch}/ends")
    texts = texts.join(ends, "text_key", "left_semi").dropDuplicates(["text_key"])
    sets = shingle_sets(texts, params.shingle_size)
    near = verified_pairs(binned, ends, sets).where(F.col("similarity") >= params.threshold)
    same = (
        our_texts.select("text_key")
        .join(their_texts.select("text_key"), "text_key", "left_semi")
        .select(
            F.col("text_key").alias("text_key_a"),
            F.col("text_key").alias("text_key_b"),
            F.lit(1.0).alias("similarity"),
        )
    )
    other = theirs.groupBy(F.col("text_key").alias("text_key_b")).agg(
        F.min("doc_id").alias("other_doc_id")
    )
    best = F.min(F.struct((-F.col("similarity")).alias("distance"), "other_doc_id"))
    closest = (
        near.unionByName(same)
        .join(other, "text_key_b")
        .groupBy(F.col("text_key_a").alias("text_key"))
        .agg(best.alias("best"))
    )
    return (
        ours.where("num_shingles > 0")
        .select("doc_id", "source_file", "record_offset", "text_key")
        .join(closest, "text_key")
        .withColumns(
            {
                "other_doc_id": F.col("best.other_doc_id"),
                "similarity": -F.col("best.distance"),
            }
        )
        .select(*MARKS.schema.names)
    )


def _candidates(ours: DataFrame, theirs: DataFrame, params: DedupParams) -> DataFrame:
    """Pairs (ours, theirs) that share a band key and are of about the same size."""
    columns = ["text_key", "num_shingles", "band_keys"]
    sides = [explode_bands(side.select(*columns)) for side in (ours, theirs)]
    bands = (
        sides[0]
        .withColumn("is_ours", F.lit(True))
        .unionByName(sides[1].withColumn("is_ours", F.lit(False)))
    )
    half = max(1, params.max_bucket_pairs_size // 2)
    bucket = Window.partitionBy("band_key")
    in_order = bucket.orderBy("next_key", "text_key")
    is_theirs = (~F.col("is_ours")).cast("long")
    numbered = (
        bands.withColumn("num_theirs", F.sum(is_theirs).over(bucket))
        .where("num_theirs > 0")
        # The place of theirs in the order of the bucket; of ours, that of the last of theirs.
        .withColumn(
            "place", F.sum(is_theirs).over(in_order.rowsBetween(Window.unboundedPreceding, 0))
        )
    )
    first = F.greatest(F.col("place") - (half - 1), F.lit(1))
    last = F.least(F.col("place") + half, F.col("num_theirs"))
    asking = (
        numbered.where("is_ours")
        .where(first <= last)
        .select(
            F.col("text_key").alias("text_key_a"),
            "num_shingles",
            "band_key",
            F.explode(F.sequence(first, last)).alias("place"),
        )
    )
    asked = numbered.where("not is_ours").select(
        F.col("text_key").alias("text_key_b"),
        F.col("num_shingles").alias("other_shingles"),
        "band_key",
        "place",
    )
    is_near = may_be_similar("num_shingles", "other_shingles", params)
    return (
        asking.join(asked, ["band_key", "place"])
        .where((F.col("text_key_a") != F.col("text_key_b")) & is_near)
        .select(*PAIRS.key, "num_shingles")
        .distinct()
    )
