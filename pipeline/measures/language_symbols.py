"""A text as the symbols that language profiles are made of: the first half of the kernel.

Web and mail addresses are left out as langdetect does it, letters and the marks after them are
composed, and each character becomes an entry of ``Profiles.symbol_of_code``. A digit is a space,
but one that touches a letter is an unknown letter: 0xdeadbeef is no word.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pipeline.text.utf8 import decode_one

SAMPLE_SLICES = 16
SLICE_BYTES = 512
"""A text longer than 16 x 512 bytes is judged by 16 slices spread evenly over it."""
BUFFER_SIZE = SAMPLE_SLICES * (SLICE_BYTES + 4)
KIND_COUNTS = 6
"""Cells for ``transcribe_text`` to count in, by ``LetterKind``."""


@njit("boolean(uint8)", cache=True, nogil=True, inline="always")
def _is_alphanumeric(byte: int) -> bool:
    return 0x61 <= byte <= 0x7A or 0x41 <= byte <= 0x5A or 0x30 <= byte <= 0x39


@njit("boolean(uint8)", cache=True, nogil=True, inline="always")
def _is_letter(byte: int) -> bool:
    return 0x61 <= byte | 0x20 <= 0x7A


@njit("int64(uint8[::1], int64, int64)", cache=True, nogil=True)
def _after_url(data: NDArray[np.uint8], at: int, last: int) -> int:
    """Position after ``https?://[-_.?&~;+=/#0-9A-Za-z]+`` at ``at``, or ``at``."""
    scheme = (0x68, 0x74, 0x74, 0x70)  # http
    if last - at < 8:
        return at
    for k in range(4):
        if data[at + k] != scheme[k]:
            return at
    end = at + 4 + (1 if data[at + 4] == 0x73 else 0)
    if last - end < 4 or data[end] != 0x3A or data[end + 1] != 0x2F or data[end + 2] != 0x2F:
        return at
    end += 3
    start = end
    while end < last:
        byte = data[end]
        # - . / # & + ; = ? _ ~
        others = (0x2D, 0x2E, 0x2F, 0x23, 0x26, 0x2B, 0x3B, 0x3D, 0x3F, 0x5F, 0x7E)
        if not _is_alphanumeric(byte) and byte not in others:
            break
        end += 1
    return end if end > start else at


@njit("Tuple((int64, int64))(uint8[::1], int64, int64)", cache=True, nogil=True)
def _next_mail(data: NDArray[np.uint8], first: int, last: int) -> tuple[int, int]:
    """Span of the first ``[-_.0-9A-Za-z]{1,64}@[-_.0-9A-Za-z]{2,}`` in ``data[first:last]``, or
    ``(last, last)``."""
    others = (0x2D, 0x2E, 0x5F)  # - . _
    for at in range(first, last):
        if data[at] != 0x40:
            continue
        start, end = at, at + 1
        while (
            start > first
            and at - start < 64
            and (_is_alphanumeric(data[start - 1]) or data[start - 1] in others)
        ):
            start -= 1
        while end < last and (_is_alphanumeric(data[end]) or data[end] in others):
            end += 1
        if start < at and end - at > 2:
            return start, end
    return last, last


@njit(
    "Tuple((uint32, int64))(uint8[::1], int64, int64, uint32[::1], uint16[::1])",
    cache=True,
    nogil=True,
)
def _decode_composed(
    data: NDArray[np.uint8],
    at: int,
    last: int,
    composition_keys: NDArray[np.uint32],
    composed: NDArray[np.uint16],
) -> tuple[np.uint32, int]:
    """The character at ``at`` joined with the marks after it, and the position after them."""
    code, at = decode_one(data, at)
    while at < last and data[at] & 0xFE == 0xCC and code < 0x10000:  # U+0300 to U+037F follows
        mark, after = decode_one(data, at)
        key = np.uint32(code << 16 | mark)
        found = np.searchsorted(composition_keys, key)
        if found == len(composition_keys) or composition_keys[found] != key:
            break
        code = np.uint32(composed[found])
        at = after
    return code, at


@njit(
    "int64(uint8[::1], int64, int64, uint32[::1], uint32[::1], uint16[::1], uint32[::1], int64)",
    cache=True,
    nogil=True,
)
def _transcribe(
    data: NDArray[np.uint8],
    first: int,
    last: int,
    symbol_of_code: NDArray[np.uint32],
    composition_keys: NDArray[np.uint32],
    composed: NDArray[np.uint16],
    symbols: NDArray[np.uint32],
    count: int,
) -> int:
    mail_start, mail_end = _next_mail(data, first, last)
    at = first
    while at < last:
        after = at
        if at >= mail_start:
            after = mail_end
        elif data[at] == 0x68:
            after = _after_url(data, at, last)
        if after > at:
            at = after
            if at > mail_start:
                mail_start, mail_end = _next_mail(data, at, last)
            symbols[count] = 1  # SPACE_SYMBOL
        elif data[at] < 0x80 and (at + 1 == last or data[at + 1] & 0xFE != 0xCC):
            symbols[count] = symbol_of_code[data[at]]
            if 0x30 <= data[at] <= 0x39:
                if at > first and _is_letter(data[at - 1]):
                    symbols[count] = 2
            elif at > first and 0x30 <= data[at - 1] <= 0x39 and _is_letter(data[at]):
                symbols[count - 1] = 2
            at += 1
        else:
            code, at = _decode_composed(data, at, last, composition_keys, composed)
            symbols[count] = symbol_of_code[code] if code < 0x10000 else np.uint32(2)
        count += 1
    return count


@njit("void(uint32[::1], int64, int64[::1])", cache=True, nogil=True)
def _count_letters(symbols: NDArray[np.uint32], count: int, letters: NDArray[np.int64]) -> None:
    # One sum per kind and no table, so that the loop runs in vector registers.
    latin = other = han = kana = hangul = 0
    for k in range(count):
        kind = (symbols[k] >> 16) & 0xF
        latin += kind == 1
        other += kind == 2
        han += kind == 3
        kana += kind == 4
        hangul += kind == 5
    letters[1] = latin
    letters[2] = other
    letters[3] = han
    letters[4] = kana
    letters[5] = hangul


@njit(
    "int64(uint8[::1], int64, int64, uint32[::1], uint32[::1], uint16[::1], uint32[::1],"
    " int64[::1])",
    cache=True,
    nogil=True,
)
def transcribe_text(
    data: NDArray[np.uint8],
    first: int,
    last: int,
    symbol_of_code: NDArray[np.uint32],
    composition_keys: NDArray[np.uint32],
    composed: NDArray[np.uint16],
    symbols: NDArray[np.uint32],
    letters: NDArray[np.int64],
) -> int:
    """Symbols of the text ``data[first:last]``, or of the sample that stands for it.

    Writes them to ``symbols``, (BUFFER_SIZE,), with a ``NO_SYMBOL`` between slices, counts
    letters in ``letters``, (KIND_COUNTS,), and returns the number of symbols.
    """
    size = last - first
    count = 0
    if size <= SAMPLE_SLICES * SLICE_BYTES:
        count = _transcribe(
            data, first, last, symbol_of_code, composition_keys, composed, symbols, 0
        )
        _count_letters(symbols, count, letters)
        return count
    for k in range(SAMPLE_SLICES):
        start = first + (size - SLICE_BYTES) * k // (SAMPLE_SLICES - 1)
        end = start + SLICE_BYTES
        # Both ends move back to a character's first byte.
        while data[start] & 0xC0 == 0x80:
            start -= 1
        while end < last and data[end] & 0xC0 == 0x80:
            end -= 1
        count = _transcribe(
            data, start, end, symbol_of_code, composition_keys, composed, symbols, count
        )
        symbols[count] = 0  # NO_SYMBOL: no n-gram spans two slices
        count += 1
    _count_letters(symbols, count, letters)
    return count
