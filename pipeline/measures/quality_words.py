"""Lengths, letters, stop words and hashes of the words of a text."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pipeline.measures.quality_counts import Count
from pipeline.text.utf8 import decode_one
from pipeline.text.words import UNSPACED, character

STOP_WORDS = ("the", "be", "to", "of", "and", "that", "have", "with")
"""Gopher's (Rae et al. 2021, section A1.1). They say something of English only."""

FUNCTION_CHARACTERS = "的是不了在有和也之而以其"
"""What Chinese prose is held together by, and lists of keywords are not: eight of the commonest
function words of today, and four of the classical language. One form in both scripts. Ours."""

# A word of up to four bytes as one number.
_STOP_WORD_NUMBERS = np.array(
    [int.from_bytes(word.encode(), "big") for word in STOP_WORDS], np.uint32
)
_FUNCTION_NUMBERS = np.array(
    [int.from_bytes(word.encode(), "big") for word in FUNCTION_CHARACTERS], np.uint32
)


@njit(
    "void(uint8[::1], int64[::1], int64[::1], int64, int64, uint8[::1], uint64[::1], int64[::1],"
    " int64[::1])",
    cache=True,
    nogil=True,
)
def count_words(
    data: NDArray[np.uint8],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    first: int,
    last: int,
    table: NDArray[np.uint8],
    hashes: NDArray[np.uint64],
    lengths_before: NDArray[np.int64],
    row: NDArray[np.int64],
) -> None:
    """Count the words ``first`` to ``last`` of a batch, which are those of one text.

    Writes the hash of each word, and the characters of all words before each (one entry more).
    """
    stop_words_seen = functions_seen = 0
    total = 0
    for word in range(first, last):
        at, end = starts[word], ends[word]
        size = end - at
        if 2 <= size <= 4:
            number = np.uint32(0)
            for place in range(at, end):
                byte = data[place]
                number = number << np.uint32(8) | np.uint32(
                    byte | 0x20 if 65 <= byte <= 90 else byte
                )
            if data[at] < 0x80:
                for stop_word in range(len(_STOP_WORD_NUMBERS)):
                    if number == _STOP_WORD_NUMBERS[stop_word]:
                        stop_words_seen |= 1 << stop_word
            elif size == 3:
                for function in range(len(_FUNCTION_NUMBERS)):
                    if number == _FUNCTION_NUMBERS[function]:
                        functions_seen |= 1 << function
        lengths_before[word - first] = total
        hashed = np.uint64(0xCBF29CE484222325)
        has_letter = False
        is_unspaced = False
        length = 0
        while at < end:
            code, after = decode_one(data, at)
            flags = character(table, code)
            if flags & 0x0F == 1:
                has_letter = True
                if length == 0 and flags & UNSPACED:
                    is_unspaced = True
            hashed = (hashed ^ np.uint64(code)) * np.uint64(0x100000001B3)
            length += 1
            at = after
        hashes[word - first] = hashed ^ hashed >> np.uint64(32)
        total += length
        row[Count.ALPHABETIC_WORDS] += has_letter
        row[Count.LONGEST_WORD] = max(row[Count.LONGEST_WORD], length)
        if not is_unspaced:
            row[Count.SPACED_WORDS] += 1
            row[Count.SPACED_WORD_CHARACTERS] += length
    lengths_before[last - first] = total
    row[Count.WORDS] = last - first
    row[Count.WORD_CHARACTERS] = total
    while stop_words_seen:
        row[Count.STOP_WORDS] += stop_words_seen & 1
        stop_words_seen >>= 1
    while functions_seen:
        row[Count.FUNCTION_CHARACTERS] += functions_seen & 1
        functions_seen >>= 1
