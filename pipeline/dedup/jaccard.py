"""Exact Jaccard similarity of shingle sets: what decides whether a candidate is a duplicate."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pipeline.dedup.shingles import Shingles, shingle_texts


@njit("int64[::1](uint64[::1], int64[::1])", cache=True, nogil=True)
def _sorted_sets(hashes: NDArray[np.uint64], offsets: NDArray[np.int64]) -> NDArray[np.int64]:
    values = hashes.astype(np.int64)
    for i in range(len(offsets) - 1):
        values[offsets[i] : offsets[i + 1]].sort()
    return values


def sorted_sets(shingles: Shingles) -> NDArray[np.int64]:
    """The hashes as int64, ascending within each text; their offsets stay as they are."""
    values: NDArray[np.int64] = _sorted_sets(shingles.hashes, shingles.offsets)
    return values


@njit("float64[::1](int64[::1], int64[::1], int64[::1], int64[::1])", cache=True, nogil=True)
def similarities(
    values_a: NDArray[np.int64],
    offsets_a: NDArray[np.int64],
    values_b: NDArray[np.int64],
    offsets_b: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Jaccard similarity of set i of ``a`` with set i of ``b``, float64 (n,).

    Both hold ascending sets, laid end to end. Two empty sets have similarity 0: an empty text
    is a duplicate of nothing.
    """
    pairs = len(offsets_a) - 1
    result = np.zeros(pairs, np.float64)
    for i in range(pairs):
        a, last_a = offsets_a[i], offsets_a[i + 1]
        b, last_b = offsets_b[i], offsets_b[i + 1]
        union = (last_a - a) + (last_b - b)
        shared = 0
        while a < last_a and b < last_b:
            if values_a[a] == values_b[b]:
                shared += 1
                a += 1
                b += 1
            elif values_a[a] < values_b[b]:
                a += 1
            else:
                b += 1
        if union:
            result[i] = shared / (union - shared)
    return result


def jaccard(text_a: str, text_b: str, shingle_size: int = 5) -> float:
    """Jaccard similarity of two texts.

    >>> jaccard("one two three four five six", "One two three four five, seven")
    0.3333333333333333
    """
    shingles = shingle_texts([text_a, text_b], shingle_size)
    values, bounds = sorted_sets(shingles), shingles.offsets
    first, second = values[: bounds[1]], values[bounds[1] :]
    ends_a, ends_b = np.array([0, len(first)]), np.array([0, len(second)])
    return float(similarities(first, ends_a, second, ends_b)[0])
