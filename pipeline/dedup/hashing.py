"""The integer hashes that dedup is made of: Appleby's MurmurHash3 finalisers.

Fixed bijections in which every input bit moves every output bit.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

BASE = np.uint64(0x9E3779B97F4A7C17)
"""Of rolling hashes: odd, and so is (base - 1) / 2, so the order of words counts."""


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


@njit("uint64[::1](uint8[::1])", cache=True, nogil=True)
def as_memory(data: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """The bytes as words of eight, with zeros behind them: what ``hash_bytes`` reads."""
    padded = np.zeros((len(data) // 8 + 2) * 8, np.uint8)
    padded[: len(data)] = data
    return padded.view(np.uint64)


@njit("uint64(uint64[::1], int64)", cache=True, nogil=True, inline="always")
def load(memory: NDArray[np.uint64], at: int) -> np.uint64:
    """The eight bytes from byte ``at`` on, the first one lowest."""
    shift = np.uint64((at & 7) * 8)
    high = memory[(at >> 3) + 1] << np.uint64(1) << (np.uint64(63) - shift)
    return np.uint64(memory[at >> 3] >> shift | high)


@njit("uint64(uint64[::1], int64, int64)", cache=True, nogil=True, inline="always")
def load_bytes(memory: NDArray[np.uint64], at: int, size: int) -> np.uint64:
    """Of those eight the first ``size``, one at least; the others are zero."""
    return np.uint64(
        load(memory, at) & (np.uint64(0xFFFFFFFFFFFFFFFF) >> np.uint64(8 * (8 - size)))
    )


@njit("uint64(uint64[::1], int64, int64)", cache=True, nogil=True, inline="always")
def hash_bytes(memory: NDArray[np.uint64], first: int, last: int) -> np.uint64:
    """Hash of the bytes from ``first`` to ``last``, eight at a time: most words are one step,
    so no branch is mispredicted. Texts hold no zero byte, so lengths need no mixing in."""
    value = np.uint64(0)
    while last - first > 8:
        value = mix64(value ^ load(memory, first)) + BASE
        first += 8
    return mix64(value ^ load_bytes(memory, first, last - first))
