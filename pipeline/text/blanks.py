"""The one form of ASCII blanks and empty lines: what ``tidy`` does to most texts, as a kernel."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pipeline.text.utf8 import Utf8Batch


def tidy_blanks(batch: Utf8Batch, rows: list[int]) -> list[str]:
    """``pipeline.text.tidy.tidy`` of texts in which nothing but spaces, tabs and line ends is out
    of its form.

    A run of blanks behind something visible becomes one space, or one tab where it has a tab, and
    nothing at the end of a line; indentation stays; at most two line ends stand in a row, and none
    at the ends of the text.
    """
    indexes = np.array(rows, np.int64)
    sizes = np.diff(batch.offsets)[indexes]
    tidied = np.empty(int(sizes.max(initial=0)), np.uint8)
    texts = []
    for row in indexes:
        size = _tidy(batch.bytes, batch.offsets[row], batch.offsets[row + 1], tidied)
        texts.append(tidied[:size].tobytes().decode())
    return texts


@njit("int64(uint8[::1], int64, int64, uint8[::1])", cache=True, nogil=True)
def _tidy(data: NDArray[np.uint8], at: int, last: int, tidied: NDArray[np.uint8]) -> int:
    """Write the tidied bytes of ``data[at:last]`` and return their number."""
    while at < last and (data[at] == 32 or data[at] == 9 or data[at] == 10):
        at += 1
    size = 0
    while at < last:
        byte = data[at]
        if byte != 32 and byte != 9 and byte != 10:
            tidied[size] = byte
            size += 1
            at += 1
            continue
        # A run of blanks and line ends: what stands behind its last line end is indentation.
        newlines = 0
        blank = 32
        indent = at
        end = at
        while end < last and (data[end] == 32 or data[end] == 9 or data[end] == 10):
            if data[end] == 10:
                newlines += 1
                indent = end + 1
            elif data[end] == 9:
                blank = 9
            end += 1
        if end == last:
            break
        if newlines == 0:
            tidied[size] = blank
            size += 1
        else:
            for _ in range(min(newlines, 2)):
                tidied[size] = 10
                size += 1
            for place in range(indent, end):
                tidied[size] = data[place]
                size += 1
        at = end
    return size
