"""Keyed shuffle of ``range(size)`` without a stored permutation.

A generalised Feistel network over a grid of ``a * b >= size`` cells with cycle walking (Black and
Rogaway, "Ciphers with Arbitrary Finite Domains", CT-RSA 2002). Time and memory per index are
constant, so a run of any length starts and resumes at once. The round function is SplitMix64's
finaliser (Steele, Lea and Flood, OOPSLA 2014), written out here: no library update can change
the order in which a model saw its data.
"""

from math import isqrt

import numpy as np
from numpy.typing import NDArray

from trainer.kernels.shuffle import permute

_ROUNDS = 8
_MASK = 2**64 - 1
_GOLDEN = 0x9E3779B97F4A7C15


class Permutation:
    """A bijection of ``range(size)`` chosen by a key.

    >>> Permutation(5, key=7)(np.arange(5)).tolist()
    [1, 4, 3, 0, 2]
    """

    def __init__(self, size: int, key: int) -> None:
        """``size`` >= 1; ``key`` is any integer, of which 64 bits count."""
        if size < 1:
            raise ValueError(f"cannot permute {size} elements")
        self.size = size
        self._a = isqrt(size - 1) + 1  # ceil(sqrt(size)): the grid has few cells too many
        self._b = -(-size // self._a)
        self._keys = np.array(
            [mix64(key + (number + 1) * _GOLDEN) for number in range(_ROUNDS)], np.uint64
        )

    def __call__(self, indices: NDArray[np.int64]) -> NDArray[np.int64]:
        """Images of ``indices``, int64 of the same shape.

        Raises:
            IndexError: an index is outside ``range(size)``.
        """
        indices = np.asarray(indices, np.int64)
        if indices.size and (indices.min() < 0 or indices.max() >= self.size):
            raise IndexError(f"index outside range({self.size})")
        cells = indices.astype(np.uint64).ravel()
        permute(cells, np.uint64(self.size), np.uint64(self._a), np.uint64(self._b), self._keys)
        return cells.view(np.int64).reshape(indices.shape)


def mix64(value: int) -> int:
    """SplitMix64's finaliser of one integer, modulo 2**64.

    >>> hex(mix64(0x9E3779B97F4A7C15))
    '0xe220a8397b1dcdaf'
    """
    value &= _MASK
    value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9 & _MASK
    value = (value ^ (value >> 27)) * 0x94D049BB133111EB & _MASK
    return value ^ (value >> 31)


def derive_key(*parts: int) -> int:
    """One 64-bit key out of several integers, their order included.

    >>> derive_key(1, 2) != derive_key(2, 1)
    True
    """
    key = 0
    for part in parts:
        key = mix64(key + _GOLDEN + mix64(part + _GOLDEN))
    return key
