"""spaCy's English tokenizer as a kernel: the words of datatrove's filters.

Rules: spaCy 3.8 (MIT), ``Tokenizer`` with the prefixes, suffixes, infixes, special cases and URL
pattern of ``spacy.blank("en")``. A chunk, which is what stands between blanks, is cut into tokens
that leave nothing out, so a tokenizer is the places where it cuts.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pipeline.measures.parity_characters import (
    ALPHANUMERIC,
    BEFORE_STOP,
    CURRENCY,
    HOST,
    INFIX,
    LEFT_OF_DOT,
    LETTER,
    LONGEST_SPECIAL,
    LONGEST_UNIT,
    LOWER,
    PREFIX,
    RIGHT_OF_DOT,
    SPECIAL_KEYS,
    SPECIAL_POSITIONS,
    SUFFIX,
    UNIT_KEYS,
    UNIT_POSITIONS,
    UPPER,
)


@njit("uint64(uint32[::1], int64, int64)", cache=True, nogil=True)
def hash_codes(codes: NDArray[np.uint32], first: int, last: int) -> np.uint64:
    """Hash of ``codes[first:last]``, as ``parity_characters.hash_of``."""
    hashed = np.uint64(0xCBF29CE484222325)
    for at in range(first, last):
        hashed = (hashed ^ np.uint64(codes[at])) * np.uint64(0x100000001B3)
    return hashed


@njit(cache=True, nogil=True)  # no signature: constants are arrays of a type of their own
def _look_up(keys: NDArray[np.uint64], positions: NDArray[np.int64], key: np.uint64) -> int:
    mask = np.uint64(len(keys) - 1)
    slot = (key ^ key >> np.uint64(32)) & mask
    while positions[slot] >= 0:
        if keys[slot] == key:
            return int(positions[slot])
        slot = (slot + np.uint64(1)) & mask
    return -1


@njit("int64(uint32[::1], int64, int64)", cache=True, nogil=True)
def find_special(codes: NDArray[np.uint32], first: int, last: int) -> int:
    """The special case that ``codes[first:last]`` is, or -1."""
    if not 0 < last - first <= LONGEST_SPECIAL:
        return -1
    return int(_look_up(SPECIAL_KEYS, SPECIAL_POSITIONS, hash_codes(codes, first, last)))


@njit("boolean(uint32)", cache=True, nogil=True, inline="always")
def _is_digit(code: np.uint32) -> bool:
    return bool(48 <= code <= 57)


@njit("int64(uint32[::1], uint32[::1], int64, int64)", cache=True, nogil=True)
def prefix_of(codes: NDArray[np.uint32], classes: NDArray[np.uint32], first: int, last: int) -> int:
    """Length of the prefix that is split off the beginning; 0 if none is."""
    code = codes[first]
    if classes[first] & PREFIX:
        return 1
    if code == 46:  # ..
        run = 1
        while first + run < last and codes[first + run] == 46:
            run += 1
        return run if run > 1 else 0
    if code == 43:  # + that no digit follows
        return 0 if first + 1 < last and _is_digit(codes[first + 1]) else 1
    if (code == 65 or code == 67) and first + 1 < last and codes[first + 1] == 36:  # A$ C$
        return 2
    if code == 85 and first + 2 < last and codes[first + 1] == 83 and codes[first + 2] == 36:
        return 3  # US$
    return 0


@njit("int64(uint32[::1], uint32[::1], int64, int64)", cache=True, nogil=True)
def suffix_of(codes: NDArray[np.uint32], classes: NDArray[np.uint32], first: int, last: int) -> int:
    """Length of the suffix that is split off the end; 0 if none is."""
    end = last - 1
    if end < first:
        return 0
    code = codes[end]
    best = 1 if classes[end] & SUFFIX else 0
    if end == first:
        return best
    before = codes[end - 1]
    if code == 0x2026:
        if before == 0x2026:
            best = 2
    elif code == 46:
        run = 1
        while end - run >= first and codes[end - run] == 46:
            run += 1
        if run > 1:
            best = run
        elif (
            classes[end - 1] & BEFORE_STOP
            or (end - 2 >= first and classes[end - 1] & UPPER and classes[end - 2] & UPPER)
            or (end - 2 >= first and codes[end - 2] == 0xB0 and (before | 32) in (99, 102, 107))
        ):
            best = 1
    elif code == 115 or code == 83:  # 's
        if before == 39 or before == 0x2019:
            best = 2
    elif code == 43:
        if _is_digit(before):
            best = 1
    elif classes[end] & CURRENCY:
        if _is_digit(before):
            best = 1
        elif code == 36 and end - 2 >= first:
            if (before == 65 or before == 67) and _is_digit(codes[end - 2]):
                best = 2
            elif (
                before == 83 and codes[end - 2] == 85 and end - 3 >= first
                and _is_digit(codes[end - 3])
            ):  # fmt: skip
                best = 3
    # A unit behind a digit; units hold no digits.
    at = end
    while at > first and last - at <= LONGEST_UNIT and not _is_digit(codes[at]):
        if _is_digit(codes[at - 1]):
            if last - at > best and (
                _look_up(UNIT_KEYS, UNIT_POSITIONS, hash_codes(codes, at, last)) >= 0
            ):
                best = last - at
            break
        at -= 1
    return best


@njit("int64(uint32[::1], uint32[::1], int64, int64, int64)", cache=True, nogil=True)
def infix_at(
    codes: NDArray[np.uint32], classes: NDArray[np.uint32], at: int, first: int, last: int
) -> int:
    """Length of the infix that begins at a place of ``codes[first:last]``; 0 if none does."""
    code = codes[at]
    if classes[at] & INFIX:
        return 1
    if code == 46:
        run = 1
        while at + run < last and codes[at + run] == 46:
            run += 1
        if run > 1:
            return run
    if at == first or at + 1 >= last:
        return 0
    before, after = classes[at - 1], classes[at + 1]
    is_after_digit = _is_digit(codes[at - 1])
    if code == 46:
        return 1 if before & LEFT_OF_DOT and after & RIGHT_OF_DOT else 0
    if code == 44:
        return 1 if before & LETTER and after & LETTER else 0
    if (
        (code == 43 or code == 45 or code == 42 or code == 94)  # + - * ^
        and is_after_digit
        and (_is_digit(codes[at + 1]) or codes[at + 1] == 45)
    ):
        return 1
    if not (before & LETTER or is_after_digit):
        return 0
    if code == 58 or 60 <= code <= 62 or code == 47:  # : < = > /
        return 1 if after & LETTER else 0
    if code == 45 or code == 0x2013 or code == 0x2014 or code == 126:  # - – — ~
        if after & LETTER:
            return 1
        most = 3 if code == 45 else 2 if code == 0x2014 else 1
        for length in range(2, most + 1):
            if codes[at + length - 1] != code or at + length >= last:
                return 0
            if classes[at + length] & LETTER:
                return length
    return 0


@njit("boolean(uint32[::1], uint32[::1], int64, int64)", cache=True, nogil=True)
def _is_host(codes: NDArray[np.uint32], classes: NDArray[np.uint32], at: int, last: int) -> bool:
    """Whether a host name with a top-level domain begins here, with what may follow it."""
    label = at
    labels = 0
    is_lower = True
    while at < last:
        code = codes[at]
        if code == 46:
            if at == label or at - label > 64 or not classes[at - 1] & HOST:
                return False
            if not classes[label] & HOST:
                return False
            labels += 1
            label = at + 1
            is_lower = True
        elif classes[at] & HOST or code == 95 or code == 45:
            is_lower = is_lower and bool(classes[at] & LOWER)
        else:
            break
        at += 1
    if not labels or not is_lower or not 2 <= at - label <= 63:
        return False
    if at < last and codes[at] == 58:
        digits = 0
        at += 1
        while at < last and _is_digit(codes[at]) and digits < 5:
            digits += 1
            at += 1
        if digits < 2:
            return False
    return bool(at == last or codes[at] == 47 or codes[at] == 63 or codes[at] == 35)


@njit("boolean(uint32[::1], uint32[::1], int64, int64)", cache=True, nogil=True)
def is_url(codes: NDArray[np.uint32], classes: NDArray[np.uint32], first: int, last: int) -> bool:
    """Whether spaCy's URL pattern matches all of ``codes[first:last]``; addresses in digits are
    left out (nothing would cut them but their path)."""
    if _is_host(codes, classes, first, last):
        return True
    at = first
    while at < last and (classes[at] & ALPHANUMERIC or codes[at] in (95, 43, 45, 46)):
        at += 1
    if (
        at - first >= 2 and at + 3 < last
        and codes[at] == 58 and codes[at + 1] == 47 and codes[at + 2] == 47
        and _is_host(codes, classes, at + 3, last)
    ):  # fmt: skip
        return True
    for place in range(first + 1, last - 3):
        if codes[place] == 64 and _is_host(codes, classes, place + 1, last):
            return True
    return False
