import numpy as np
from numba import carray, njit

from trainer.kernels.memory import float32_at, int32_at, prefetch, uint16_at, uint64_at


@njit
def first_two(address, kind):
    prefetch(address)
    if kind == 0:
        return float(carray(uint16_at(address), (2,)).sum())
    if kind == 1:
        return float(carray(int32_at(address), (2,)).sum())
    if kind == 2:
        return float(carray(uint64_at(address), (2,)).sum())
    return float(carray(float32_at(address), (2,)).sum())


def test_an_array_is_read_where_it_lies():
    kinds = ("<u2", "<i4", "<u8", "<f4")
    for kind, dtype in enumerate(kinds):
        array = np.array([9, 7, 5, 3], dtype)
        assert first_two(np.uint64(array.ctypes.data + array.itemsize), kind) == 12


@njit
def hint(address):
    prefetch(address)
    return True


def test_a_hint_to_nowhere_does_no_harm():
    assert hint(np.uint64(0)) and hint(np.uint64(2**64 - 1))
