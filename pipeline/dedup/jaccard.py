"""Exact Jaccard similarity of shingle sets: what decides whether a candidate is a duplicate."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pipeline.dedup.shingles import Shingles, shingle_texts


@njit("int64[::1](uint64[::1], int64[::1])", cache=True, nogil=True)
def _sorted_sets(hashes: NDArray[np.uint64], offsets: NDArray[np.int64]) -> NDArray[np.int64]:
    values = np.empty(len(hashes), np.int64)
    longest = 0
    for i in range(len(offsets) - 1):
        longest = max(longest, offsets[i + 1] - offsets[i])
    places = np.empty(2 * longest + 3, np.int64)
    sign = np.uint64(1) << np.uint64(63)  # as int64 the upper half of all hashes comes first
    for i in range(len(offsets) - 1):
        first, last = offsets[i], offsets[i + 1]
        bits = 1
        while (1 << bits) < last - first:
            bits += 1
        shift = np.uint64(64 - bits)
        # Hashes are spread evenly, so their upper bits put each near its place.
        places[: (1 << bits) + 1] = 0
        for j in range(first, last):
            places[((hashes[j] ^ sign) >> shift) + np.uint64(1)] += 1
        for part in range(1 << bits):
            places[part + 1] += places[part]
        for j in range(first, last):
            part = (hashes[j] ^ sign) >> shift
            values[first + places[part]] = np.int64(hashes[j])
            places[part] += 1
        for j in range(first + 1, last):
            value = values[j]
            while j > first and values[j - 1] > value:
                values[j] = values[j - 1]
                j -= 1
            values[j] = value
    return values


def sorted_sets(shingles: Shingles) -> NDArray[np.int64]:
    """The hashes as int64, ascending within each text; their offsets stay as they are."""
    values: NDArray[np.int64] = _sorted_sets(shingles.hashes, shingles.offsets)
    return values


@njit("float64[::1](int64[::1], int64[::1], int64[::1], int64[::1])", cache=True, nogil=True)
def similarities(
    values: NDArray[np.int64],
    offsets: NDArray[np.int64],
    ones: NDArray[np.int64],
    others: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Jaccard similarity of each pair of sets, float64 (pairs,).

    Two empty sets have similarity 0: an empty text is a duplicate of nothing.

    Args:
        values, offsets: the sets, ascending and laid end to end.
        ones, others: which two sets each pair is made of.
    """
    result = np.zeros(len(ones), np.float64)
    for i in range(len(ones)):
        a, last_a = offsets[ones[i]], offsets[ones[i] + 1]
        b, last_b = offsets[others[i]], offsets[others[i] + 1]
        union = (last_a - a) + (last_b - b)
        shared = 0
        while a < last_a and b < last_b:
            # Without a branch: which of the two is smaller cannot be predicted.
            value_a, value_b = values[a], values[b]
            shared += int(value_a == value_b)
            a += int(value_a <= value_b)
            b += int(value_b <= value_a)
        if union:
            result[i] = shared / (union - shared)
    return result


def similarities_in_turn(shingles: Shingles) -> NDArray[np.float64]:
    """Jaccard similarity of each text of an even number with the one behind it."""
    places = np.arange(0, len(shingles), 2)
    found: NDArray[np.float64] = similarities(
        sorted_sets(shingles), shingles.offsets, places, places + 1
    )
    return found


def jaccard(text_a: str, text_b: str, shingle_size: int = 5) -> float:
    """Jaccard similarity of two texts.

    >>> jaccard("one two three four five six", "One two three four five, seven")
    0.3333333333333333
    """
    return float(similarities_in_turn(shingle_texts([text_a, text_b], shingle_size))[0])
