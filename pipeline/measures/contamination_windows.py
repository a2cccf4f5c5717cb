"""Windows of words: the runs in which texts are compared with evaluation items.

Where a script writes no spaces every character is a word, and one of them says less than a word
does. So words weigh: a window is the shortest run from a word on whose weights reach a target.
The same run of words has the same windows in any text.
"""

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pipeline.dedup.folding import fold_spans
from pipeline.dedup.hashing import BASE, mix64
from pipeline.dedup.passages import hash_spans
from pipeline.text.utf8 import Texts, Utf8Batch, as_utf8, decode_one
from pipeline.text.words import CHARACTERS, UNSPACED, character, word_spans


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a batch of texts.

    Attributes:
        folded: each word by itself, folded (case, width, apostrophes).
        hashes: uint64 (num_words,).
        is_character: bool (num_words,); a character of a script without spaces.
        starts, ends: int64 (num_words,), bytes of the texts laid end to end.
        offsets: int64 (num_texts + 1,), the first word of each text.
        text_starts: int64 (num_texts + 1,), the first byte of each text.
    """

    folded: Utf8Batch
    hashes: NDArray[np.uint64]
    is_character: NDArray[np.bool_]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    offsets: NDArray[np.int64]
    text_starts: NDArray[np.int64]


@njit("boolean[::1](uint8[::1], int64[::1], uint8[::1])", cache=True, nogil=True)
def _begin_unspaced(
    data: NDArray[np.uint8], starts: NDArray[np.int64], table: NDArray[np.uint8]
) -> NDArray[np.bool_]:
    found = np.zeros(len(starts), np.bool_)
    for i in range(len(starts)):
        if data[starts[i]] >= 0x80:
            code, _ = decode_one(data, starts[i])
            found[i] = character(table, code) & UNSPACED != 0
    return found


def read_words(texts: Texts) -> Words:
    """Words of texts in NFC."""
    batch = as_utf8(texts)
    starts, ends, offsets = word_spans(batch)
    folded = fold_spans(batch, starts, ends)
    hashes = hash_spans(folded.bytes, folded.offsets[:-1].copy(), folded.offsets[1:].copy())
    is_character = _begin_unspaced(batch.bytes, starts, CHARACTERS)
    return Words(folded, hashes, is_character, starts, ends, offsets, batch.offsets)


@njit("uint64(uint64)", cache=True, nogil=True)
def _inverse(odd: np.uint64) -> np.uint64:
    """Of an odd number modulo 2^64, by Newton's iteration: each step doubles the right bits."""
    inverse = odd
    for _ in range(6):
        inverse *= np.uint64(2) - odd * inverse
    return inverse


@njit(
    "Tuple((uint64[::1], int64[::1]))(uint64[::1], int64[::1], int64[::1], int64)",
    cache=True,
    nogil=True,
)
def _windows(
    hashes: NDArray[np.uint64],
    weights: NDArray[np.int64],
    offsets: NDArray[np.int64],
    target: int,
) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    found = np.zeros(len(hashes), np.uint64)
    sizes = np.zeros(len(hashes), np.int64)
    for text in range(len(offsets) - 1):
        first, last = offsets[text], offsets[text + 1]
        after = first
        rolling = np.uint64(0)  # of the words from `start` to `after` (Karp and Rabin 1987)
        leaving = np.uint64(1)  # BASE to the power of their number
        inverse = _inverse(BASE)
        weight = np.int64(0)
        for start in range(first, last):
            while after < last and weight < target:
                rolling = rolling * BASE + hashes[after]
                leaving *= BASE
                weight += weights[after]
                after += 1
            if weight < target:
                break
            found[start] = mix64(rolling)
            sizes[start] = after - start
            leaving *= inverse
            rolling -= hashes[start] * leaving
            weight -= weights[start]
    return found, sizes


def windows(
    words: Words, min_words: int, min_characters: int, share: float = 1.0
) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """The window that begins with each word: its hash, uint64 (num_words,), and its number of
    words, int64 (num_words,); both are 0 where the text ends before.

    Args:
        min_words, min_characters: length of a window in words of scripts with spaces, and in
            characters of scripts without; mixed text goes by the sum of the shares.
        share: of such a length.
    """
    weights = np.where(words.is_character, min_words, min_characters)
    target = max(1, int(np.ceil(share * min_words * min_characters)))
    return _windows(words.hashes, weights, words.offsets, target)
