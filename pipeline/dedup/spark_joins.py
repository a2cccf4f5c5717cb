"""Relations of dedup: band keys -> candidate pairs -> exact similarities."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from pipeline.dedup.jaccard import similarities
from pipeline.dedup.minhash import DedupParams
from pipeline.dedup.shingle_sets import set_arrays
from pipeline.spark.arrow import map_stream
from schemas.dedup import PAIRS
from schemas.errors import DataError

_PAIRS_OF_A_BIN = 512
LONG = 1 << 15
"""Shingles of a text from which on fewer pairs share a bin: 512 would fill a task's memory."""
HUGE = 1 << 20
"""Shingles of a text from which on each pair has a bin of its own."""
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


def stars_and_members(large: DataFrame, params: DedupParams) -> DataFrame:
    """Pairs of texts that share a larger bucket, and in the same pass all its texts.

    Every text is paired with ``num_centres`` centres, the same ones on every run, and with as
    many neighbours in the order of another band key: a page that occurs a million times makes
    millions of pairs and not 10^11. Pairs whose numbers of shingles alone rule the threshold out
    are left out.

    Args:
        large: ``text_key``, ``num_shingles``, ``band_key``, ``next_key``: all rows of a bucket,
            or none.

    Returns:
        ``text_key_a``, ``text_key_b``, ``anchor``, ``band_key`` and ``is_centre``, not distinct.
        A pair has no ``band_key``; a row with one says that ``text_key_a``, which is
        ``text_key_b``, is in this bucket.
    """
    bucket = Window.partitionBy("band_key")
    everybody = bucket.rowsBetween(Window.unboundedPreceding, Window.unboundedFollowing)
    following = bucket.orderBy("next_key", "text_key").rowsBetween(1, params.num_centres)
    member = F.struct("text_key", "num_shingles")
    centres = F.array(
        *(
            F.min(F.struct(F.xxhash64("text_key", F.lit(place)), member.alias("member")))
            .over(everybody)
            .getField("member")
            for place in range(params.num_centres)
        )
    )
    others = F.concat("neighbours", "centres", F.array(member))
    paired = (
        large.withColumn("neighbours", F.collect_list(member).over(following))
        .withColumn("centres", centres)
        .withColumn("is_centre", F.array_contains("centres.text_key", F.col("text_key")))
        .select("text_key", "num_shingles", "band_key", "is_centre", F.explode(others).alias("to"))
        .select("*", "to.*")
        .drop("to")
        .toDF("text_key", "num_shingles", "band_key", "is_centre", "other_key", "other_shingles")
    )
    is_self = F.col("text_key") == F.col("other_key")
    return paired.where(is_self | may_be_similar("num_shingles", "other_shingles", params)).select(
        F.least("text_key", "other_key").alias("text_key_a"),
        F.greatest("text_key", "other_key").alias("text_key_b"),
        # A centre goes where the many are.
        F.xxhash64("text_key").alias("anchor"),
        F.when(is_self, F.col("band_key")).alias("band_key"),
        (is_self & F.col("is_centre")).alias("is_centre"),
    )


def may_be_similar(one: str, other: str, params: DedupParams) -> Column:
    """Whether two numbers of shingles leave the threshold within reach: Jaccard similarity is at
    most the ratio of the sizes."""
    return F.least(one, other) / F.greatest(one, other) >= params.threshold


def in_bins(candidates: DataFrame) -> DataFrame:
    """Pairs to be compared with each other's help: pairs of one ``anchor`` are in one ``bin``,
    to which each text of them is moved once. What a bin holds is bounded: the longer texts are,
    the fewer pairs share one.

    Args:
        candidates: ``text_key_a``, ``text_key_b`` and, where pairs have one, ``anchor``; where
            there may be long texts, ``num_shingles`` of the first. Read twice, so it should come
            from storage.

    Returns:
        ``bin``, ``text_key_a``, ``text_key_b``.
    """
    bins = 1 + candidates.count() // _PAIRS_OF_A_BIN
    anchor = F.col("anchor") if "anchor" in candidates.columns else F.xxhash64("text_key_a")
    place = F.pmod(anchor, F.lit(bins))
    if "num_shingles" in candidates.columns:
        size = F.col("num_shingles")
        narrow = F.pmod(anchor, F.lit(bins * (HUGE // LONG)))
        # Negative, so it is nobody else's.
        own = F.lit(-1) - F.shiftrightunsigned(F.xxhash64(*PAIRS.key), 1)
        place = F.when(size >= HUGE, own).when(size >= LONG, narrow).otherwise(place)
    return candidates.select(place.alias("bin"), *PAIRS.key)


def ends_of(binned: DataFrame) -> DataFrame:
    """``text_key`` of all texts in pairs, each once, and the ``bins`` that it goes to."""
    ends = binned.select("bin", F.explode(F.array(*PAIRS.key)).alias("text_key"))
    return ends.groupBy("text_key").agg(F.collect_set("bin").alias("bins"))


def verified_pairs(binned: DataFrame, ends: DataFrame, sets: DataFrame) -> DataFrame:
    """Exact Jaccard similarity of every candidate pair.

    Args:
        binned: ``bin``, ``text_key_a``, ``text_key_b``: see ``in_bins``.
        ends: ``ends_of`` them, with any other columns.
        sets: ``text_key``, ``shingles``: see ``shingle_sets``; each of these ends once.

    Returns:
        The table PAIRS.

    Raises:
        DataError: when it runs; a candidate has no text.
    """
    sent = sets.join(ends.select("text_key", "bins"), "text_key").select(
        F.explode("bins").alias("bin"),
        F.col("text_key").alias("text_key_a"),
        F.lit(None).cast("string").alias("text_key_b"),
        "shingles",
    )
    asked = binned.select("bin", *PAIRS.key, F.lit(None).cast("binary").alias("shingles"))
    # The sets of a bin come first: nulls do.
    rows = sent.union(asked).repartition("bin").sortWithinPartitions("bin", "text_key_b")
    return map_stream(rows, _pairs, PAIRS.schema)


def _pairs(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Similarities of the pairs of each bin, which may be spread over several batches."""
    number = None
    parts: list[pa.RecordBatch] = []
    for batch in batches:
        bins = batch["bin"].to_numpy()
        starts = np.concatenate([[0], np.flatnonzero(np.diff(bins)) + 1, [len(bins)]])
        for first, last in pairwise(starts.tolist()):
            if parts and bins[first] != number:
                yield _compared(parts)
                parts = []
            number = bins[first]
            parts.append(batch.slice(first, last - first))
    if parts:
        yield _compared(parts)


def _compared(parts: list[pa.RecordBatch]) -> pa.RecordBatch:
    rows = pa.concat_batches([part.select(PAIRS.key) for part in parts])
    num_sets = rows["text_key_b"].null_count
    pairs = rows.slice(num_sets)
    keys = rows["text_key_a"].slice(0, num_sets)
    places = [pc.index_in(pairs[name], keys) for name in PAIRS.key]
    if any(column.null_count for column in places):
        raise DataError(_MISSING)
    ones, others = (column.to_numpy().astype(np.int64) for column in places)
    found = similarities(*_sets_of(parts), ones, others)
    columns = [*pairs.columns, pa.array(found)]
    return PAIRS.check(pa.RecordBatch.from_arrays(columns, schema=PAIRS.schema))


def _sets_of(parts: list[pa.RecordBatch]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """``set_arrays`` of several batches: as one Arrow column they might exceed its 2 GB."""
    sizes = [part["text_key_b"].null_count for part in parts]
    sets = [
        set_arrays(part["shingles"].slice(0, size))
        for part, size in zip(parts, sizes, strict=True)
        if size
    ]
    lengths = np.concatenate([np.diff(offsets) for _, offsets in sets])
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    return np.concatenate([values for values, _ in sets]), offsets
