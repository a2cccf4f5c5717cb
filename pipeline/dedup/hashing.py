"""The two integer hashes that dedup is made of: Appleby's MurmurHash3 finalisers.

Fixed bijections in which every input bit moves every output bit.
"""

import numpy as np
from numba import njit


@njit("uint64(uint64)", cache=True, nogil=True, inline="always")
def mix64(value: np.uint64) -> np.uint64:
    """MurmurHash3 ``fmix64``.

    >>> hex(mix64(np.uint64(1)))
    '0xb456bcfc34c2cb2c'
    """
    value ^= value >> np.uint64(33)
    value *= np.uint64(0xFF51AFD7ED558CCD)
    value ^= value >> np.uint64(33)
    value *= np.uint64(0xC4CEB9FE1A85EC53)
    return value ^ (value >> np.uint64(33))


@njit("uint32(uint32)", cache=True, nogil=True, inline="always")
def mix32(value: np.uint32) -> np.uint32:
    """MurmurHash3 ``fmix32``.

    >>> hex(mix32(np.uint32(1)))
    '0x514e28b7'
    """
    value = np.uint32(value ^ (value >> np.uint32(16)))
    value = np.uint32(value * np.uint32(0x85EBCA6B))
    value = np.uint32(value ^ (value >> np.uint32(13)))
    value = np.uint32(value * np.uint32(0xC2B2AE35))
    return np.uint32(value ^ (value >> np.uint32(16)))
