"""The numbers that DCLM's filters compare, by its own definitions.

Source: DCLM, ``baselines/mappers/filters/content_filters.py`` and ``core_utils.py`` with the
settings of ``dclm_baseline_refinedweb.yaml``. Words stand between blanks; those of n-grams lie
between Unicode's word boundaries and begin with a letter or digit; all copies of a line count. Its
removal of URLs, which comes before, is not done.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pipeline.measures.parity_blanks import (
    HAS_LETTER,
    count_copies,
    split_at_blanks,
)
from pipeline.measures.parity_characters import CLASSES
from pipeline.measures.parity_dclm_lines import fasttext_words, words_left
from pipeline.measures.parity_grams import DCLM, count_parity_grams
from pipeline.measures.parity_lines import hash_pieces, split_at_newlines, strip
from pipeline.measures.parity_word_breaks import BREAKS, break_words
from pipeline.measures.parity_words import stop_word
from pipeline.measures.quality_counts import Count
from pipeline.measures.quality_repetition import table_size
from pipeline.text.utf8 import Utf8Batch

# Places in the row of numbers beside n-grams.
_FASTTEXT, _TAKEN_AWAY, _WORDS, _LETTERS, _STOPS, _SYMBOLS, _LENGTHS, _GRAM_CHARACTERS = range(8)
_LINES, _LINE_CHARACTERS, _COPIES, _COPIED, _BULLETS, _ELLIPSES = range(8, 14)
_PARAGRAPHS, _PARAGRAPH_CHARACTERS, _PARAGRAPH_COPIES, _PARAGRAPH_COPIED = range(14, 18)
_NUMBERS = 18


def statistics(batch: Utf8Batch) -> dict[str, NDArray[np.int64] | NDArray[np.float64]]:
    """Those of ``QUALITY_STATISTICS`` that DCLM has, each (num_texts,), by its definitions.

    ``hashes_per_word`` counts number signs and ellipses, so ``ellipses_per_word`` is 0;
    ``num_stop_words`` counts every occurrence, whatever its case; ``undesirable_word_fraction`` is
    what its line modifiers take away.
    """
    numbers = np.zeros((len(batch), _NUMBERS), np.int64)
    grams = np.zeros((len(batch), len(Count)), np.int64)
    _count(batch.bytes, batch.offsets, CLASSES, BREAKS, numbers, grams)

    def share(part: int, whole: int) -> NDArray[np.float64]:
        return np.asarray(numbers[:, part] / np.maximum(numbers[:, whole], 1), np.float64)

    columns: dict[str, NDArray[np.int64] | NDArray[np.float64]] = {
        "num_words": numbers[:, _FASTTEXT].copy(),
        "num_stop_words": numbers[:, _STOPS].copy(),
        "mean_word_length": share(_LENGTHS, _WORDS),
        "hashes_per_word": share(_SYMBOLS, _WORDS),
        "ellipses_per_word": np.zeros(len(batch), np.float64),
        "alphabetic_word_fraction": share(_LETTERS, _WORDS),
        "bullet_line_fraction": share(_BULLETS, _LINES),
        "ellipsis_line_fraction": share(_ELLIPSES, _LINES),
        "undesirable_word_fraction": share(_TAKEN_AWAY, _FASTTEXT),
        "duplicate_line_fraction": share(_COPIES, _LINES),
        "duplicate_line_character_fraction": share(_COPIED, _LINE_CHARACTERS),
        "duplicate_paragraph_fraction": share(_PARAGRAPH_COPIES, _PARAGRAPHS),
        "duplicate_paragraph_character_fraction": share(_PARAGRAPH_COPIED, _PARAGRAPH_CHARACTERS),
    }
    characters = np.maximum(numbers[:, _GRAM_CHARACTERS], 1)
    for prefix, lengths in (("TOP", (2, 3, 4)), ("DUPLICATE", (5, 6, 7, 8, 9, 10))):
        for n in lengths:
            count = Count[f"{prefix}_{n}_GRAM{'S' if n > 4 else ''}"]
            columns[f"{prefix.lower()}_{n}_gram_character_fraction"] = np.asarray(
                grams[:, count] / characters, np.float64
            )
    return columns


@njit("int64(uint8[::1], int64, int64)", cache=True, nogil=True)
def _symbols(data: NDArray[np.uint8], first: int, last: int) -> int:
    """Number signs, "...", ". . ." and …, each as ``str.count`` counts it."""
    found = run = 0
    spaced_from = first
    for at in range(first, last):
        byte = data[at]
        found += byte == 35
        run = run + 1 if byte == 46 else 0
        if run == 3:
            found += 1
            run = 0
        if byte == 0xE2 and data[at + 1] == 0x80 and data[at + 2] == 0xA6:
            found += 1
        if (
            byte == 46 and at - 4 >= spaced_from and data[at - 1] == 32 and data[at - 2] == 46
            and data[at - 3] == 32 and data[at - 4] == 46
        ):  # fmt: skip
            found += 1
            spaced_from = at + 1
    return found


@njit(
    "int64(uint8[::1], int64, int64, uint32[::1], int64, int64[::1], int64[::1])",
    cache=True,
    nogil=True,
)
def _stripped_pieces(
    data: NDArray[np.uint8],
    first: int,
    last: int,
    table: NDArray[np.uint32],
    newlines: int,
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
) -> int:
    """Pieces between one or two newlines, stripped, without the empty ones."""
    kept = 0
    begin = at = first
    while True:
        is_cut = (
            at < last
            and data[at] == 10
            and (newlines == 1 or (at + 1 < last and data[at + 1] == 10))
        )
        if at == last or is_cut:
            start, end = strip(data, begin, at, table)
            if start < end:
                starts[kept], ends[kept] = start, end
                kept += 1
            if at == last:
                return kept
            at += newlines
            begin = at
        else:
            at += 1


@njit("void(uint8[::1], int64[::1], int64[::1], int64, int64[::1])", cache=True, nogil=True)
def _count_bullets(
    data: NDArray[np.uint8],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    lines: int,
    row: NDArray[np.int64],
) -> None:
    """Lines that begin with one of ● • * - or end with an ellipsis."""
    for line in range(lines):
        first, last = starts[line], ends[line]
        lead = data[first]
        row[_BULLETS] += (
            lead == 42
            or lead == 45
            or (
                lead == 0xE2
                and (
                    (data[first + 1] == 0x97 and data[first + 2] == 0x8F)
                    or (data[first + 1] == 0x80 and data[first + 2] == 0xA2)
                )
            )
        )
        if last - first >= 3:
            end = (data[last - 3], data[last - 2], data[last - 1])
            row[_ELLIPSES] += (
                end == (46, 46, 46)
                or end == (0xE2, 0x80, 0xA6)
                or (
                    end == (46, 32, 46)
                    and last - first >= 5
                    and data[last - 4] == 32
                    and data[last - 5] == 46
                )
            )


@njit(
    "void(uint8[::1], int64[::1], uint32[::1], uint8[::1], int64[:, ::1], int64[:, ::1])",
    cache=True,
    nogil=True,
)
def _count(
    data: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    table: NDArray[np.uint32],
    breaks: NDArray[np.uint8],
    numbers: NDArray[np.int64],
    gram_rows: NDArray[np.int64],
) -> None:
    most = most_lines = most_bytes = 0
    for text in range(len(offsets) - 1):
        first, last = offsets[text], offsets[text + 1]
        characters = 0
        for at in range(first, last):
            characters += data[at] & 0xC0 != 0x80
        most = max(most, characters)
        most_bytes = max(most_bytes, last - first)
        most_lines = max(most_lines, int(np.count_nonzero(data[first:last] == 10)) + 1)
    hashes = np.empty(most, np.uint64)
    before = np.empty(most + 1, np.int64)
    kinds = np.empty(most, np.uint8)
    grams = np.empty(most, np.uint64)
    places = np.empty(most, np.int64)
    slots = np.empty(most, np.int64)
    edited = np.empty(most_bytes, np.uint8)
    starts = np.empty(most_lines, np.int64)
    ends = np.empty(most_lines, np.int64)
    piece_hashes = np.empty(most_lines, np.uint64)
    lengths = np.empty(most_lines, np.int64)
    uses = np.empty(max(table_size(most), table_size(most_lines)), np.uint64)
    for text in range(len(offsets) - 1):
        first, last = offsets[text], offsets[text + 1]
        row = numbers[text]
        row[_SYMBOLS] = _symbols(data, first, last)
        words = split_at_blanks(data, first, last, table, True, hashes, before, kinds)
        for word in range(words):
            row[_LETTERS] += kinds[word] & HAS_LETTER != 0
            row[_STOPS] += stop_word(hashes[word]) != 0
        row[_WORDS], row[_LENGTHS] = words, before[words]
        words = break_words(data, first, last, breaks, table, hashes, before, places)
        row[_GRAM_CHARACTERS] = before[words]
        count_parity_grams(hashes, before, words, DCLM, grams, places, slots, uses, gram_rows[text])
        row[_FASTTEXT] = fasttext_words(data, first, last, table)
        left = 0
        lines = split_at_newlines(data, first, last, 0, starts, ends)
        for line in range(lines):
            left += words_left(data, starts[line], ends[line], table, edited)
        row[_TAKEN_AWAY] = row[_FASTTEXT] - left
        lines = _stripped_pieces(data, first, last, table, 1, starts, ends)
        _count_bullets(data, starts, ends, lines, row)
        hash_pieces(data, starts, ends, lines, piece_hashes, lengths)
        row[_LINES], row[_LINE_CHARACTERS] = lines, np.sum(lengths[:lines])
        row[_COPIES], row[_COPIED] = count_copies(piece_hashes, lengths, lines, uses)
        pieces = _stripped_pieces(data, first, last, table, 2, starts, ends)
        hash_pieces(data, starts, ends, pieces, piece_hashes, lengths)
        row[_PARAGRAPHS], row[_PARAGRAPH_CHARACTERS] = pieces, np.sum(lengths[:pieces])
        row[_PARAGRAPH_COPIES], row[_PARAGRAPH_COPIED] = count_copies(
            piece_hashes, lengths, pieces, uses
        )
