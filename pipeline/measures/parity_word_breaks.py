"""Words by Unicode's default boundaries, for DCLM's definitions.

Source: Unicode Standard Annex 29, section 4.1, rules WB3 to WB999, with the classes of uniseg,
which DCLM takes its words from; ``tests/benchmarks/word_break_rules.py`` wrote them down.
"""

import json
from enum import IntEnum
from pathlib import Path

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pipeline.measures.parity_characters import ALPHANUMERIC, CLASSES, classes_of
from pipeline.text.utf8 import decode_one


class Break(IntEnum):
    """Word_Break property of a character; those up to ``NEWLINE`` end a line."""

    OTHER = 0
    CR = 1
    LF = 2
    NEWLINE = 3
    EXTEND = 4
    ZWJ = 5
    FORMAT = 6
    REGIONAL_INDICATOR = 7
    KATAKANA = 8
    HEBREW_LETTER = 9
    ALETTER = 10
    SINGLE_QUOTE = 11
    DOUBLE_QUOTE = 12
    MIDNUMLET = 13
    MIDLETTER = 14
    MIDNUM = 15
    NUMERIC = 16
    EXTENDNUMLET = 17
    WSEGSPACE = 18


_PICTOGRAPHIC = 0x80
_TABLE_SIZE = 0x20000


def _build() -> NDArray[np.uint8]:
    rules = json.loads(
        Path(__file__).with_name("parity_word_breaks.json").read_text(encoding="utf-8")
    )
    table = np.zeros(_TABLE_SIZE, np.uint8)
    for name, runs in rules.items():
        if name != "source":
            value = _PICTOGRAPHIC if name == "Pictographic" else Break[name.upper()]
            for first, last in np.array(runs).reshape(-1, 2):
                table[first : last + 1] |= np.uint8(value)
    return table


BREAKS: NDArray[np.uint8] = _build()
"""uint8 (0x20000,): class of each code point, and whether it is a pictograph."""


@njit("int64(uint8[::1], uint32)", cache=True, nogil=True, inline="always")
def _entry(breaks: NDArray[np.uint8], code: np.uint32) -> int:
    if code < 0x20000:
        return int(breaks[code])
    return 4 if 0xE0000 <= code < 0xE1000 else 0  # tags and variation selectors


@njit("boolean(int64)", cache=True, nogil=True, inline="always")
def _is_skipped(kind: int) -> bool:
    return bool(Break.EXTEND <= kind <= Break.FORMAT)


@njit("boolean(int64)", cache=True, nogil=True, inline="always")
def _is_letter(kind: int) -> bool:
    return bool(kind == Break.ALETTER or kind == Break.HEBREW_LETTER)


@njit("int64(uint8[::1], int64, int64, uint8[::1])", cache=True, nogil=True)
def _next_kind(data: NDArray[np.uint8], at: int, last: int, breaks: NDArray[np.uint8]) -> int:
    """Class of the first character from a place on that is not skipped."""
    while at < last:
        code, at = decode_one(data, at)
        kind = _entry(breaks, code) & 0x7F
        if not _is_skipped(kind):
            return kind
    return 0


@njit("boolean(int64, int64, int64, uint8[::1], int64, int64, uint8[::1])", cache=True, nogil=True)
def _is_joined(
    before: int,
    previous: int,
    kind: int,
    data: NDArray[np.uint8],
    after: int,
    last: int,
    breaks: NDArray[np.uint8],
) -> bool:
    """Rules WB5 to WB13b: whether no word ends between ``previous`` and ``kind``; skipped
    characters are left out of both and of ``before`` them."""
    is_quote = kind == Break.MIDNUMLET or kind == Break.SINGLE_QUOTE
    was_quote = previous == Break.MIDNUMLET or previous == Break.SINGLE_QUOTE
    if _is_letter(previous):
        if _is_letter(kind) or kind == Break.NUMERIC or kind == Break.EXTENDNUMLET:
            return True
        if kind == Break.MIDLETTER or is_quote:
            if previous == Break.HEBREW_LETTER and kind == Break.SINGLE_QUOTE:
                return True
            return bool(_is_letter(_next_kind(data, after, last, breaks)))
        if kind == Break.DOUBLE_QUOTE and previous == Break.HEBREW_LETTER:
            return bool(_next_kind(data, after, last, breaks) == Break.HEBREW_LETTER)
        return False
    if previous == Break.NUMERIC:
        if kind == Break.NUMERIC or _is_letter(kind) or kind == Break.EXTENDNUMLET:
            return True
        if kind == Break.MIDNUM or is_quote:
            return bool(_next_kind(data, after, last, breaks) == Break.NUMERIC)
        return False
    if previous == Break.KATAKANA:
        return bool(kind == Break.KATAKANA or kind == Break.EXTENDNUMLET)
    if previous == Break.EXTENDNUMLET:
        return bool(
            _is_letter(kind)
            or kind == Break.NUMERIC
            or kind == Break.KATAKANA
            or kind == Break.EXTENDNUMLET
        )
    if _is_letter(kind):
        if previous == Break.MIDLETTER or was_quote:
            return bool(_is_letter(before))
        return bool(
            previous == Break.DOUBLE_QUOTE
            and before == Break.HEBREW_LETTER
            and kind == Break.HEBREW_LETTER
        )
    if kind == Break.NUMERIC and (previous == Break.MIDNUM or was_quote):
        return bool(before == Break.NUMERIC)
    return False


@njit(
    "int64(uint8[::1], int64, int64, uint8[::1], uint32[::1], uint64[::1], int64[::1], int64[::1])",
    cache=True,
    nogil=True,
)
def break_words(
    data: NDArray[np.uint8],
    first: int,
    last: int,
    breaks: NDArray[np.uint8],
    table: NDArray[np.uint32],
    hashes: NDArray[np.uint64],
    before_words: NDArray[np.int64],
    starts: NDArray[np.int64],
) -> int:
    """Words of ``data[first:last]`` that begin with a letter or digit: hash, characters of all
    words before each (one entry more), and first byte. There is room for as many words as
    characters. Returns their number.
    """
    words = total = length = 0
    hashed = np.uint64(0)
    is_word = False
    raw = before = previous = -1
    indicators = 0  # regional indicators that stand in a row before this place
    at = first
    while at < last:
        code, after = decode_one(data, at)
        entry = _entry(breaks, code)
        kind = entry & 0x7F
        if raw == Break.CR and kind == Break.LF:
            is_end = False
        elif raw < 0 or Break.CR <= raw <= Break.NEWLINE or Break.CR <= kind <= Break.NEWLINE:
            is_end = True
        elif (
            (raw == Break.ZWJ and entry & _PICTOGRAPHIC)
            or (raw == kind and kind == Break.WSEGSPACE)
            or _is_skipped(kind)
        ):
            is_end = False
        elif kind == Break.REGIONAL_INDICATOR and previous == kind:
            is_end = indicators % 2 == 0
        else:
            is_end = not _is_joined(before, previous, kind, data, after, last, breaks)
        if is_end:
            if is_word:
                hashes[words], before_words[words] = hashed, total
                words += 1
                total += length
            is_word = classes_of(table, code) & ALPHANUMERIC != 0
            if is_word:
                starts[words] = at
            hashed = np.uint64(0xCBF29CE484222325)
            length = 0
        hashed = (hashed ^ np.uint64(code)) * np.uint64(0x100000001B3)
        length += 1
        raw = kind
        if not _is_skipped(kind):
            indicators = indicators + 1 if kind == Break.REGIONAL_INDICATOR else 0
            before, previous = previous, kind
        at = after
    if is_word:
        hashes[words], before_words[words] = hashed, total
        words += 1
        total += length
    before_words[words] = total
    return words


def split_words(text: str) -> list[str]:
    """Words of one text that begin with a letter or digit, for tests and for reading.

    >>> split_words("Don't pay 3.50 (or 中文)!")
    ["Don't", 'pay', '3.50', 'or', '中', '文']
    """
    data = np.frombuffer(text.encode(), np.uint8).copy()
    before = np.empty(len(text) + 1, np.int64)
    starts = np.empty(len(text), np.int64)
    words = break_words(
        data, 0, len(data), BREAKS, CLASSES, np.empty(len(text), np.uint64), before, starts
    )
    lengths = np.diff(before[: words + 1])
    return [
        bytes(data[start:]).decode()[:length]
        for start, length in zip(starts[:words], lengths, strict=True)
    ]
