"""Hashed n-grams of a text, block by block: what the toxicity model looks at.

In scripts that put spaces between words: each word, each pair of neighbouring words, and the 3- to
5-grams of the characters of a word with its two edges. In Han, Kana, Thai and the like: the 1- to
4-grams of characters. Letters are lower-cased, full-width forms narrowed, invisible characters
skipped, and a letter repeated more than twice is read as two ("sooooo").

A feature is one 32-bit number: the lowest bit is its sign, the top ``BUCKET_BITS`` are its bucket
(feature hashing: Weinberger et al. 2009).
"""

import unicodedata
from functools import cache

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pipeline.text.utf8 import decode_one
from pipeline.text.words import character

BUCKET_BITS = 21
BLOCK_LETTERS = 100
"""A block ends with the word that brings it to this many letters; a character of an unspaced script
counts for ``UNSPACED_LETTERS``."""
UNSPACED_LETTERS = 3
LONGEST_WORD = 48
"""A longer run of letters is read as several words."""
BLOCK_FEATURES = 1024
"""More than a block can have: 150 letters with three n-grams each, 100 words with five more."""
_WORD_SEED, _PAIR_SEED, _PIECE_SEED = 0x51ED270B, 0x2C1B3C6D, 0x297A2D39
_EDGE = 0x20


@cache
def folding() -> NDArray[np.uint16]:
    """uint16 (65536,): lower-case, width-folded form of each code point of the BMP.

    >>> "".join(chr(folding()[ord(c)]) for c in "ABCßЖΩİ１")
    'abcßжωi1'
    """
    table = np.arange(0x10000, dtype=np.uint16)
    for code in range(0x10000):
        letter = unicodedata.normalize("NFKC", chr(code)) if 0xFF01 <= code <= 0xFF5E else chr(code)
        folded = ord(letter.lower()[0])
        if folded < 0x10000:
            table[code] = folded
    return table


@njit("uint32(uint32, uint32)", cache=True, nogil=True)
def _mix(state: np.uint32, value: np.uint32) -> np.uint32:
    """FNV-1a's step, with a whole code point at a time."""
    return np.uint32(np.uint32(state ^ value) * np.uint32(0x01000193))


@njit("uint32(uint32)", cache=True, nogil=True)
def _finish(state: np.uint32) -> np.uint32:
    """murmur3's finalizer: every bit of the state moves every bit of the feature."""
    state = np.uint32(np.uint32(state ^ state >> np.uint32(16)) * np.uint32(0x85EBCA6B))
    state = np.uint32(np.uint32(state ^ state >> np.uint32(13)) * np.uint32(0xC2B2AE35))
    return np.uint32(state ^ state >> np.uint32(16))


@njit("int64(uint32[::1], int64, int64, int64, uint32[::1], int64)", cache=True, nogil=True)
def _emit_pieces(
    codes: NDArray[np.uint32],
    length: int,
    shortest: int,
    longest: int,
    features: NDArray[np.uint32],
    count: int,
) -> int:
    """Append the n-grams of ``codes[:length]``, read backwards from each character."""
    for last in range(length):
        state = np.uint32(_PIECE_SEED)
        for n in range(1, min(longest, last + 1) + 1):
            state = _mix(state, codes[last + 1 - n])
            if n >= shortest:
                features[count] = _finish(state)
                count += 1
    return count


@njit(
    "Tuple((int64, int64, boolean))(uint8[::1], int64, int64, uint8[::1], uint16[::1],"
    " uint32[::1])",
    cache=True,
    nogil=True,
)
def _read_run(
    data: NDArray[np.uint8],
    at: int,
    last: int,
    table: NDArray[np.uint8],
    fold: NDArray[np.uint16],
    codes: NDArray[np.uint32],
) -> tuple[int, int, bool]:
    """Next word, or run of an unspaced script, from ``at`` on: folded characters in
    ``codes[1:1 + length]``. Returns the position after it, ``length``, and if it is unspaced."""
    length = 0
    unspaced = False
    while at < last:
        if data[at] < 0x80:
            code, after = np.uint32(data[at]), at + 1
        else:
            code, after = decode_one(data, at)
        flags = character(table, code)
        kind = flags & 0x0F
        if kind == 0 and (0x200B <= code <= 0x200D or code == 0xAD or code == 0xFEFF):
            at = after
            continue
        is_unspaced = flags & 0x10 != 0
        inside = kind == 1 or kind == 3 or (kind == 2 and length > 0)
        if not inside and length > 0 and not unspaced and code in (0x2A, 0x40, 0x24, 0x21):
            # * @ $ ! between two letters stand for letters.
            inside = after < last and character(table, np.uint32(data[after])) & 0x0F == 1
        if not inside:
            at = after
            if length > 0:
                break
            continue
        if length > 0 and kind != 2 and is_unspaced != unspaced:
            break
        at = after
        if length == 0:
            unspaced = is_unspaced
        if code < 0x10000:
            code = np.uint32(fold[code])
        if length >= 2 and codes[length] == code and codes[length - 1] == code:
            continue
        length += 1
        codes[length] = code
        if length == LONGEST_WORD or (unspaced and length * UNSPACED_LETTERS >= BLOCK_LETTERS):
            break
    return at, length, unspaced


@njit(
    "Tuple((int64, int64))(uint8[::1], int64, int64, uint8[::1], uint16[::1], uint32[::1],"
    " uint32[::1])",
    cache=True,
    nogil=True,
)
def read_block(
    data: NDArray[np.uint8],
    at: int,
    last: int,
    table: NDArray[np.uint8],
    fold: NDArray[np.uint16],
    codes: NDArray[np.uint32],
    features: NDArray[np.uint32],
) -> tuple[int, int]:
    """Features of the block that begins at ``at``.

    Args:
        table, fold: ``pipeline.text.words.CHARACTERS`` and ``folding()``.
        codes: scratch, uint32 (LONGEST_WORD + 2,).
        features: written from its start, uint32 (BLOCK_FEATURES,).

    Returns:
        The position after the block, and the number of features.
    """
    count = 0
    letters = 0
    previous = np.uint32(0)
    while at < last and letters < BLOCK_LETTERS:
        at, length, unspaced = _read_run(data, at, last, table, fold, codes)
        if length == 0:
            break
        if unspaced:
            letters += length * UNSPACED_LETTERS
            count = _emit_pieces(codes[1:], length, 1, 4, features, count)
            previous = np.uint32(0)
            continue
        letters += length
        codes[0] = _EDGE
        codes[length + 1] = _EDGE
        count = _emit_pieces(codes, length + 2, 3, 5, features, count)
        word = np.uint32(_WORD_SEED)
        for k in range(1, length + 1):
            word = _mix(word, codes[k])
        features[count] = _finish(word)
        count += 1
        if previous != 0:
            features[count] = _finish(_mix(_mix(np.uint32(_PAIR_SEED), previous), word))
            count += 1
        previous = word
    return at, count
