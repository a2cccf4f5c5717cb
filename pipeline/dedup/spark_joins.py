"""Relations of dedup: band keys -> candidate pairs -> exact similarities."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from pipeline.dedup.jaccard import similarities
from pipeline.dedup.minhash import DedupParams
from pipeline.dedup.shingle_sets import set_arrays, shingle_sets
from pipeline.spark.arrow import map_stream
from schemas.dedup import PAIRS
from schemas.errors import DataError

_MISSING = "documents: the text of one of two documents to compare is missing"


def explode_bands(signatures: DataFrame) -> DataFrame:
    """One row per band key of a text.

    Args:
        signatures: ``band_keys`` and any other columns.

    Returns:
        The other columns, ``band_key``, and ``next_key``, the key of the first other band.
    """
    others = [name for name in signatures.columns if name != "band_keys"]
    first, second = (F.get("band_keys", F.lit(place)).alias(f"key_{place}") for place in (0, 1))
    is_first = F.col("band_key") == F.col("key_0")
    return signatures.select(
        *others, first, second, F.explode("band_keys").alias("band_key")
    ).select(
        *others,
        "band_key",
        F.when(is_first, F.col("key_1")).otherwise(F.col("key_0")).alias("next_key"),
    )


def bucket_pairs(bands: DataFrame, params: DedupParams) -> DataFrame:
    """Pairs of texts that share a band key, each once.

    A bucket (the texts that share one key) of at most ``max_bucket_pairs_size`` texts gives all
    its pairs. In a larger one every text is paired with ``num_centres`` centres, the same ones
    on every run, and with as many neighbours in the order of another band key: a page that
    occurs a million times makes millions of pairs and not 10^11. Pairs whose numbers of shingles
    alone rule the threshold out are left out.

    Args:
        bands: ``text_key``, ``num_shingles``, ``band_key``, ``next_key``: all rows of a bucket,
            or none.

    Returns:
        ``text_key_a``, ``text_key_b``, the smaller key first.
    """
    found = pairs_and_members(bands, params)
    return found.where("band_key is null").select(*PAIRS.key).distinct()


def pairs_and_members(bands: DataFrame, params: DedupParams) -> DataFrame:
    """The pairs of ``bucket_pairs``, and in the same pass all texts of the larger buckets.

    Returns:
        ``text_key_a``, ``text_key_b``, ``band_key`` and ``is_centre``, not distinct. A pair has no
        ``band_key``; a row with one says that ``text_key_a``, which is ``text_key_b``, is in this
        larger bucket.
    """
    member = F.struct("text_key", "num_shingles")
    others = F.when(F.col("is_small"), F.col("following")).otherwise(
        F.concat("neighbours", "centres", F.array(member))
    )
    is_centre = F.array_contains("centres.text_key", F.col("text_key"))
    paired = (
        _companies(bands, params)
        .withColumn("is_centre", ~F.col("is_small") & is_centre)
        .select("text_key", "num_shingles", "band_key", "is_centre", F.explode(others).alias("to"))
        .select("*", "to.*")
        .drop("to")
        .toDF("text_key", "num_shingles", "band_key", "is_centre", "other_key", "other_shingles")
    )
    is_self = F.col("text_key") == F.col("other_key")
    return paired.where(is_self | may_be_similar("num_shingles", "other_shingles", params)).select(
        F.least("text_key", "other_key").alias("text_key_a"),
        F.greatest("text_key", "other_key").alias("text_key_b"),
        F.when(is_self, F.col("band_key")).alias("band_key"),
        (is_self & F.col("is_centre")).alias("is_centre"),
    )


def _companies(bands: DataFrame, params: DedupParams) -> DataFrame:
    """Rows of buckets of two and more, with ``is_small``, and the texts that each may be paired
    with: ``following``, or ``neighbours`` and ``centres``."""
    bucket = Window.partitionBy("band_key")
    everybody = bucket.rowsBetween(Window.unboundedPreceding, Window.unboundedFollowing)
    sorted_bucket = bucket.orderBy("next_key", "text_key")
    member = F.struct("text_key", "num_shingles")
    is_small = F.col("bucket_size") <= params.max_bucket_pairs_size
    # Enough to meet everybody in a bucket of the largest size that is compared in full.
    following = F.collect_list(F.when(is_small, member)).over(
        sorted_bucket.rowsBetween(1, params.max_bucket_pairs_size - 1)
    )
    neighbours = F.collect_list(F.when(~is_small, member)).over(
        sorted_bucket.rowsBetween(1, params.num_centres)
    )
    centres = F.array(
        *(
            F.min(F.struct(F.xxhash64("text_key", F.lit(place)), member.alias("member")))
            .over(everybody)
            .getField("member")
            for place in range(params.num_centres)
        )
    )
    return (
        bands.withColumn("bucket_size", F.count("*").over(everybody))
        .where("bucket_size > 1")
        .withColumn("following", following)
        .withColumn("neighbours", neighbours)
        .withColumn("centres", centres)
        .withColumn("is_small", is_small)
    )


def may_be_similar(one: str, other: str, params: DedupParams) -> Column:
    """Whether two numbers of shingles leave the threshold within reach: Jaccard similarity is at
    most the ratio of the sizes."""
    return F.least(one, other) / F.greatest(one, other) >= params.threshold


def ends_of(pairs: DataFrame) -> DataFrame:
    """``text_key`` of all texts in pairs, each once."""
    return pairs.select(F.explode(F.array(*PAIRS.key)).alias("text_key")).distinct()


def verified_pairs(candidates: DataFrame, texts: DataFrame, shingle_size: int) -> DataFrame:
    """Exact Jaccard similarity of every candidate pair.

    Args:
        candidates: ``text_key_a``, ``text_key_b``.
        texts: ``text_key``, ``text``; each key of the candidates once, and best no other.

    Returns:
        The table PAIRS.

    Raises:
        DataError: when it runs; a candidate has no text.
    """
    sets = shingle_sets(texts, shingle_size)
    # Both sets of a pair come by one join, as rows that follow each other: two joins would make
    # the sets twice.
    ends = candidates.select(*PAIRS.key, F.explode(F.array(*PAIRS.key)).alias("text_key"))
    halves = ends.join(sets, "text_key").select(*PAIRS.key, "shingles")
    halves = halves.repartition(*PAIRS.key).sortWithinPartitions(*PAIRS.key)
    return map_stream(halves, _pairs, PAIRS.schema)


def _pairs(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Similarities of sets that follow each other in twos; a batch may end within a pair."""
    first_half = None
    for batch in batches:
        if first_half is not None:
            pair = pa.Table.from_batches([first_half, batch.slice(0, 1)]).combine_chunks()
            yield _compared(pair.to_batches()[0])
            batch = batch.slice(1)
        whole = batch.num_rows - batch.num_rows % 2
        first_half = batch.slice(whole) if whole < batch.num_rows else None
        if whole:
            yield _compared(batch.slice(0, whole))
    if first_half is not None:
        raise DataError(_MISSING)


def _compared(halves: pa.RecordBatch) -> pa.RecordBatch:
    places = pa.array(np.arange(0, halves.num_rows, 2))
    keys = [halves[name].take(places) for name in PAIRS.key]
    if keys != [halves[name].take(pc.add(places, 1)) for name in PAIRS.key]:
        raise DataError(_MISSING)
    found = similarities(*set_arrays(halves["shingles"]))
    return PAIRS.check(pa.RecordBatch.from_arrays([*keys, pa.array(found)], schema=PAIRS.schema))
