"""The kernels of :mod:`pipeline.dedup.buckets`: rows of band keys, and who meets in a bucket.

A row is five int64: band key, the key of another band, the two halves of the text key (as
unsigned numbers in the order of the keys), the number of shingles.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

COLUMNS = 5
"""Of a row."""


@njit(
    "Tuple((int64[:, ::1], int64[::1]))"
    "(int64[::1], int64[::1], int64[::1], int64[::1], int64[:, ::1], int64[::1], int64)",
    cache=True,
    nogil=True,
)
def rows_by_bin(
    keys: NDArray[np.int64],
    offsets: NDArray[np.int64],
    firsts: NDArray[np.int64],
    first_offsets: NDArray[np.int64],
    texts: NDArray[np.int64],
    sizes: NDArray[np.int64],
    bins: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows of all keys of all texts, int64 (number of keys, 5), and where each bin begins.

    Args:
        keys, offsets: band keys of each text, laid end to end.
        firsts, first_offsets: of each text the keys among which a row finds the first other one.
        texts: the halves of the text keys, int64 (n, 2).
        sizes: numbers of shingles.
        bins: rows of one band key are in one of so many bins.
    """
    ends = np.zeros(bins + 1, np.int64)
    for key in keys:
        ends[np.uint64(key) % np.uint64(bins) + np.uint64(1)] += 1
    for i in range(bins):
        ends[i + 1] += ends[i]
    places = ends.copy()
    rows = np.empty((len(keys), COLUMNS), np.int64)
    for i in range(len(sizes)):
        first, last = first_offsets[i], first_offsets[i + 1]
        for j in range(offsets[i], offsets[i + 1]):
            key = keys[j]
            other = first
            while other < last and firsts[other] == key:
                other += 1
            place = np.uint64(key) % np.uint64(bins)
            row = rows[places[place]]
            places[place] += 1
            row[0] = key
            row[1] = firsts[other] if other < last else 0
            row[2], row[3] = texts[i, 0], texts[i, 1]
            row[4] = sizes[i]
    return rows, ends


@njit(
    "Tuple((int64[:, ::1], int64[::1]))(int64[:, ::1], int64[::1], int64, float64)",
    cache=True,
    nogil=True,
)
def meetings(
    rows: NDArray[np.int64], order: NDArray[np.int64], most: int, threshold: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """All pairs of the buckets of at most ``most`` rows, and the rows of the larger ones.

    Args:
        order: places of the rows in an order of their band keys.
        threshold: pairs whose numbers of shingles rule this similarity out are left out.

    Returns:
        The halves of both text keys of each pair, the smaller key first, and the upper half of the
        least text key of the bucket, int64 (pairs, 5); and places of rows in ``order``.
    """
    pairs = np.empty((len(order) + 16, 5), np.int64)
    large = np.empty(len(order), np.int64)
    size = 0
    num_large = 0
    first = 0
    while first < len(order):
        last = first + 1
        while last < len(order) and rows[order[last], 0] == rows[order[first], 0]:
            last += 1
        if last - first > most:
            for i in range(first, last):
                large[num_large] = i
                num_large += 1
            first = last
            continue
        possible = size + (last - first) * (last - first - 1) // 2
        if possible > len(pairs):
            grown = np.empty((2 * possible, 5), np.int64)
            grown[:size] = pairs[:size]
            pairs = grown
        least = np.uint64(0xFFFFFFFFFFFFFFFF)
        for i in range(first, last):
            least = min(least, np.uint64(rows[order[i], 2]))
        for i in range(first, last):
            for j in range(i + 1, last):
                a, b = rows[order[i]], rows[order[j]]
                if min(a[4], b[4]) / max(a[4], b[4]) < threshold:
                    continue
                high_a, high_b = np.uint64(a[2]), np.uint64(b[2])
                low_a, low_b = np.uint64(a[3]), np.uint64(b[3])
                if high_b < high_a or (high_b == high_a and low_b < low_a):
                    a, b = b, a
                pairs[size, 0], pairs[size, 1] = a[2], a[3]
                pairs[size, 2], pairs[size, 3] = b[2], b[3]
                pairs[size, 4] = np.int64(least)
                size += 1
        first = last
    return pairs[:size], large[:num_large]
