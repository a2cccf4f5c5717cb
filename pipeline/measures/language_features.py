"""The evidence in a text: the n-grams that end at each character, and the words."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pipeline.measures.language_profiles import (
    HASH_MULTIPLIER,
    HASH_SHIFT,
    LONGEST_NGRAM,
    NO_SYMBOL,
    ROW_MASK,
    SLOT_BITS,
    SPACE_SYMBOL,
    SYMBOL_BITS,
    UNKNOWN_SYMBOL,
    WORD_FLAG,
)

MIN_WORD = 3
"""Symbols of the shortest word that is evidence by itself."""


# Unsigned: LLVM takes it for granted that signed numbers do not overflow.
@njit("uint64(uint64, uint64)", cache=True, nogil=True)
def _add_to_word(word: np.uint64, symbol: np.uint64) -> np.uint64:
    return np.uint64((word ^ symbol) * np.uint64(0x100000001B3))  # FNV-1a


@njit("int64(uint64)", cache=True, nogil=True)
def _word_key(word: np.uint64) -> int:
    return int((word ^ word >> np.uint64(29)) & np.uint64(WORD_FLAG - 1) | np.uint64(WORD_FLAG))


@njit("int64(uint32[::1], int64, boolean, int64[:, ::1], int64[::1])", cache=True, nogil=True)
def collect_keys(
    symbols: NDArray[np.uint32],
    count: int,
    keep_latin: bool,
    ngrams: NDArray[np.int64],
    words: NDArray[np.int64],
) -> int:
    """Keys of all n-grams and words of a text, letters of the other kind of script left out.

    Args:
        symbols: as ``transcribe_text`` writes them; ``count`` of them.
        keep_latin: whether Latin letters are read, or all the others.
        ngrams: filled with the keys of the n-grams that end at each character, the longest last,
            (count + 1, LONGEST_NGRAM), -1 where there is none.
        words: filled with the key of the word that ends there, or -1, (count + 1,).

    Returns:
        Number of characters that can be evidence: rows of ``ngrams`` that are filled.
    """
    first = second = third = np.int64(NO_SYMBOL)  # the symbols before, the nearest first
    first = np.int64(SPACE_SYMBOL)
    word = np.uint64(0)
    letters = 0
    filled = 0
    for k in range(count + 1):
        symbol = np.int64(SPACE_SYMBOL)
        if k < count:
            symbol = np.int64(symbols[k] & 0xFFFF)
            kind = (symbols[k] >> 16) & 0xF
            if symbol == NO_SYMBOL or (kind != 0 and (kind == 1) != keep_latin):
                symbol = np.int64(SPACE_SYMBOL)
        if symbol == SPACE_SYMBOL and first == SPACE_SYMBOL:
            continue
        words[filled] = -1
        if symbol == SPACE_SYMBOL:
            if letters >= MIN_WORD:
                words[filled] = _word_key(word)
            word = np.uint64(0)
            letters = 0
        else:
            word = _add_to_word(word, np.uint64(symbol))
            letters += 1
        for length in range(LONGEST_NGRAM):
            ngrams[filled, length] = -1
        if symbol == UNKNOWN_SYMBOL:
            first = second = third = np.int64(NO_SYMBOL)
            filled += 1
            continue
        key = symbol
        if symbol != SPACE_SYMBOL:
            ngrams[filled, 0] = key
        if first != NO_SYMBOL:
            key |= first << SYMBOL_BITS
            ngrams[filled, 1] = key
            if second != NO_SYMBOL:
                key |= second << (2 * SYMBOL_BITS)
                ngrams[filled, 2] = key
                if third != NO_SYMBOL:
                    ngrams[filled, 3] = key | third << (3 * SYMBOL_BITS)
        filled += 1
        # No n-gram reaches over a space.
        if symbol == SPACE_SYMBOL:
            first, second, third = symbol, np.int64(NO_SYMBOL), np.int64(NO_SYMBOL)
        else:
            first, second, third = symbol, first, second
    return filled


@njit("int64(uint64[::1], int64)", cache=True, nogil=True)
def find_row(slots: NDArray[np.uint64], key: int) -> int:
    """Row of a key, or -1."""
    tag = np.uint64(key) * HASH_MULTIPLIER
    at = np.int64(tag >> HASH_SHIFT)
    tag &= ~ROW_MASK
    while slots[at] != 0:
        if slots[at] & ~ROW_MASK == tag:
            return int(slots[at] & ROW_MASK) - 1
        at = np.int64((at + 1) & ((1 << SLOT_BITS) - 1))
    return -1
