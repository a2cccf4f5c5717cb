"""Shingles: the hashed word n-grams by which two documents are compared.

Words come from ``pipeline.text.words``; where a script writes no spaces every character is a
word, so there these are character n-grams. Punctuation is no part of a word.

A document shorter than a shingle has a single one, made of its whole folded text with the
punctuation: it can only match a document with the same text. An empty one has none.
"""

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pipeline.dedup.folding import fold_texts
from pipeline.dedup.hashing import mix64
from pipeline.text.utf8 import Texts, Utf8Batch
from pipeline.text.words import CHARACTERS, find_words

_BASE = np.uint64(0x9E3779B97F4A7C17)  # odd, and so is (base - 1) / 2: the order of words counts


@dataclass(frozen=True, slots=True)
class Shingles:
    """The sets of distinct shingles of a batch of texts.

    Attributes:
        hashes: uint64 (total shingles,), in the order of first occurrence.
        offsets: int64 (num_texts + 1,); text i has ``hashes[offsets[i]:offsets[i + 1]]``.
    """

    hashes: NDArray[np.uint64]
    offsets: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, text: int) -> NDArray[np.uint64]:
        return self.hashes[self.offsets[text] : self.offsets[text + 1]]

    def sizes(self) -> NDArray[np.int64]:
        """Number of distinct shingles of each text, int64 (num_texts,)."""
        return np.diff(self.offsets)

    def hashes32(self) -> NDArray[np.uint32]:
        """The 32-bit hashes that MinHash permutes: the upper halves, uint32."""
        return (self.hashes >> np.uint64(32)).astype(np.uint32)


@njit("uint64(uint8[::1], int64, int64)", cache=True, nogil=True, inline="always")
def _hash_bytes(data: NDArray[np.uint8], first: int, last: int) -> np.uint64:
    """FNV-1a, finalised."""
    value = np.uint64(0xCBF29CE484222325)
    for at in range(first, last):
        value = (value ^ np.uint64(data[at])) * np.uint64(0x100000001B3)
    return mix64(value)


@njit(
    "Tuple((uint64[::1], int64[::1]))(uint8[::1], int64[::1], uint8[::1], int64)",
    cache=True,
    nogil=True,
)
def _shingle(
    data: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    table: NDArray[np.uint8],
    shingle_size: int,
) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    texts = len(offsets) - 1
    longest = 0
    for i in range(texts):
        longest = max(longest, offsets[i + 1] - offsets[i])
    # A word takes two bytes of text at least: itself and a separator, or three in one.
    most_words = (longest >> 1) + 1
    starts = np.empty(most_words, np.int64)
    ends = np.empty(most_words, np.int64)
    words = np.empty(most_words, np.uint64)
    capacity = 2
    while capacity < 2 * most_words:
        capacity *= 2
    slots = np.empty(capacity, np.uint64)
    owners = np.zeros(capacity, np.int64)  # 1 + the text that last wrote the slot

    leaving = np.uint64(1)
    for _ in range(shingle_size):
        leaving *= _BASE
    hashes = np.empty((len(data) >> 1) + texts + 1, np.uint64)
    hash_offsets = np.zeros(texts + 1, np.int64)
    size = 0
    for i in range(texts):
        first, last = offsets[i], offsets[i + 1]
        count = find_words(data, first, last, table, starts, ends, 0) if last > first else 0
        if count < shingle_size:
            if last > first:
                hashes[size] = mix64(_hash_bytes(data, first, last) ^ _BASE)
                size += 1
            hash_offsets[i + 1] = size
            continue
        mask = 1
        while mask < 2 * count:
            mask *= 2
        mask -= 1
        # Rolling hash over the hashes of the words (Karp and Rabin 1987), modulo 2^64.
        rolling = np.uint64(0)
        for j in range(count):
            words[j] = _hash_bytes(data, starts[j], ends[j])
            rolling = rolling * _BASE + words[j]
            if j >= shingle_size:
                rolling -= words[j - shingle_size] * leaving
            if j < shingle_size - 1:
                continue
            shingle = mix64(rolling)
            slot = np.int64(shingle & np.uint64(mask))
            while owners[slot] == i + 1 and slots[slot] != shingle:
                slot = (slot + 1) & mask
            if owners[slot] != i + 1:
                owners[slot] = i + 1
                slots[slot] = shingle
                hashes[size] = shingle
                size += 1
        hash_offsets[i + 1] = size
    return hashes[:size], hash_offsets


def shingle_folded(folded: Utf8Batch, shingle_size: int) -> Shingles:
    """Shingles of texts that ``fold_texts`` has folded."""
    hashes, offsets = _shingle(folded.bytes, folded.offsets, CHARACTERS, shingle_size)
    return Shingles(hashes, offsets)


def shingle_texts(texts: Texts, shingle_size: int = 5) -> Shingles:
    """Distinct shingles of each text.

    >>> shingle_texts(["one two three four five six", "Too short.", "", "機械学習モデル"]).sizes()
    array([2, 1, 0, 3])
    """
    return shingle_folded(fold_texts(texts), shingle_size)
