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
from pipeline.dedup.hashing import BASE, as_memory, hash_bytes, mix64
from pipeline.text.utf8 import Texts, Utf8Batch
from pipeline.text.words import CHARACTERS, find_words


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
    memory = as_memory(data)
    starts = np.empty(most_words, np.int64)
    ends = np.empty(most_words, np.int64)
    words = np.empty(most_words, np.uint64)
    capacity = 1
    while capacity < 4 * most_words:
        capacity *= 2
    slots = np.empty(capacity, np.uint64)  # the text's shingles by their hash; 0 is free

    leaving = np.uint64(1)
    for _ in range(shingle_size):
        leaving *= BASE
    hashes = np.empty((len(data) >> 1) + texts + 1, np.uint64)
    hash_offsets = np.zeros(texts + 1, np.int64)
    size = 0
    for i in range(texts):
        first, last = offsets[i], offsets[i + 1]
        count = find_words(data, first, last, table, starts, ends, 0) if last > first else 0
        if count < shingle_size:
            if last > first:
                hashes[size] = mix64(hash_bytes(memory, first, last) ^ BASE)
                size += 1
            hash_offsets[i + 1] = size
            continue
        mask = 1
        while mask < 4 * count:
            mask *= 2
        slots[:mask] = 0
        mask -= 1
        # Rolling hash over the hashes of the words (Karp and Rabin 1987), modulo 2^64.
        rolling = np.uint64(0)
        for j in range(count):
            words[j] = hash_bytes(memory, starts[j], ends[j])
            rolling = rolling * BASE + words[j]
            if j >= shingle_size:
                rolling -= words[j - shingle_size] * leaving
            if j < shingle_size - 1:
                continue
            shingle = mix64(rolling)
            slot = np.int64(shingle & np.uint64(mask))
            while slots[slot] != 0 and slots[slot] != shingle:
                slot = (slot + 1) & mask
            if slots[slot] == 0:
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
