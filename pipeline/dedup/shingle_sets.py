"""Shingle sets of texts as Spark moves them."""

from functools import partial

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyspark.sql import DataFrame

from pipeline.dedup.jaccard import sorted_sets
from pipeline.dedup.shingles import shingle_texts
from pipeline.spark.arrow import map_arrow

# Ascending: Spark moves binary values whole, arrays one element at a time.
_SHINGLE_SETS = pa.schema([("text_key", pa.string()), ("shingles", pa.binary())])
SHINGLE_BYTES = 8
"""Of a column ``shingles``."""


def shingle_sets(texts: DataFrame, shingle_size: int) -> DataFrame:
    """``text_key``, ``shingles`` of ``text_key``, ``text``."""
    return map_arrow(
        texts.select("text_key", "text"),
        partial(_shingle_sets, shingle_size=shingle_size),
        _SHINGLE_SETS,
    )


def _shingle_sets(batch: pa.RecordBatch, shingle_size: int) -> pa.RecordBatch:
    shingles = shingle_texts(batch["text"], shingle_size)
    values = sorted_sets(shingles)
    ends = (shingles.offsets * SHINGLE_BYTES).astype(np.int32)
    buffers = [None, pa.py_buffer(ends), pa.py_buffer(values)]
    sets = pa.Array.from_buffers(pa.binary(), batch.num_rows, buffers)
    return pa.RecordBatch.from_arrays([batch["text_key"], sets], schema=_SHINGLE_SETS)


def set_arrays(column: pa.BinaryArray) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The shingles of all sets and where each begins, of a column ``shingles`` without a null."""
    _, ends, values = column.buffers()
    offsets = np.frombuffer(ends, np.int32)[column.offset :][: len(column) + 1].astype(np.int64)
    # A copy: what Spark hands over is read-only, and kernels are compiled for writable arrays.
    data = np.frombuffer(values, np.uint8)[offsets[0] : offsets[-1]].copy()
    return data.view(np.int64), (offsets - offsets[0]) // SHINGLE_BYTES
