"""Where personal data may be: the stretches of a batch that hold an ``@`` or enough digits, in
full-width or in the digits of Arabic, Persian, Hindi or Thai, too.

Most texts hold neither, and are left alone at the speed of memory. A window begins and ends far
enough from what it was opened for that every expression of ``pii_patterns`` finds in it what it
would find in the whole text.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pipeline.measures.pii_patterns import CONTEXT
from pipeline.text.utf8 import Utf8Batch

MARGIN = 4 * (CONTEXT + 4) + 260
"""Bytes around a core: the context in characters of four bytes, and the longest domain."""
MIN_DIGITS = 7
"""Digits of the shortest telephone number."""
MAX_GAP = 4
"""Bytes between two digits of one number; ``) - (`` is the widest separator."""


@njit("boolean(uint8)", cache=True, nogil=True, inline="always")
def _is_hex(byte: int) -> bool:
    return 0x30 <= byte <= 0x39 or 0x41 <= byte <= 0x46 or 0x61 <= byte <= 0x66


@njit("boolean(uint8)", cache=True, nogil=True, inline="always")
def _is_alphanumeric(byte: int) -> bool:
    return 0x30 <= byte <= 0x39 or 0x41 <= byte <= 0x5A or 0x61 <= byte <= 0x7A


@njit("boolean(uint8, uint8)", cache=True, nogil=True, inline="always")
def _may_surround_at(before: int, after: int) -> bool:
    ends_name = _is_alphanumeric(before) or before in (0x2B, 0x2D, 0x5F)  # + - _
    return ends_name and _is_alphanumeric(after)


@njit("int64(uint8[::1], int64, int64)", cache=True, nogil=True, inline="always")
def _full_width(data: NDArray[np.uint8], at: int, last: int) -> int:
    """The ASCII character whose full-width form, U+FF01 to U+FF3F, stands at ``at``, or 0."""
    if data[at] != 0xEF or at + 2 >= last or data[at + 1] != 0xBC:
        return 0
    return int(data[at + 2]) - 0x60


@njit("int64(uint8[::1], int64, int64)", cache=True, nogil=True, inline="always")
def _digit_size(data: NDArray[np.uint8], at: int, last: int) -> int:
    """Bytes of the digit at ``at``, one of ``pii_narrow.DIGITS``; 0 where none stands."""
    byte = data[at]
    if 0x30 <= byte <= 0x39:
        return 1
    if byte == 0xD9 or byte == 0xDB:  # Arabic, Persian
        first = 0xA0 if byte == 0xD9 else 0xB0
        return 2 if at + 1 < last and first <= data[at + 1] <= first + 9 else 0
    if byte == 0xE0 and at + 2 < last:
        if data[at + 1] == 0xA5:  # Devanagari
            return 3 if 0xA6 <= data[at + 2] <= 0xAF else 0
        return 3 if data[at + 1] == 0xB9 and 0x90 <= data[at + 2] <= 0x99 else 0  # Thai
    return 3 if 0x30 <= _full_width(data, at, last) <= 0x39 else 0


@njit("Tuple((int64, int64))(uint8[::1], int64, int64)", cache=True, nogil=True, inline="always")
def _number_at(data: NDArray[np.uint8], at: int, last: int) -> tuple[int, int]:
    """End of the run of digits and separators that begins at a digit, and how many digits it has;
    two colons or three full stops between hexadecimal digits count as enough."""
    digits = colons = stops = 0
    end = at
    k = at
    while k < last and k - end <= MAX_GAP:
        byte = data[k]
        size = _digit_size(data, k, last)
        if size:
            digits += 1
            k += size
            end = k
            continue
        if byte == 0x3A:
            colons += 1
        elif byte == 0x2E or _full_width(data, k, last) == 0x2E:
            stops += 1
        elif byte in (0x0A, 0x0D):
            break
        k += 1
    if stops >= 3 and digits >= 4:
        digits = max(digits, MIN_DIGITS)
    return end, digits


@njit("int64(uint8[::1], int64, int64)", cache=True, nogil=True, inline="always")
def _after_hextets(data: NDArray[np.uint8], at: int, last: int) -> int:
    """End of the run of hexadecimal digits and colons around the colon at ``at``, or -1 where it
    has fewer than two colons."""
    colons = 0
    end = at
    while end < last and (_is_hex(data[end]) or data[end] == 0x3A):
        colons += data[end] == 0x3A
        end += 1
    return end if colons >= 2 else -1


@njit("int64[:, ::1](uint8[::1], int64[::1])", cache=True, nogil=True)
def _find(data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> NDArray[np.int64]:
    found = np.empty((16, 3), np.int64)
    count = 0
    opens = np.zeros(256, np.bool_)
    opens[0x30:0x3B] = opens[0x40] = opens[0xEF] = True  # digits, colon, @, full-width forms
    opens[0xD9] = opens[0xDB] = opens[0xE0] = True  # other digits
    for i in range(len(offsets) - 1):
        first, last = offsets[i], offsets[i + 1]
        at = first
        while at < last:
            byte = data[at]
            start = end = -1
            if byte == 0x40:
                if at > first and at + 1 < last and _may_surround_at(data[at - 1], data[at + 1]):
                    start, end = at, at + 1
                at += 1
            elif _full_width(data, at, last) == 0x40:
                start, end = at, at + 3
                at += 3
            elif _digit_size(data, at, last):
                after, digits = _number_at(data, at, last)
                if digits >= MIN_DIGITS:
                    start, end = at, after
                at = after
            elif byte == 0x3A:
                after = _after_hextets(data, at, last)
                if after >= 0:
                    start, end = at, after
                    at = after
                else:
                    at += 1
            else:
                at += 1
                while at < last and not opens[data[at]]:
                    at += 1
            if start < 0:
                continue
            start, end = max(first, start - MARGIN), min(last, end + MARGIN)
            if count and found[count - 1, 0] == i and start <= found[count - 1, 2]:
                found[count - 1, 2] = end
                continue
            if count == len(found):
                grown = np.empty((2 * count, 3), np.int64)
                grown[:count] = found
                found = grown
            # Windows hold whole characters.
            while start > first and data[start] & 0xC0 == 0x80:
                start -= 1
            found[count, 0], found[count, 1], found[count, 2] = i, start, end
            count += 1
    for k in range(count):
        last = offsets[found[k, 0] + 1]
        while found[k, 2] < last and data[found[k, 2]] & 0xC0 == 0x80:
            found[k, 2] += 1
    return found[:count].copy()


def windows(batch: Utf8Batch) -> NDArray[np.int64]:
    """Windows of a batch, int64 (num_windows, 3): text, first byte, end; in order, apart."""
    result: NDArray[np.int64] = _find(batch.bytes, batch.offsets)
    return result
