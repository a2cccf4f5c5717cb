"""The kernels through plain arrays; whole streams are in test_shards.py."""

import os
from itertools import pairwise

import numpy as np
import pytest

from trainer.kernels.gather import gather, mark_documents, spread_facts
from trainer.kernels.places import sum_places

BOUNDS = np.array([0, 7, 8, 30])


def addresses(*arrays):
    return np.array([array.ctypes.data for array in arrays], np.uint64)


def files(folder, arrays):
    """Descriptors of files that hold some arrays; they stay open until the test process ends."""
    for number, array in enumerate(arrays):
        array.tofile(folder / f"{number}")
    return np.array([os.open(folder / f"{n}", os.O_RDONLY) for n in range(len(arrays))], np.int32)


def at_each(values, dtype):
    return [np.ascontiguousarray(values[a:b], dtype) for a, b in pairwise(BOUNDS)]


@pytest.mark.parametrize("dtype", [np.uint16, np.int32])
@pytest.mark.parametrize("out", [np.int64, np.int32])
def test_tokens_and_checksum_come_together(tmp_path, dtype, out):
    stream = np.arange(100, 130)
    shards = files(tmp_path, at_each(stream, dtype))
    starts, keys = np.array([0, 5, 20]), np.array([1, 2, 3], np.uint64)
    rows, sums, plain = np.zeros((3, 9), out), np.zeros(3, np.uint64), np.zeros(3, np.uint64)
    marks = np.ones(3, np.uint64)
    width = np.dtype(dtype).itemsize
    found = gather(shards, width, BOUNDS, starts, rows, keys, marks, sums)
    assert rows.tolist() == stream[starts[:, None] + np.arange(9)].tolist()
    assert found == (128, -1)
    sum_places(starts, 9, BOUNDS, keys, marks, plain)
    assert sums.tolist() == plain.tolist()
    double = np.zeros(3, np.uint64)
    gather(shards, width, BOUNDS, starts, rows, keys, marks * np.uint64(2), double)
    assert double.tolist() == [*(2 * plain[:2]).tolist(), 27]


def test_a_negative_id_is_a_very_large_one(tmp_path):
    shards = files(tmp_path, at_each(np.where(np.arange(30) == 6, -1, 5), np.int32))
    rows, sums = np.zeros((1, 8), np.int64), np.zeros(3, np.uint64)
    keys = np.ones(3, np.uint64)
    first = np.array([0])
    ones = np.ones(1, np.uint64)
    assert gather(shards, 4, BOUNDS, first, rows, keys, ones, sums) == (2**32 - 1, -1)
    assert gather(shards, 4, BOUNDS, first + 7, rows, keys, ones, sums) == (5, -1)


def test_a_file_that_ends_early_is_told(tmp_path):
    shards = files(tmp_path, at_each(np.arange(29), np.uint16))
    rows, sums, ones = np.zeros((2, 9), np.int64), np.zeros(3, np.uint64), np.ones(2, np.uint64)
    starts, keys = np.array([0, 21]), np.ones(3, np.uint64)
    assert gather(shards, 2, BOUNDS, starts, rows, keys, ones, sums) == (8, 2)


OFFSETS = [np.array(o, "<u8") for o in ([0, 3, 7], [0, 1], [0, 2, 4, 22])]
WEIGHTS = [np.array(w, "<f4") for w in ([1, 2], [3], [4, 5, 6])]
SOURCES = [np.array(s, "<u2") for s in ([0, 1], [2], [0, 1, 2])]
COUNTS = np.array([2, 1, 3])


def spread(starts, length, weights=WEIGHTS, offsets=OFFSETS, num_sources=3):
    where = np.stack([addresses(*each) for each in (offsets, weights, SOURCES)])
    shape = (len(starts), length)
    found = np.zeros(shape, np.float32), np.zeros(shape, np.uint16)
    wrong = spread_facts(where, COUNTS, BOUNDS, np.array(starts), *found, num_sources)
    return wrong, [each.tolist() for each in found]


def test_facts_are_those_of_each_tokens_document():
    wrong, (weights, sources) = spread([2, 6], 7)
    assert wrong == (-1, 0)
    assert weights == [[1, 2, 2, 2, 2, 3, 4], [2, 3, 4, 4, 5, 5, 6]]
    assert sources == [[0, 1, 1, 1, 1, 2, 0], [1, 2, 0, 0, 1, 1, 2]]


def test_what_cannot_be_is_told_by_its_shard():
    for bad in (-1.0, np.nan, np.inf):
        assert spread([2], 7, [WEIGHTS[0], np.array([bad], "<f4"), WEIGHTS[2]])[0] == (1, 1)
    assert spread([2], 7, num_sources=2)[0] == (1, 2)
    backwards = [np.array([0, 9, 7], "<u8"), OFFSETS[1], np.array([0, 2, 1, 22], "<u8")]
    assert spread([9], 7, offsets=backwards)[0] == (2, 3)


def test_documents_and_rows_are_marked_where_they_begin():
    marks = np.zeros(12, np.int32)
    starts = np.array([2, 6, 12])
    found = mark_documents(addresses(*OFFSETS), COUNTS, BOUNDS, starts, 7, marks)
    assert found == 10
    assert marks[:10].tolist() == [0, 1, 5, 6, 7, 8, 9, 11, 13, 14]
    short = np.zeros(3, np.int32)
    assert mark_documents(addresses(*OFFSETS), COUNTS, BOUNDS, starts, 7, short) == 10
    assert short.tolist() == [0, 1, 5]
    backwards = addresses(OFFSETS[0], OFFSETS[1], np.array([0, 2, 1, 22], "<u8"))
    assert mark_documents(backwards, COUNTS, BOUNDS, np.array([9]), 7, marks) == -3
