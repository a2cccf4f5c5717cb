"""Large buckets: texts are told apart by what is their own, not by what they all share.

Pages of one template agree in a band through the template, so two true copies among a million of
them may share no other key than those of all. Where a bucket is too large to compare in full,
what its centres have in common is taken away from each text, and the least hashes of the rest
(Broder's MinHash of one row) are keys within the bucket. All of this on sketches, the least
shingles of each text: those of similar texts reach about as far.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from pipeline.dedup.own_keys import own_keys
from pipeline.dedup.shingle_sets import SHINGLE_BYTES, set_arrays
from pipeline.spark.arrow import map_arrow

OWN_KEYS = 8
"""Keys of a text for each large bucket; similar ones share several such buckets."""
SKETCH = 128
"""Shingles of a sketch: so long texts move no more than short ones."""
THIN = 8
"""A text whose own part is at most one part in so many is little more than the template."""

_COMMON = pa.schema(
    [
        ("band_key", pa.int64()),
        ("common", pa.binary()),
        ("reach", pa.int64()),
        ("has_thin_centre", pa.bool_()),
    ]
)
_BANDS = pa.schema(
    [
        ("text_key", pa.string()),
        ("num_shingles", pa.int64()),
        ("band_keys", pa.list_(pa.int64())),
        ("first_keys", pa.list_(pa.int64())),
    ]
)


def own_bands(members: DataFrame, sets: DataFrame) -> DataFrame:
    """Keys by which texts meet within large buckets, one row per text and bucket.

    Args:
        members: ``text_key``, ``band_key``, ``is_centre``: all texts of each large bucket.
        sets: ``text_key``, ``shingles`` (see ``shingle_sets``) of at least these. Read twice,
            so it should come from storage.

    Returns:
        ``KEYED``. Centres, which are compared with their whole bucket, have no row.
    """
    sketches = sets.select(
        "text_key",
        (F.octet_length("shingles") / SHINGLE_BYTES).cast("long").alias("num_shingles"),
        F.substring("shingles", 1, SKETCH * SHINGLE_BYTES).alias("shingles"),
    )
    rows = members.join(sketches, "text_key")
    centres = rows.where("is_centre").groupBy("band_key").agg(F.collect_list("shingles"))
    # A join, and no bucket is gathered in one task: it may be the larger part of a corpus.
    rows = rows.where("not is_centre").join(map_arrow(centres, _common, _COMMON), "band_key")
    return map_arrow(
        rows.select("text_key", "num_shingles", "shingles", *_COMMON.names), _own_bands, _BANDS
    )


def _common(batch: pa.RecordBatch) -> pa.RecordBatch:
    """What at least half of the centres of a bucket have, and up to which value half of them can
    tell; and whether one of them has little more: then thin texts have somebody to be compared
    with."""
    found, reaches, has_thin = [], [], []
    for sets in batch[1]:
        values, offsets = set_arrays(sets.values)
        half = (len(sets) + 1) // 2
        reach = np.sort(_reaches(values, offsets))[-half]
        shingles, counts = np.unique(values[values <= reach], return_counts=True)
        common = shingles[counts >= half]
        sizes, shared = (
            np.add.reduceat(flags.astype(np.int64), offsets[:-1])
            for flags in (values <= reach, np.isin(values, common))
        )
        found.append(common.tobytes())
        reaches.append(reach)
        has_thin.append(bool((THIN * (sizes - shared) <= sizes).any()))
    columns = [batch[0], pa.array(found, pa.binary()), pa.array(reaches, pa.int64())]
    return pa.RecordBatch.from_arrays([*columns, pa.array(has_thin)], schema=_COMMON)


def _reaches(values: NDArray[np.int64], offsets: NDArray[np.int64]) -> NDArray[np.int64]:
    """Up to which value each sketch holds all that its set has."""
    is_cut = np.diff(offsets) == SKETCH
    return np.where(is_cut, values[offsets[1:] - 1], np.iinfo(np.int64).max)


def _own_bands(batch: pa.RecordBatch) -> pa.RecordBatch:
    values, offsets = set_arrays(batch["shingles"])
    thin = np.where(batch["has_thin_centre"].to_numpy(zero_copy_only=False), 0, THIN)
    reaches, buckets = (batch[name].to_numpy().copy() for name in ("reach", "band_key"))
    common = set_arrays(batch["common"])
    keys, ends = own_keys(values, offsets, *common, reaches, buckets, thin, OWN_KEYS)
    lists = pa.ListArray.from_arrays(ends.astype(np.int32), pa.array(keys))
    columns = [batch["text_key"], batch["num_shingles"], lists, pc.list_slice(lists, 0, 2)]
    return pa.RecordBatch.from_arrays(columns, schema=_BANDS)
