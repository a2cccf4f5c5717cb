"""Repeated n-grams as datatrove, Dolma and DCLM count them; see W5: one name, three numbers."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pipeline.measures.quality_counts import Count
from pipeline.measures.quality_repetition import (
    count_use,
    keep_repeated,
    lengthen_grams,
    table_size,
)

DATATROVE = 0
"""Top: the first of the most frequent, also when it occurs once, with the blanks between its words.
Duplicates: those that have occurred before, from left to right without overlap. datatrove joins
their words without blanks, so that "ab c" is "a bc" there; here it is not."""
DOLMA = 1
"""Top: as above without blanks. Duplicates: every copy of what occurs twice, overlapping."""
DCLM = 2
"""Top: the longest of the most frequent, nothing when none occurs twice. Duplicates: the words that
any copy of a repeated n-gram covers."""

_LONGEST_GRAM = 10


@njit(
    "int64(int64[::1], int64, int64, int64[::1], int64[::1], int64, uint64[::1])",
    cache=True,
    nogil=True,
)
def _covered(
    ends: NDArray[np.int64],
    n: int,
    rule: int,
    places: NDArray[np.int64],
    slots: NDArray[np.int64],
    entries: int,
    table: NDArray[np.uint64],
) -> int:
    """Characters of the n-grams at ``places``, which all occur twice, that count as duplicates."""
    free_from = 0
    characters = 0
    for entry in range(entries):
        place = places[entry]
        if rule == DATATROVE:
            if place < free_from:
                continue
            if table[slots[entry]]:
                table[slots[entry]] = 0  # seen from now on
                continue
        start = max(place, free_from) if rule == DCLM else place
        characters += ends[place + n] - ends[start]
        free_from = place + n
    return characters


@njit(
    "void(uint64[::1], int64[::1], int64, int64, uint64[::1], int64[::1], int64[::1], uint64[::1],"
    " int64[::1])",
    cache=True,
    nogil=True,
)
def count_parity_grams(
    word_hashes: NDArray[np.uint64],
    ends: NDArray[np.int64],
    words: int,
    rule: int,
    grams: NDArray[np.uint64],
    places: NDArray[np.int64],
    slots: NDArray[np.int64],
    table: NDArray[np.uint64],
    row: NDArray[np.int64],
) -> None:
    """Fill the n-gram counts of one text, n = 2 to 10, by one of the rules.

    Arguments as of :func:`pipeline.measures.quality_repetition.count_grams`.
    """
    if rule != DCLM:
        for n in range(2, min(4, words) + 1):
            row[Count.TOP_2_GRAM + n - 2] = ends[n] + (n - 1 if rule == DATATROVE else 0)
    entries = words
    for place in range(words):
        grams[place] = word_hashes[place]
        places[place] = place
    for n in range(2, _LONGEST_GRAM + 1):
        # An n-gram can occur twice only where its first n - 1 words do.
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
                if used > most or (rule == DCLM and used == most > 1 and length > longest):
                    most, longest = used, length
            if most > 1:
                row[Count.TOP_2_GRAM + n - 2] = most * (
                    longest + (n - 1 if rule == DATATROVE else 0)
                )
        entries = keep_repeated(grams, places, slots, entries, table)
        if n >= 5:
            row[Count.DUPLICATE_5_GRAMS + n - 5] = _covered(
                ends, n, rule, places, slots, entries, table
            )
