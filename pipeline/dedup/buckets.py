"""Band keys -> who shares a bucket, by a shuffle of packed rows.

A text has twenty band keys, and a row of a query costs Spark some hundred nanoseconds at each
step; so rows go through the shuffle packed by the thousand, as one binary value per bin of keys,
and are grouped by a kernel.
"""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from pipeline.dedup.bucket_rows import COLUMNS, meetings, rows_by_bin
from pipeline.dedup.minhash import DedupParams
from pipeline.spark.arrow import map_stream
from schemas.errors import DataError

KEYED = ("text_key", "num_shingles", "band_keys", "first_keys")
"""Columns of a frame of texts with band keys. A row's other band key is the first of
``first_keys`` that is not the same."""

MOST_BINS = 1 << 14
_ROWS_OF_A_BIN = 1 << 16
_ROWS_AT_ONCE = 1 << 20
_ROW_BYTES = 8 * COLUMNS
_KEY_BYTES = 16

_PACKED = pa.schema([("bin", pa.int64()), ("rows", pa.binary())])
_MET = pa.schema(
    [
        ("pair", pa.binary()),
        ("anchor", pa.int64()),
        ("text_key", pa.string()),
        ("num_shingles", pa.int64()),
        ("band_key", pa.int64()),
        ("next_key", pa.int64()),
    ]
)


def bins_of(num_keys: int) -> int:
    """How many bins this number of band keys takes."""
    return min(1 + num_keys // _ROWS_OF_A_BIN, MOST_BINS)


def meet_in_buckets(keyed: DataFrame, bins: int, params: DedupParams) -> DataFrame:
    """Pairs of texts that share a small bucket, and the rows of all larger ones.

    A bucket (the texts that share one key) of at most ``max_bucket_pairs_size`` texts gives all
    its pairs, but those whose numbers of shingles alone rule the threshold out.

    Args:
        keyed: ``KEYED``: all rows of a bucket, or none.
        bins: into how many parts to divide the rows; see ``bins_of``.

    Returns:
        ``pair``: both text keys, the smaller first, a pair once for each key that it shares, and
        ``anchor``, a number that many pairs of the same texts have in common; or else
        ``text_key``, ``num_shingles``, ``band_key``, ``next_key``: a row of a larger bucket.
    """
    packed = map_stream(keyed.select(*KEYED), partial(pack_rows, bins=bins), _PACKED)
    binned = packed.repartition("bin").sortWithinPartitions("bin")
    meet = partial(meet_rows, most=params.max_bucket_pairs_size, threshold=params.threshold)
    return map_stream(binned, meet, _MET)


def packed(pairs: DataFrame) -> DataFrame:
    """``pair``, ``anchor`` of ``text_key_a``, ``text_key_b``, ``anchor``."""
    return pairs.select(F.unhex(F.concat("text_key_a", "text_key_b")).alias("pair"), "anchor")


def distinct_pairs(pairs: DataFrame) -> DataFrame:
    """``text_key_a``, ``text_key_b``, ``anchor`` of ``pair``, ``anchor``, each pair once."""
    first, second = (F.substring("pair", at, _KEY_BYTES) for at in (1, _KEY_BYTES + 1))
    return (
        pairs.groupBy("pair")
        .agg(F.min("anchor").alias("anchor"))
        .select(
            F.lower(F.hex(first)).alias("text_key_a"),
            F.lower(F.hex(second)).alias("text_key_b"),
            "anchor",
        )
    )


def pack_rows(batches: Iterator[pa.RecordBatch], bins: int) -> Iterator[pa.RecordBatch]:
    """``bin`` and packed ``rows`` of batches of ``KEYED``."""
    waiting: list[pa.RecordBatch] = []
    size = 0
    for batch in batches:
        waiting.append(batch)
        size += max(batch.num_rows, len(batch["band_keys"].flatten()))
        if size >= _ROWS_AT_ONCE:
            yield _packed(waiting, bins)
            waiting, size = [], 0
    if waiting:
        yield _packed(waiting, bins)


def _packed(batches: list[pa.RecordBatch], bins: int) -> pa.RecordBatch:
    batch = pa.Table.from_batches(batches).combine_chunks().to_batches()[0]
    rows, ends = rows_by_bin(
        *_lists(batch["band_keys"]),
        *_lists(batch["first_keys"]),
        halves_of(batch["text_key"]),
        _writable(batch["num_shingles"]),
        bins,
    )
    offsets = pa.py_buffer((ends * _ROW_BYTES).astype(np.int32))
    packed = pa.Array.from_buffers(pa.binary(), bins, [None, offsets, pa.py_buffer(rows)])
    found = pa.array(np.flatnonzero(np.diff(ends)))
    if len(found) < bins:
        packed = packed.take(found)
    return pa.RecordBatch.from_arrays([found, packed], schema=_PACKED)


def meet_rows(
    batches: Iterator[pa.RecordBatch], most: int, threshold: float
) -> Iterator[pa.RecordBatch]:
    """What meets in each bin, of packed rows in the order of ``bin``."""
    rows, number = _Bin(most), None
    for batch in batches:
        for place, packed in zip(batch["bin"].to_pylist(), batch["rows"], strict=True):
            if place != number:
                yield from rows.finish(threshold)
                rows, number = _Bin(most), place
            yield from rows.add(packed)
    yield from rows.finish(threshold)


class _Bin:
    """Rows of one bin. What is known to be of a larger bucket is passed on and not kept, so a
    page that a billion texts share fills no memory."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.parts: list[NDArray[np.int64]] = []
        self.size = 0
        self.limit = _ROWS_AT_ONCE
        self.large = np.empty(0, np.int64)

    def add(self, packed: pa.BinaryScalar) -> Iterator[pa.RecordBatch]:
        rows = np.frombuffer(packed.as_buffer(), np.int64).reshape(-1, COLUMNS)
        if len(self.large):
            is_large = np.isin(rows[:, 0], self.large)
            if is_large.any():
                yield from _in_parts(rows[is_large], _members)
                rows = rows[~is_large]
        self.parts.append(rows)
        self.size += len(rows)
        if self.size > self.limit:
            rows, order = self._sorted()
            # Above any similarity: no pairs yet.
            _, large = meetings(rows, order, self.most, 2.0)
            self.parts = [np.delete(rows, order[large], axis=0)]
            self.size = len(self.parts[0])
            self.limit = max(_ROWS_AT_ONCE, 2 * self.size)
            if len(large):
                self.large = np.union1d(self.large, rows[order[large], 0])
                yield from _in_parts(rows[order[large]], _members)

    def finish(self, threshold: float) -> Iterator[pa.RecordBatch]:
        if self.size:
            rows, order = self._sorted()
            pairs, large = meetings(rows, order, self.most, threshold)
            yield from _in_parts(pairs, _pairs)
            yield from _in_parts(rows[order[large]], _members)

    def _sorted(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        rows = np.concatenate(self.parts)
        return rows, np.argsort(np.ascontiguousarray(rows[:, 0]))


def _in_parts(
    rows: NDArray[np.int64], batch_of: Callable[[NDArray[np.int64]], pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    # All pairs of a bin may be more than an Arrow column holds.
    for first in range(0, len(rows), _ROWS_AT_ONCE):
        yield batch_of(rows[first : first + _ROWS_AT_ONCE])


def _pairs(found: NDArray[np.int64]) -> pa.RecordBatch:
    data = found[:, :4].byteswap()
    offsets = np.arange(len(found) + 1, dtype=np.int32) * (2 * _KEY_BYTES)
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(data)]
    pairs = pa.Array.from_buffers(pa.binary(), len(found), buffers)
    anchors = pa.array(np.ascontiguousarray(found[:, 4]))
    others = [pa.nulls(len(found), field.type) for field in list(_MET)[2:]]
    return pa.RecordBatch.from_arrays([pairs, anchors, *others], schema=_MET)


def _members(rows: NDArray[np.int64]) -> pa.RecordBatch:
    columns = [pa.nulls(len(rows), field.type) for field in list(_MET)[:2]]
    columns += [_text_keys(rows[:, 2:4])]
    columns += [pa.array(np.ascontiguousarray(rows[:, place])) for place in (4, 0, 1)]
    return pa.RecordBatch.from_arrays(columns, schema=_MET)


_DIGITS = np.frombuffer(b"0123456789abcdef", np.uint8)
_NIBBLES = np.full(256, 255, np.uint8)
_NIBBLES[_DIGITS] = np.arange(16)


def _text_keys(halves: NDArray[np.int64]) -> pa.StringArray:
    """The inverse of :func:`halves_of`."""
    keys = np.ascontiguousarray(halves).byteswap().view(np.uint8)
    digits = np.stack([_DIGITS[keys >> 4], _DIGITS[keys & 15]], axis=-1)
    offsets = np.arange(len(halves) + 1, dtype=np.int32) * (2 * _KEY_BYTES)
    return pa.StringArray.from_buffers(len(halves), pa.py_buffer(offsets), pa.py_buffer(digits))


def halves_of(text_keys: pa.StringArray) -> NDArray[np.int64]:
    """Text keys (128 bits, hexadecimal) as two int64 each, (n, 2), to be compared as unsigned.

    Raises:
        DataError: one is no such key.
    """
    _, ends, data = text_keys.buffers()
    offsets = np.frombuffer(ends, np.int32)[text_keys.offset :][: len(text_keys) + 1]
    digits = np.frombuffer(data, np.uint8)[offsets[0] : offsets[-1]]
    nibbles = _NIBBLES[digits]
    if (np.diff(offsets) != 2 * _KEY_BYTES).any() or (nibbles > 15).any():
        raise DataError("signatures: a text_key is not 32 hexadecimal digits")
    keys = (nibbles[0::2] << 4) | nibbles[1::2]
    return keys.view(">i8").astype(np.int64).reshape(-1, 2)


def _lists(column: pa.ListArray) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    offsets = column.offsets.to_numpy().astype(np.int64)
    return _writable(column.flatten()), offsets - offsets[0]


def _writable(column: pa.Int64Array) -> NDArray[np.int64]:
    # A copy: what Spark hands over is read-only, and kernels are compiled for writable arrays.
    values: NDArray[np.int64] = column.to_numpy(zero_copy_only=False).copy()
    return values
