"""The kernel of :mod:`pipeline.dedup.own_parts`: keys of what a set has beyond another."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pipeline.dedup.hashing import mix64


@njit(
    "Tuple((int64[::1], int64[::1]))(int64[::1], int64[::1], int64[::1], int64[::1], int64[::1], "
    "int64[::1], int64[::1], int64)",
    cache=True,
    nogil=True,
)
def own_keys(
    values: NDArray[np.int64],
    offsets: NDArray[np.int64],
    common: NDArray[np.int64],
    common_offsets: NDArray[np.int64],
    reaches: NDArray[np.int64],
    buckets: NDArray[np.int64],
    thin: NDArray[np.int64],
    num_keys: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Keys of ascending sets, and where those of each begin: of each hash the least of what the
    set of ``common`` lacks, and one more where that is at most one value in ``thin`` (not 0).

    Values above that of ``reaches`` do not count. Each bucket has hashes of its own, so texts
    that share several of them have as many more chances to meet.
    """
    sets = len(offsets) - 1
    keys = np.empty(sets * (num_keys + 1), np.int64)
    ends = np.zeros(sets + 1, np.int64)
    least = np.empty(num_keys, np.uint64)
    salts = np.empty(num_keys + 1, np.uint64)
    size = 0
    for i in range(sets):
        for k in range(num_keys + 1):
            salts[k] = mix64(np.uint64(buckets[i]) ^ mix64(np.uint64(k + 1)))
        least[:] = np.uint64(0xFFFFFFFFFFFFFFFF)
        own = 0
        at, last = common_offsets[i], common_offsets[i + 1]
        j = offsets[i]
        while j < offsets[i + 1] and values[j] <= reaches[i]:
            while at < last and common[at] < values[j]:
                at += 1
            if at == last or common[at] != values[j]:
                own += 1
                for k in range(num_keys):
                    least[k] = min(least[k], mix64(np.uint64(values[j]) ^ salts[k]))
            j += 1
        if own:
            for k in range(num_keys):
                keys[size] = np.int64(mix64(least[k] ^ salts[k]))
                size += 1
        if thin[i] and own * thin[i] <= j - offsets[i]:
            keys[size] = np.int64(salts[num_keys])
            size += 1
        ends[i + 1] = size
    return keys[:size], ends
