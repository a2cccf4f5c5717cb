import numpy as np

from trainer.kernels.places import find, first_closed, sum_places
from trainer.permutation import mix64

MASK = 2**64 - 1
BOUNDS = np.array([0, 5, 6, 20])
KEYS = np.array([11, 12, 13], np.uint64)


def expected(pieces):
    first = second = 0
    for key, offset, length in pieces:
        value = mix64(mix64(mix64(key) + offset) + length)
        first, second = first + value, second + mix64(value + 0x9E3779B97F4A7C15)
    return [first & MASK, second & MASK, sum(length for *_, length in pieces)]


def places(starts, length):
    sums = np.zeros(3, np.uint64)
    sum_places(np.array(starts), length, BOUNDS, KEYS, np.ones(len(starts), np.uint64), sums)
    return sums.tolist()


def test_each_piece_counts_by_shard_offset_and_length():
    assert places([1, 6], 4) == expected([(11, 1, 4), (13, 0, 4)])
    assert places([3], 6) == expected([(11, 3, 2), (12, 0, 1), (13, 0, 3)])
    assert places([6, 1, 1], 4) == expected([(13, 0, 4), (11, 1, 4), (11, 1, 4)])


def test_neighbours_are_told_apart():
    sums = {tuple(places([start], length)) for start in range(16) for length in (3, 4)}
    assert len(sums) == 32


def test_a_position_is_found_in_its_stretch():
    assert [find(BOUNDS, at) for at in (0, 4, 5, 6, 19)] == [0, 0, 1, 2, 2]


def test_the_first_closed_shard_is_told():
    table = np.array([5, -1, 6])
    assert first_closed(table, -1, BOUNDS, np.array([0, 6]), 5) == -1
    assert first_closed(table, -1, BOUNDS, np.array([0, 1]), 5) == 1
    assert first_closed(table, -1, BOUNDS, np.array([6, 16]), 5) == -2
    assert first_closed(table, -1, BOUNDS, np.array([-1]), 5) == -2
