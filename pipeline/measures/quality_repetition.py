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


@njit("int64(int64)", cache=True, nogil=True)
def table_size(entries: int) -> int:
    """Length of the table for that many entries: pairs of key and uses, at most half of them
    taken, their number a power of two."""
    pairs = 4
    while pairs < 2 * entries:
        pairs *= 2
    return 2 * pairs


@njit("int64(uint64[::1], int64, uint64)", cache=True, nogil=True, inline="always")
def count_use(table: NDArray[np.uint64], size: int, key: np.uint64) -> int:
    """Count one more use of a key; returns where in the table its uses stand."""
    pair = np.int64((key ^ key >> np.uint64(32)) & np.uint64(size // 2 - 1))
    while table[2 * pair + 1] and table[2 * pair] != key:
        pair = (pair + 1) & (size // 2 - 1)
    table[2 * pair] = key
    table[2 * pair + 1] += np.uint64(1)
    return int(2 * pair + 1)


@njit("Tuple((int64, int64))(uint64[::1], int64[::1], int64, uint64[::1])", cache=True, nogil=True)
def count_repeats(
    hashes: NDArray[np.uint64],
    lengths: NDArray[np.int64],
    entries: int,
    table: NDArray[np.uint64],
) -> tuple[int, int]:
    """Entries whose hash has occurred before, and the sum of their lengths.

    ``table`` is scratch of ``table_size(entries)``.
    """
    size = table_size(entries)
    table[:size] = 0
    repeats = 0
    repeated_length = 0
    for entry in range(entries):
        if table[count_use(table, size, hashes[entry])] > 1:
            repeats += 1
            repeated_length += lengths[entry]
    return repeats, repeated_length


@njit(
    "int64(uint64[::1], int64, int64, uint64[::1], int64[::1], int64)",
    cache=True,
    nogil=True,
    inline="always",
)
def lengthen_grams(
    word_hashes: NDArray[np.uint64],
    words: int,
    n: int,
    grams: NDArray[np.uint64],
    places: NDArray[np.int64],
    entries: int,
) -> int:
    """Make n-grams of (n - 1)-grams, in place; how many fit into the text."""
    kept = 0
    for entry in range(entries):
        place = places[entry]
        if place + n <= words:
            mixed = (grams[entry] ^ grams[entry] >> np.uint64(29)) * np.uint64(0xBF58476D1CE4E5B9)
            grams[kept] = mixed + word_hashes[place + n - 1]
            places[kept] = place
            kept += 1
    return kept


@njit(
    "int64(uint64[::1], int64[::1], int64[::1], int64, uint64[::1])",
    cache=True,
    nogil=True,
    inline="always",
)
def keep_repeated(
    grams: NDArray[np.uint64],
    places: NDArray[np.int64],
    slots: NDArray[np.int64],
    entries: int,
    table: NDArray[np.uint64],
) -> int:
    """Leave those whose use in ``table`` is more than one, in place; how many they are."""
    kept = 0
    for entry in range(entries):
        if table[slots[entry]] > 1:
            grams[kept] = grams[entry]
            places[kept] = places[entry]
            slots[kept] = slots[entry]
            kept += 1
    return kept


@njit(
    "void(uint64[::1], int64[::1], int64, uint64[::1], int64[::1], int64[::1], uint64[::1],"
    " int64[::1])",
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
    table: NDArray[np.uint64],
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
        table: scratch of ``table_size(words)``.
        row: the counts of the text.
    """
    entries = words
    for place in range(words):
        grams[place] = word_hashes[place]
        places[place] = place
    for n in range(2, _LONGEST_GRAM + 1):
        entries = lengthen_grams(word_hashes, words, n, grams, places, entries)
        if entries < 2:
            return
        size = table_size(entries)
        table[:size] = 0
        for entry in range(entries):
            slots[entry] = count_use(table, size, grams[entry])
        if n <= 4:
            most, longest = 1, 0
            for entry in range(entries):
                used = int(table[slots[entry]])
                length = int(ends[places[entry] + n] - ends[places[entry]])
                if used > most or (used == most > 1 and length > longest):
                    most, longest = used, length
            row[Count.TOP_2_GRAM + n - 2] = most * longest
        entries = keep_repeated(grams, places, slots, entries, table)
        if n >= 5:
            free_from = 0
            repeated = 0
            for entry in range(entries):
                place = places[entry]
                if place >= free_from:
                    if table[slots[entry]]:
                        table[slots[entry]] = 0
                    else:  # seen
                        repeated += ends[place + n] - ends[place]
                        free_from = place + n
            row[Count.DUPLICATE_5_GRAMS + n - 5] = repeated
