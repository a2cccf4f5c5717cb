import numpy as np
from numba import carray, njit

from trainer.kernels.files import float32_at, pread, uint16_at, uint64_at


@njit
def first_two(address, kind):
    if kind == 0:
        return float(carray(uint16_at(address), (2,)).sum())
    if kind == 1:
        return float(carray(uint64_at(address), (2,)).sum())
    return float(carray(float32_at(address), (2,)).sum())


def test_an_array_is_read_where_it_lies():
    kinds = ("<u2", "<u8", "<f4")
    for kind, dtype in enumerate(kinds):
        array = np.array([9, 7, 5, 3], dtype)
        assert first_two(np.uint64(array.ctypes.data + array.itemsize), kind) == 12


@njit
def read(descriptor, address, num_bytes, offset):
    return pread(descriptor, address, num_bytes, offset)


def test_bytes_come_from_a_place_in_a_file(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"0123456789")
    buffer = np.zeros(4, np.uint8)
    address = np.uint64(buffer.ctypes.data)
    with path.open("rb") as file:
        assert read(file.fileno(), address, 4, 3) == 4
        assert buffer.tobytes() == b"3456"
        assert read(file.fileno(), address, 4, 8) == 2
    assert read(-1, address, 4, 0) == -1
