"""Large buckets: texts are told apart by what is their own, not by what they all share.

Pages of one template agree in a band through the template, so two true copies among a million of
them may share no other key than those of all. Where a bucket is too large to compare in full,
what its centres have in common is taken away from each text, and the least hashes of the rest
(Broder's MinHash of one row) are keys within the bucket.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from pipeline.dedup.own_keys import own_keys
from pipeline.dedup.shingle_sets import set_arrays
from pipeline.spark.arrow import map_arrow

OWN_KEYS = 8
"""Keys of a text for each large bucket; similar ones share several such buckets."""
THIN = 8
"""A text whose own part is at most one part in so many is little more than the template."""

_COMMON = pa.schema(
    [("band_key", pa.int64()), ("common", pa.binary()), ("has_thin_centre", pa.bool_())]
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
    rows = members.join(sets, "text_key")
    centres = rows.where("is_centre").groupBy("band_key").agg(F.collect_list("shingles"))
    # A join, and no bucket is gathered in one task: it may be the larger part of a corpus.
    rows = rows.where("not is_centre").join(map_arrow(centres, _common, _COMMON), "band_key")
    return map_arrow(rows.select("text_key", "shingles", *_COMMON.names), _own_bands, _BANDS)


def _common(batch: pa.RecordBatch) -> pa.RecordBatch:
    """What at least half of the centres of a bucket have; and whether one of them has little
    more: then thin texts have somebody to be compared with."""
    found, has_thin = [], []
    for sets in batch[1]:
        values, offsets = set_arrays(sets.values)
        shingles, counts = np.unique(values, return_counts=True)
        common = shingles[2 * counts >= len(sets)]
        sizes = np.diff(offsets)
        shared = np.add.reduceat(np.isin(values, common), offsets[:-1])
        found.append(common.tobytes())
        has_thin.append(bool((THIN * (sizes - shared) <= sizes).any()))
    columns = [batch[0], pa.array(found, pa.binary()), pa.array(has_thin)]
    return pa.RecordBatch.from_arrays(columns, schema=_COMMON)


def _own_bands(batch: pa.RecordBatch) -> pa.RecordBatch:
    values, offsets = set_arrays(batch["shingles"])
    thin = np.where(batch["has_thin_centre"].to_numpy(zero_copy_only=False), 0, THIN)
    buckets = batch["band_key"].to_numpy().copy()
    keys, ends = own_keys(values, offsets, *set_arrays(batch["common"]), buckets, thin, OWN_KEYS)
    lists = pa.ListArray.from_arrays(ends.astype(np.int32), pa.array(keys))
    firsts = pc.list_slice(lists, 0, 2)
    columns = [batch["text_key"], pa.array(np.diff(offsets)), lists, firsts]
    return pa.RecordBatch.from_arrays(columns, schema=_BANDS)
