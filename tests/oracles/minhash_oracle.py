"""MinHash in Python integers: slow, and without an overflow to get wrong."""

from collections.abc import Iterable

_MASK = 0xFFFFFFFF


def mix32(value: int) -> int:
    """The 32-bit finaliser of MurmurHash3."""
    value ^= value >> 16
    value = value * 0x85EBCA6B & _MASK
    value ^= value >> 13
    value = value * 0xC2B2AE35 & _MASK
    return value ^ value >> 16


def minima(hashes: Iterable[int], factors: Iterable[int], summands: Iterable[int]) -> list[int]:
    """Smallest ``factor * mixed hash + summand`` modulo 2^32 for each permutation."""
    mixed = [mix32(value) for value in hashes]
    return [
        min([factor * value + summand & _MASK for value in mixed], default=_MASK)
        for factor, summand in zip(factors, summands, strict=True)
    ]
