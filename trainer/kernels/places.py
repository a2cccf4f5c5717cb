"""A checksum of places that were read: a sum, so that it has no order and can be shared out.

Each piece ``(shard, offset, length)`` is hashed to two 64-bit numbers; those of a set of pieces
are added modulo 2**64 (a multiset hash, as in Clarke et al., "Incremental Multiset Hash
Functions", ASIACRYPT 2003, with addition). Ranks add up what they read; an epoch that is whole has
the same sum whatever its order was.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from trainer.kernels.mixing import mix


@njit(nogil=True, cache=True, inline="always")
def piece_hash(key: np.uint64, offset: np.uint64, length: np.uint64) -> np.uint64:
    """Hash of a piece; mixed once more it is the second, see :func:`sum_places`."""
    return mix(mix(mix(key) + offset) + length)


@njit(nogil=True, cache=True)
def find(bounds: NDArray[np.int64], position: int) -> int:
    """Index of the stretch that holds ``position``: ``bounds[i] <= position < bounds[i + 1]``."""
    low, high = 0, len(bounds) - 1
    while high - low > 1:
        middle = (low + high) // 2
        if bounds[middle] <= position:
            low = middle
        else:
            high = middle
    return low


@njit(nogil=True, cache=True)
def sum_places(
    starts: NDArray[np.int64],
    length: int,
    bounds: NDArray[np.int64],
    keys: NDArray[np.uint64],
    marks: NDArray[np.uint64],
    sums: NDArray[np.uint64],
) -> None:
    """Add to ``sums`` the hashes of the pieces of stretches of ``length`` from each start.

    Args:
        starts: positions in the stream.
        bounds: int64 ``(S + 1,)``, first position of each shard, and the end.
        keys: uint64 ``(S,)``, one for each shard.
        marks: uint64 ``(B,)``, factor on the hashes of each stretch.
        sums: uint64 ``(3,)``: both sums of hashes, and the tokens; changed in place.
    """
    first, second = np.uint64(0), np.uint64(0)
    shard = 0
    for number in range(len(starts)):
        start, mark = starts[number], marks[number]
        if not bounds[shard] <= start < bounds[shard + 1]:
            shard = find(bounds, start)
        here, end, at = shard, start + length, start
        while at < end:
            stop = min(end, bounds[here + 1])
            if stop > at:
                value = piece_hash(keys[here], np.uint64(at - bounds[here]), np.uint64(stop - at))
                first += value * mark
                second += mix(value + np.uint64(0x9E3779B97F4A7C15)) * mark
            at, here = stop, here + 1
    sums[0] += first
    sums[1] += second
    sums[2] += np.uint64(len(starts) * length)


@njit(nogil=True, cache=True)
def first_closed(
    table: NDArray[np.int64],
    closed: int,
    bounds: NDArray[np.int64],
    starts: NDArray[np.int64],
    length: int,
) -> int:
    """Number of the first shard under some stretches for which ``table (S,)`` says ``closed``.

    -1 where there is none, -2 where a stretch reaches outside the stream.
    """
    for start in starts:
        if start < 0 or start + length > bounds[-1]:
            return -2
        shard = find(bounds, start)
        while shard < len(table) and bounds[shard] < start + length:
            if table[shard] == closed:
                return shard
            shard += 1
    return -1
