"""The single definition of character class, script, word, sentence and line.

A *word* is a maximal run of letters, marks and digits in scripts that put spaces between
words (an apostrophe or a hyphen in it that a letter follows stays inside it). In scripts that do
not (Han, Hiragana, Katakana, Thai, Lao, Khmer, Burmese, Tibetan) every character with the marks
that follow it is a word. Word n-grams are thereby character n-grams where they should be.

A *line* ends at ``\\n``. A *sentence* ends at a terminal mark of any script.
"""

import unicodedata
from enum import IntEnum

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pipeline.text.utf8 import Texts, Utf8Batch, as_utf8, decode_one


class CharacterClass(IntEnum):
    """What a character is for; the low bits of an entry of ``CHARACTERS``."""

    OTHER = 0
    """Controls, private use, unassigned, surrogates."""
    LETTER = 1
    MARK = 2
    DIGIT = 3
    SPACE = 4
    NEWLINE = 5
    JOINER = 6
    """Apostrophes and hyphens: inside a word before a letter, punctuation elsewhere."""
    PUNCTUATION = 7
    SYMBOL = 8


CLASS_MASK = 0x0F
UNSPACED = 0x10
"""Letter of a script that writes no spaces between words."""
TERMINAL = 0x20
"""Ends a sentence."""
UPPERCASE = 0x40
HAN_OR_KANA = 0x80
"""Chinese and Japanese characters, a subset of UNSPACED."""

_UNSPACED_RANGES = (
    (0x0E00, 0x0E7F),  # Thai
    (0x0E80, 0x0EFF),  # Lao
    (0x0F00, 0x0FFF),  # Tibetan
    (0x1000, 0x109F),  # Myanmar
    (0x1780, 0x17FF),  # Khmer
    (0xA9E0, 0xA9FF),  # Myanmar Extended-B
    (0xAA60, 0xAA7F),  # Myanmar Extended-A
)
_HAN_OR_KANA_RANGES = (
    (0x2E80, 0x2FDF),  # radicals
    (0x3005, 0x3007),
    (0x3021, 0x3029),
    (0x3031, 0x3035),
    (0x3038, 0x303B),
    (0x3040, 0x30FF),  # Hiragana, Katakana
    (0x3100, 0x312F),  # Bopomofo
    (0x31A0, 0x31BF),
    (0x31F0, 0x31FF),
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0xFF66, 0xFF9F),  # half-width Katakana
    (0x1AFF0, 0x1B16F),
    (0x20000, 0x3FFFF),  # supplementary ideographic planes
)
_TERMINALS = ".!?…‽。！？．｡؟۔।॥။፧።៕៚᠃᠉⁇⁈⁉⸮꘏"
_JOINERS = "'’ʼ-‐‑"
# Beyond this code point nothing is a letter with case, a mark or a digit that text uses; Han is
# handled by range, all else is OTHER. Keeps the table small and quick to build.
_TABLE_SIZE = 0x20000


def _build_table() -> NDArray[np.uint8]:
    table = np.zeros(_TABLE_SIZE + 1, np.uint8)
    by_category = {
        "L": CharacterClass.LETTER,
        "M": CharacterClass.MARK,
        "N": CharacterClass.DIGIT,
        "P": CharacterClass.PUNCTUATION,
        "S": CharacterClass.SYMBOL,
        "Z": CharacterClass.SPACE,
        "C": CharacterClass.OTHER,
    }
    for code in range(_TABLE_SIZE):
        category = unicodedata.category(chr(code))
        table[code] = by_category[category[0]] | (UPPERCASE if category in ("Lu", "Lt") else 0)
    for character in "\t\v\f\u0085":
        table[ord(character)] = CharacterClass.SPACE
    for character in "\n\r\u2028\u2029":
        table[ord(character)] = CharacterClass.NEWLINE
    for character in _JOINERS:
        table[ord(character)] = CharacterClass.JOINER
    for character in _TERMINALS:
        table[ord(character)] |= TERMINAL
    for first, last in (*_UNSPACED_RANGES, *_HAN_OR_KANA_RANGES):
        for code in range(first, min(last + 1, _TABLE_SIZE)):
            if table[code] & CLASS_MASK == CharacterClass.LETTER:
                table[code] |= UNSPACED
    for first, last in _HAN_OR_KANA_RANGES:
        for code in range(first, min(last + 1, _TABLE_SIZE)):
            if table[code] & UNSPACED:
                table[code] |= HAN_OR_KANA
    table[_TABLE_SIZE] = 0
    return table


CHARACTERS: NDArray[np.uint8] = _build_table()
"""uint8 (0x20001,): class and flags of each code point; read it through ``character``."""


@njit("uint8(uint8[::1], uint32)", cache=True, nogil=True, inline="always")
def character(table: NDArray[np.uint8], code: np.uint32) -> np.uint8:
    """Class and flags of a code point; ``table`` is ``CHARACTERS``."""
    if code < 0x20000:
        return np.uint8(table[code])
    if code <= 0x3FFFF:
        return np.uint8(1 | 0x10 | 0x80)  # LETTER | UNSPACED | HAN_OR_KANA
    return np.uint8(0)


@njit(
    "int64(uint8[::1], int64, int64, uint8[::1], int64[::1], int64[::1], int64)",
    cache=True,
    nogil=True,
)
def find_words(
    data: NDArray[np.uint8],
    first: int,
    last: int,
    table: NDArray[np.uint8],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    count: int,
) -> int:
    """Byte spans of the words in ``data[first:last]``.

    Writes them to ``starts`` and ``ends`` from position ``count`` on and returns the new
    count; with empty output arrays it only counts.
    """
    keep = len(starts) > 0
    at = first
    inside = False
    while at < last:
        code, after = decode_one(data, at)
        flags = character(table, code)
        kind = flags & 0x0F
        if kind == 1 and flags & 0x10:  # a letter that is a word by itself
            if inside and keep:
                ends[count - 1] = at
            inside = True
            if keep:
                starts[count] = at
            count += 1
            # Marks that follow belong to it; anything else ends it.
            at = after
            while at < last:
                code, after = decode_one(data, at)
                if character(table, code) & 0x0F != 2:
                    break
                at = after
            if keep:
                ends[count - 1] = at
            inside = False
            continue
        if kind == 1 or kind == 3 or (kind == 2 and inside):
            if not inside:
                inside = True
                if keep:
                    starts[count] = at
                count += 1
        elif inside:
            if kind == 6 and after < last:
                following, _ = decode_one(data, after)
                next_flags = character(table, following)
                joins = next_flags & 0x0F == 1 and not next_flags & 0x10
            else:
                joins = False
            if not joins:
                inside = False
                if keep:
                    ends[count - 1] = at
        at = after
    if inside and keep:
        ends[count - 1] = last
    return count


@njit(
    "Tuple((int64[::1], int64[::1], int64[::1]))(uint8[::1], int64[::1], uint8[::1])",
    cache=True,
    nogil=True,
)
def _word_spans(
    data: NDArray[np.uint8], offsets: NDArray[np.int64], table: NDArray[np.uint8]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    texts = len(offsets) - 1
    word_offsets = np.zeros(texts + 1, np.int64)
    nothing = np.zeros(0, np.int64)
    for i in range(texts):
        count = find_words(data, offsets[i], offsets[i + 1], table, nothing, nothing, 0)
        word_offsets[i + 1] = word_offsets[i] + count
    starts = np.empty(max(1, word_offsets[texts]), np.int64)
    ends = np.empty(max(1, word_offsets[texts]), np.int64)
    for i in range(texts):
        find_words(data, offsets[i], offsets[i + 1], table, starts, ends, word_offsets[i])
    return starts[: word_offsets[texts]], ends[: word_offsets[texts]], word_offsets


def word_spans(
    batch: Utf8Batch,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Words of a batch: byte starts, byte ends (num_words,), and the position of each text's
    first word (num_texts + 1,)."""
    starts, ends, word_offsets = _word_spans(batch.bytes, batch.offsets, CHARACTERS)
    return starts, ends, word_offsets


@njit("Tuple((int64[::1], int64[::1], int64[::1]))(uint8[::1], int64[::1])", cache=True, nogil=True)
def _line_spans(
    data: NDArray[np.uint8], offsets: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    most = len(offsets) - 1 + np.count_nonzero(data == 10)
    starts, ends = np.empty(most, np.int64), np.empty(most, np.int64)
    line_offsets = np.zeros_like(offsets)
    count = 0
    for text in range(len(offsets) - 1):
        first = offsets[text]
        for at in range(offsets[text], offsets[text + 1] + 1):
            if at == offsets[text + 1] or data[at] == 10:
                start, end = first, at
                while start < end and (data[start] == 32 or data[start] == 9):
                    start += 1
                while end > start and (data[end - 1] == 32 or data[end - 1] == 9):
                    end -= 1
                starts[count], ends[count] = start, end
                count += 1
                first = at + 1
        line_offsets[text + 1] = count
    return starts[:count], ends[:count], line_offsets


def line_spans(
    batch: Utf8Batch,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Lines of a batch without the blanks and tabs around them: byte starts, byte ends
    (num_lines,), and the position of each text's first line (num_texts + 1,)."""
    starts, ends, line_offsets = _line_spans(batch.bytes, batch.offsets)
    return starts, ends, line_offsets


def split_words(text: str) -> list[str]:
    """Words of one text, for tests and for reading.

    >>> split_words("It's a well-known fact: 3.5 m.")
    ["It's", 'a', 'well-known', 'fact', '3', '5', 'm']
    >>> split_words("我们用 Spark。")
    ['我', '们', '用', 'Spark']
    """
    batch = as_utf8([text])
    starts, ends, _ = word_spans(batch)
    return [bytes(batch.bytes[start:end]).decode() for start, end in zip(starts, ends, strict=True)]


def count_words(texts: Texts) -> NDArray[np.int64]:
    """Number of words of each text, int64 (num_texts,)."""
    return np.diff(word_spans(as_utf8(texts))[2])
