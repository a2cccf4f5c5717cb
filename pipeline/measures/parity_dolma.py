"""The numbers of Dolma's Gopher tagger, by its own definitions.

Source: Dolma, ``python/dolma/taggers/gopher.py`` (``gopher_v1``). Words stand between blanks,
every copy of what occurs twice counts as a duplicate, and lines are those between single newlines,
the empty ones among them.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pipeline.measures.parity_blanks import (
    HAS_LETTER,
    HAS_SYMBOL,
    count_copies,
    count_words,
    split_at_blanks,
)
from pipeline.measures.parity_characters import CLASSES
from pipeline.measures.parity_grams import DOLMA, count_parity_grams
from pipeline.measures.parity_lines import hash_pieces, split_at_newlines
from pipeline.measures.parity_words import stop_word
from pipeline.measures.quality_counts import Count
from pipeline.measures.quality_repetition import table_size
from pipeline.text.utf8 import Utf8Batch

# Places in the row of numbers beside n-grams.
_WORDS, _MEDIAN, _SYMBOLS, _LETTERS, _STOPS, _LINES, _BULLETS, _ELLIPSES, _COPIES = range(9)
_COPIED, _CHARACTERS = 9, 10
_NUMBERS = 11


def statistics(batch: Utf8Batch) -> dict[str, NDArray[np.int64] | NDArray[np.float64]]:
    """Those of ``QUALITY_STATISTICS`` that Dolma has, each (num_texts,), by its definitions.

    ``mean_word_length`` is the median; ``hashes_per_word`` the share of words with a number sign
    or an …, so ``ellipses_per_word`` is 0; ``num_stop_words`` counts every occurrence. Characters
    are those of words; of n-grams from 5 on, those of all n-grams, which overlap.
    """
    numbers = np.zeros((len(batch), _NUMBERS), np.float64)
    grams = np.zeros((len(batch), len(Count)), np.int64)
    totals = np.zeros((len(batch), 11), np.int64)
    _count(batch.bytes, batch.offsets, CLASSES, numbers, grams, totals)

    def share(part: int, whole: int) -> NDArray[np.float64]:
        return np.asarray(numbers[:, part] / np.maximum(numbers[:, whole], 1), np.float64)

    columns: dict[str, NDArray[np.int64] | NDArray[np.float64]] = {
        "num_words": numbers[:, _WORDS].astype(np.int64),
        "num_stop_words": numbers[:, _STOPS].astype(np.int64),
        "mean_word_length": numbers[:, _MEDIAN].copy(),
        "hashes_per_word": share(_SYMBOLS, _WORDS),
        "ellipses_per_word": np.zeros(len(batch), np.float64),
        "alphabetic_word_fraction": share(_LETTERS, _WORDS),
        "bullet_line_fraction": share(_BULLETS, _LINES),
        "ellipsis_line_fraction": share(_ELLIPSES, _LINES),
        "duplicate_line_fraction": share(_COPIES, _LINES),
        "duplicate_line_character_fraction": share(_COPIED, _CHARACTERS),
    }
    characters = np.maximum(numbers[:, _CHARACTERS], 1)
    for n in (2, 3, 4):
        columns[f"top_{n}_gram_character_fraction"] = np.asarray(
            grams[:, Count[f"TOP_{n}_GRAM"]] / characters, np.float64
        )
    for n in (5, 6, 7, 8, 9, 10):
        columns[f"duplicate_{n}_gram_character_fraction"] = np.asarray(
            grams[:, Count[f"DUPLICATE_{n}_GRAMS"]] / np.maximum(totals[:, n], 1), np.float64
        )
    return columns


@njit("float64(int64[::1])", cache=True, nogil=True)
def _median(values: NDArray[np.int64]) -> float:
    if len(values) == 0:
        return 0.0
    ordered = np.sort(values)
    middle = len(values) // 2
    if len(values) % 2:
        return float(ordered[middle])
    return float(ordered[middle - 1] + ordered[middle]) / 2.0


@njit(
    "void(uint8[::1], int64[::1], uint32[::1], float64[:, ::1], int64[:, ::1], int64[:, ::1])",
    cache=True,
    nogil=True,
)
def _count(
    data: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    table: NDArray[np.uint32],
    numbers: NDArray[np.float64],
    gram_rows: NDArray[np.int64],
    totals: NDArray[np.int64],
) -> None:
    most = most_lines = 0
    for text in range(len(offsets) - 1):
        first, last = offsets[text], offsets[text + 1]
        most = max(most, count_words(data, first, last, table))
        most_lines = max(most_lines, int(np.count_nonzero(data[first:last] == 10)) + 1)
    hashes = np.empty(most, np.uint64)
    before = np.empty(most + 1, np.int64)
    kinds = np.empty(most, np.uint8)
    grams = np.empty(most, np.uint64)
    places = np.empty(most, np.int64)
    slots = np.empty(most, np.int64)
    starts = np.empty(most_lines, np.int64)
    ends = np.empty(most_lines, np.int64)
    line_hashes = np.empty(most_lines, np.uint64)
    line_lengths = np.empty(most_lines, np.int64)
    uses = np.empty(max(table_size(most), table_size(most_lines)), np.uint64)
    for text in range(len(offsets) - 1):
        first, last = offsets[text], offsets[text + 1]
        row = numbers[text]
        if first == last:
            continue
        words = split_at_blanks(data, first, last, table, False, hashes, before, kinds)
        for word in range(words):
            row[_LETTERS] += kinds[word] & HAS_LETTER != 0
            row[_SYMBOLS] += kinds[word] & HAS_SYMBOL != 0
            row[_STOPS] += stop_word(hashes[word]) != 0
        row[_WORDS] = words
        row[_CHARACTERS] = before[words]
        row[_MEDIAN] = _median(before[1 : words + 1] - before[:words])
        count_parity_grams(
            hashes, before, words, DOLMA, grams, places, slots, uses, gram_rows[text]
        )
        for n in range(5, 11):
            for word in range(words - n + 1):
                totals[text, n] += before[word + n] - before[word]
        lines = split_at_newlines(data, first, last, 0, starts, ends)
        hash_pieces(data, starts, ends, lines, line_hashes, line_lengths)
        row[_LINES] = lines
        row[_COPIES], row[_COPIED] = count_copies(line_hashes, line_lengths, lines, uses)
        for line in range(lines):
            start, end = starts[line], ends[line]
            row[_BULLETS] += start < end and (data[start] == 42 or data[start] == 45)
            row[_ELLIPSES] += (
                end - start >= 3
                and data[end - 3] == 0xE2
                and data[end - 2] == 0x80
                and data[end - 1] == 0xA6
            )
