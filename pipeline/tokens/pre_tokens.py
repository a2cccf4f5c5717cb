"""How text is cut before merges: our pattern as a scanner of UTF-8 bytes.

It takes at each place what the first fitting alternative of :data:`PATTERN` takes. Which characters
are letters, marks, digits or spaces is asked of the ``tokenizers`` library, so that both follow the
same edition of Unicode.
"""

from enum import IntEnum
from functools import lru_cache

import numpy as np
from numba import njit
from numpy.typing import NDArray
from tokenizers import Regex, pre_tokenizers

from pipeline.dedup.hashing import load
from pipeline.text.utf8 import decode_one

# The split of GPT-4's tokenizer (one leading space or mark with a word, digits by at most three,
# line ends apart) with two changes: combining marks belong to their letters, as Thai and Hindi
# need, and a run of letters is cut at 64, because unspaced scripts know no other bound.
PATTERN = (
    r"'(?:[sdmtSDMT]|ll|LL|ve|VE|re|RE)"
    r"|[^\r\n\p{L}\p{M}\p{N}]?[\p{L}\p{M}]{1,64}"
    r"|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+"
    r"|\s+(?!\S)"
    r"|\s+"
)
_DIGITS = r"\p{N}{1,3}"
_MAX_LETTERS = 64


class PieceClass(IntEnum):
    """What the pattern tells characters apart by."""

    OTHER = 0
    LETTER = 1
    NUMBER = 2
    SPACE = 3
    LINE_END = 4


_OTHER, _LETTER, _NUMBER, _SPACE, _LINE_END = (np.uint8(kind) for kind in PieceClass)
# All planes in which a character has a category that the pattern asks for; a test looks at all.
_PLANES = (0, 1, 2, 3, 14)


def pattern_of(max_digits: int) -> str:
    """Our pattern, with so many digits of a number in a piece.

    >>> pattern_of(3) == PATTERN
    True
    """
    return PATTERN.replace(_DIGITS, rf"\p{{N}}{{1,{max_digits}}}")


def max_digits_of(pattern: str) -> int | None:
    """Digits of a number in a piece where ``pattern`` is ours; None where it is another.

    >>> max_digits_of(pattern_of(1))
    1
    """
    return next((count for count in range(1, 10) if pattern == pattern_of(count)), None)


@lru_cache(maxsize=1)
def character_classes() -> NDArray[np.uint8]:
    """:class:`PieceClass` of each code point, uint8 ``(0x110000,)``."""
    codes = np.concatenate([np.arange(plane << 16, (plane + 1) << 16) for plane in _PLANES])
    codes = codes[(codes < 0xD800) | (codes > 0xDFFF)]
    text = "".join(map(chr, codes.tolist()))
    classes = np.zeros(0x110000, np.uint8)
    for kind, members in (
        (PieceClass.LETTER, r"[\p{L}\p{M}]+"),
        (PieceClass.NUMBER, r"\p{N}+"),
        (PieceClass.SPACE, r"\s+"),
    ):
        is_member = np.ones(len(codes), bool)
        without = pre_tokenizers.Split(Regex(members), "removed").pre_tokenize_str(text)
        for _, (first, last) in without:
            is_member[first:last] = False
        classes[codes[is_member]] = kind
    classes[[ord("\r"), ord("\n")]] = PieceClass.LINE_END
    return classes


@njit(
    "int64(uint8[::1], int64, int64, uint8[::1], uint8, int64)",
    cache=True,
    nogil=True,
    inline="always",
)
def _end_of_run(
    data: NDArray[np.uint8],
    at: int,
    end: int,
    classes: NDArray[np.uint8],
    kind: np.uint8,
    most: int,
) -> int:
    """Where a run of at most so many characters of one class ends."""
    for _ in range(most):
        if at >= end:
            break
        if data[at] < 0x80:
            if classes[data[at]] != kind:
                break
            at += 1
            continue
        code, after = decode_one(data, at)
        if classes[code] != kind:
            break
        at = after
    return at


@njit("uint64(uint64)", cache=True, nogil=True, inline="always")
def _leading_ascii_letters(word: np.uint64) -> np.uint64:
    """How many of eight bytes, the lowest first, are ASCII letters before one is not.

    Without a branch: a byte's sum reaches its highest bit from ``a`` on, another behind ``z``.
    """
    lower = (word | np.uint64(0x2020202020202020)) & np.uint64(0x7F7F7F7F7F7F7F7F)
    from_a = lower + np.uint64(0x1F1F1F1F1F1F1F1F)
    behind_z = lower + np.uint64(0x0505050505050505)
    others = ~(from_a & ~behind_z & ~word) & np.uint64(0x8080808080808080)
    if others == np.uint64(0):
        return np.uint64(8)
    lowest = others & (~others + np.uint64(1))
    return (lowest >> np.uint64(7)) * np.uint64(0x0001020304050607) >> np.uint64(56)


@njit(
    "int64(uint8[::1], uint64[::1], int64, int64, uint8[::1])",
    cache=True,
    nogil=True,
    inline="always",
)
def _end_of_letters(
    data: NDArray[np.uint8],
    memory: NDArray[np.uint64],
    at: int,
    end: int,
    classes: NDArray[np.uint8],
) -> int:
    """Where a run of letters ends that is cut at ``_MAX_LETTERS``; those of ASCII by eights."""
    stop = at
    for _ in range(_MAX_LETTERS // 8):
        step = int(_leading_ascii_letters(load(memory, stop)))
        stop += step
        if step < 8 or stop >= end:
            break
    stop = min(stop, end)
    if stop < end and data[stop] >= 0x80:
        return _end_of_run(data, at, end, classes, _LETTER, _MAX_LETTERS)
    return stop


@njit("boolean(uint8[::1], int64, int64)", cache=True, nogil=True, inline="always")
def _is_pair_of_contraction(data: NDArray[np.uint8], at: int, end: int) -> bool:
    """Whether ``ll``, ``ve`` or ``re`` begins here, in lower or upper case throughout."""
    if at + 1 >= end or (data[at] ^ data[at + 1]) & 0x20:
        return False
    first, second = data[at] | 0x20, data[at + 1] | 0x20
    if first == 0x6C:
        return bool(second == 0x6C)
    return bool((first == 0x76 or first == 0x72) and second == 0x65)


@njit("int64(uint8[::1], int64, int64, uint8[::1])", cache=True, nogil=True, inline="always")
def _end_of_spaces(data: NDArray[np.uint8], at: int, end: int, classes: NDArray[np.uint8]) -> int:
    """Of a run of spaces: all to its last line end; or all but the one before the next word."""
    behind_line_end, last, stop = -1, at, at
    while stop < end:
        code, after = decode_one(data, stop)
        if classes[code] == _LINE_END:
            behind_line_end = after
        elif classes[code] != _SPACE:
            break
        last, stop = stop, after
    if behind_line_end >= 0:
        return behind_line_end
    return last if at < last and stop < end else stop


@njit(
    "int64(uint8[::1], uint64[::1], int64, int64, uint8[::1], int64)",
    cache=True,
    nogil=True,
    inline="always",
)
def end_of_piece(
    data: NDArray[np.uint8],
    memory: NDArray[np.uint64],
    at: int,
    end: int,
    classes: NDArray[np.uint8],
    max_digits: int,
) -> int:
    """Where the piece that begins at byte ``at`` ends.

    Args:
        data: valid UTF-8.
        memory: the same, as :func:`pipeline.dedup.hashing.as_memory` gives it.
        end: of the text.
        classes: of :func:`character_classes`.
    """
    if data[at] == 0x27 and at + 1 < end:
        lower = data[at + 1] | 0x20
        if lower == 0x73 or lower == 0x64 or lower == 0x6D or lower == 0x74:
            return at + 2
        if _is_pair_of_contraction(data, at + 1, end):
            return at + 3
    code, after = decode_one(data, at)
    kind = classes[code]
    if kind == _LETTER:
        return _end_of_letters(data, memory, at, end, classes)
    if kind == _NUMBER:
        return _end_of_run(data, at, end, classes, _NUMBER, max_digits)
    following = np.uint8(255)
    if after < end:
        following = classes[decode_one(data, after)[0]]
    if kind != _LINE_END and following == _LETTER:
        return _end_of_letters(data, memory, after, end, classes)
    if kind == _OTHER or (code == 0x20 and following == _OTHER):
        stop = _end_of_run(data, after, end, classes, _OTHER, end)
        while stop < end and classes[data[stop]] == _LINE_END:
            stop += 1
        return stop
    return _end_of_spaces(data, at, end, classes)
