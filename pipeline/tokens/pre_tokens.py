"""Where the pieces of a text end: the patterns of :mod:`pipeline.tokens.cutting` as a scanner of
UTF-8 bytes.

It takes at each place what the first fitting alternative of the pattern takes.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pipeline.dedup.hashing import load
from pipeline.text.utf8 import decode_one

# PieceClass and Style of :mod:`pipeline.tokens.cutting`, which has no kernels; a test compares.
_OTHER, _LETTER, _NUMBER, _SPACE, _LINE_END = (np.uint8(kind) for kind in range(5))
_SIGN, _HAN = np.uint8(5), np.uint8(6)
_OURS, _GPT4, _GPT2, _DEEPSEEK = 0, 1, 2, 3


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
    "int64(uint8[::1], uint64[::1], int64, int64, uint8[::1], int64)",
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
    most: int,
) -> int:
    """Where a run of letters ends, at most so many; those of ASCII by eights."""
    stop, last = at, min(end, at + most)
    while stop < last:
        step = int(_leading_ascii_letters(load(memory, stop)))
        stop += step
        if step < 8:
            break
    stop = min(stop, last)
    if stop < last and data[stop] >= 0x80:
        return _end_of_run(data, stop, end, classes, _LETTER, most - (stop - at))
    return stop


@njit("int64(uint8[::1], int64, int64, int64)", cache=True, nogil=True, inline="always")
def _size_of_contraction(data: NDArray[np.uint8], at: int, end: int, style: int) -> int:
    """Bytes of ``s``, ``d``, ``m``, ``t``, ``ll``, ``ve`` or ``re`` behind an apostrophe; 0 where
    there is none. GPT-2's are in lower case, ours in one case throughout, GPT-4's in any, and
    there the long s is an s."""
    if at >= end:
        return 0
    case = np.uint8(0) if style == _GPT2 else np.uint8(0x20)
    first = data[at] | case
    if first == 0x73 or first == 0x64 or first == 0x6D or first == 0x74:
        return 1
    if at + 1 >= end:
        return 0
    if style == _GPT4 and data[at] == 0xC5 and data[at + 1] == 0xBF:
        return 2
    if style == _OURS and (data[at] ^ data[at + 1]) & 0x20:
        return 0
    second = data[at + 1] | case
    is_pair = (first == 0x6C and second == 0x6C) or (
        (first == 0x76 or first == 0x72) and second == 0x65
    )
    return 2 if is_pair else 0


@njit("int64(uint8[::1], int64, int64, uint8[::1], int64)", cache=True, nogil=True, inline="always")
def _end_of_spaces(
    data: NDArray[np.uint8], at: int, end: int, classes: NDArray[np.uint8], style: int
) -> int:
    """Of a run of spaces: all to its last line end; or all but the one before the next word."""
    behind_line_end, last, stop = -1, at, at
    while stop < end:
        code, after = decode_one(data, stop)
        if classes[code] == _LINE_END:
            behind_line_end = after
        elif classes[code] != _SPACE:
            break
        last, stop = stop, after
    if behind_line_end >= 0 and style != _GPT2:
        return behind_line_end
    if stop < end and style == _DEEPSEEK:  # what was cut off before is not seen
        kind = classes[decode_one(data, stop)[0]]
        if kind == _NUMBER or kind >= _HAN:
            return stop
    return last if at < last and stop < end else stop


@njit("boolean(uint8)", cache=True, nogil=True, inline="always")
def _is_ascii_letter(byte: int) -> bool:
    lower = byte | np.uint8(0x20)
    return bool(lower >= 0x61 and lower <= 0x7A)


@njit(
    "int64(uint8[::1], uint64[::1], int64, int64, uint8[::1], int64, int64)",
    cache=True,
    nogil=True,
    inline="always",
)
def _end_of_deepseek_piece(
    data: NDArray[np.uint8],
    memory: NDArray[np.uint64],
    at: int,
    end: int,
    classes: NDArray[np.uint8],
    max_digits: int,
    max_letters: int,
) -> int:
    """The same for DeepSeek's three splits.

    The third cuts what the others have cut off, too, and what none of its parts takes stays
    together.
    """
    code, after = decode_one(data, at)
    kind = classes[code]
    if kind == _NUMBER:
        return _end_of_run(data, at, end, classes, kind, max_digits)
    shift = _HAN if kind >= _HAN else np.uint8(0)
    other, letter = np.uint8(_OTHER + shift), np.uint8(_LETTER + shift)
    sign = np.uint8(_SIGN + shift)
    following = np.uint8(255)
    if after < end:
        following = classes[decode_one(data, after)[0]]
    if code < 0x80 and kind == _SIGN and after < end and _is_ascii_letter(data[after]):
        stop = after
        while stop < end and _is_ascii_letter(data[stop]):
            stop += 1
        return stop
    if kind == letter or (kind in (_SPACE, other) and following == letter):
        first = at if kind == letter else after
        if shift:
            return _end_of_run(data, first, end, classes, letter, max_letters)
        return _end_of_letters(data, memory, first, end, classes, max_letters)
    if kind == sign or (code == 0x20 and following == sign):
        stop = _end_of_run(data, after, end, classes, sign, end)
        while not shift and stop < end and classes[data[stop]] == _LINE_END:
            stop += 1
        return stop
    if kind != other:
        return _end_of_spaces(data, at, end, classes, _DEEPSEEK)
    while following == other:
        at, following = after, np.uint8(255)
        _, after = decode_one(data, at)
        if after < end:
            following = classes[decode_one(data, after)[0]]
        if following == letter:
            return at
    return after


@njit(
    "int64(uint8[::1], uint64[::1], int64, int64, uint8[::1], int64, int64, int64)",
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
    style: int,
    max_digits: int,
    max_letters: int,
) -> int:
    """Where the piece that begins at byte ``at`` ends.

    Args:
        data: valid UTF-8.
        memory: the same, as :func:`pipeline.dedup.hashing.as_memory` gives it.
        end: of the text.
        classes: :func:`pipeline.tokens.cutting.character_classes`.
        style: and the numbers, of a :class:`pipeline.tokens.cutting.Cutting`.
    """
    if style == _DEEPSEEK:
        return _end_of_deepseek_piece(data, memory, at, end, classes, max_digits, max_letters)
    if data[at] == 0x27:
        size = _size_of_contraction(data, at + 1, end, style)
        if size:
            return at + 1 + size
    code, after = decode_one(data, at)
    kind = classes[code]
    if kind == _LETTER:
        return _end_of_letters(data, memory, at, end, classes, max_letters)
    if kind == _NUMBER:
        return _end_of_run(data, at, end, classes, _NUMBER, max_digits)
    following = np.uint8(255)
    if after < end:
        following = classes[decode_one(data, after)[0]]
    may_lead = code == 0x20 if style == _GPT2 else kind != _LINE_END
    if may_lead and following == _LETTER:
        return _end_of_letters(data, memory, after, end, classes, max_letters)
    if style == _GPT2 and code == 0x20 and following == _NUMBER:
        return _end_of_run(data, after, end, classes, _NUMBER, max_digits)
    if kind == _OTHER or (code == 0x20 and following == _OTHER):
        stop = _end_of_run(data, after, end, classes, _OTHER, end)
        while style != _GPT2 and stop < end and classes[data[stop]] == _LINE_END:
            stop += 1
        return stop
    return _end_of_spaces(data, at, end, classes, style)
