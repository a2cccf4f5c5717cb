"""Repetition: lines, paragraphs and word n-grams that occur again, by 64-bit hashes.

Source: Rae et al. 2021, "Scaling Language Models: Methods, Analysis & Insights from Training
Gopher", table A1. As in datatrove, the first occurrence does not count and n-grams are read from
left to right without overlap.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pipeline.measures.quality_counts import Count

_LONGEST_GRAM = 10


@njit("int64(uint64[::1], int32[::1], int64, uint64)", cache=True, nogil=True, inline="always")
def _slot_of(keys: NDArray[np.uint64], uses: NDArray[np.int32], mask: int, key: np.uint64) -> int:
    """Slot of a key in an open-addressing table; a slot with no uses is free."""
    slot = np.int64((key ^ key >> np.uint64(32)) & np.uint64(mask))
    while uses[slot] and keys[slot] != key:
        slot = (slot + 1) & mask
    keys[slot] = key
    return int(slot)


@njit("int64(int64)", cache=True, nogil=True)
def table_size(entries: int) -> int:
    """Slots of a table for that many entries: a power of two, at most half full."""
    size = 4
    while size < 2 * entries:
        size *= 2
    return size


@njit(
    "Tuple((int64, int64))(uint64[::1], int64[::1], int64, uint64[::1], int32[::1])",
    cache=True,
    nogil=True,
)
def count_repeats(
    hashes: NDArray[np.uint64],
    lengths: NDArray[np.int64],
    entries: int,
    keys: NDArray[np.uint64],
    uses: NDArray[np.int32],
) -> tuple[int, int]:
    """Entries whose hash has occurred before, and the sum of their lengths."""
    size = table_size(entries)
    uses[:size] = 0
    repeats = 0
    repeated_length = 0
    for entry in range(entries):
        slot = _slot_of(keys, uses, size - 1, hashes[entry])
        if uses[slot]:
            repeats += 1
            repeated_length += lengths[entry]
        uses[slot] += 1
    return repeats, repeated_length


@njit(
    "void(uint64[::1], int64[::1], int64, uint64[::1], int64[::1], int64[::1], uint64[::1],"
    " int32[::1], int64[::1])",
    cache=True,
    nogil=True,
)
def count_grams(
    word_hashes: NDArray[np.uint64],
    ends: NDArray[np.int64],
    words: int,
    grams: NDArray[np.uint64],
    places: NDArray[np.int64],
    slots: NDArray[np.int64],
    keys: NDArray[np.uint64],
    uses: NDArray[np.int32],
    row: NDArray[np.int64],
) -> None:
    """Fill the n-gram counts of one text, n = 2 to 10.

    An n-gram can occur twice only where its first n - 1 words do, so every round looks only at
    the places that the round before found repeated: few, in natural text.

    Args:
        word_hashes: hash of each word.
        ends: (words + 1,), characters of all words before each word.
        words: number of words.
        grams, places, slots: scratch (words,).
        keys, uses: hash table of ``table_size(words)`` slots.
        row: the counts of the text.
    """
    entries = words
    for place in range(words):
        grams[place] = word_hashes[place]
        places[place] = place
    for n in range(2, _LONGEST_GRAM + 1):
        kept = 0
        for entry in range(entries):
            place = places[entry]
            if place + n <= words:
                mixed = (grams[entry] ^ grams[entry] >> np.uint64(29)) * np.uint64(
                    0xBF58476D1CE4E5B9
                )
                grams[kept] = mixed + word_hashes[place + n - 1]
                places[kept] = place
                kept += 1
        entries = kept
        if entries < 2:
            return
        size = table_size(entries)
        uses[:size] = 0
        for entry in range(entries):
            slot = _slot_of(keys, uses, size - 1, grams[entry])
            uses[slot] += 1
            slots[entry] = slot
        if n <= 4:
            most, longest = 1, 0
            for entry in range(entries):
                used = uses[slots[entry]]
                length = ends[places[entry] + n] - ends[places[entry]]
                if used > most or (used == most > 1 and length > longest):
                    most, longest = used, length
            row[Count.TOP_2_GRAM + n - 2] = most * longest
        kept = 0
        for entry in range(entries):
            if uses[slots[entry]] > 1:
                grams[kept] = grams[entry]
                places[kept] = places[entry]
                slots[kept] = slots[entry]
                kept += 1
        entries = kept
        if n >= 5:
            free_from = 0
            repeated = 0
            for entry in range(entries):
                place = places[entry]
                if place >= free_from:
                    if uses[slots[entry]] < 0:  # seen
                        repeated += ends[place + n] - ends[place]
                        free_from = place + n
                    else:
                        uses[slots[entry]] = -1
            row[Count.DUPLICATE_5_GRAMS + n - 5] = repeated
