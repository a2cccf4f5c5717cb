"""Quality statistics of texts, one column per statistic, from UTF-8 buffers.

They are those that the rules of Gopher (Rae et al. 2021, section A1.1 and table A1), C4 (Raffel et
al. 2020, section 2.2), FineWeb (Penedo et al. 2024) and RefinedWeb's corrections of lines (Penedo
et al. 2023, appendix G.2) are made of, with one definition of word,
line and sentence for all scripts: in Chinese, Japanese and Thai a character is a word and 。！？
end sentences. :class:`pipeline.measures.quality_counts.Count` says what each integer counts,
:func:`measure` what is divided by what.
"""

from typing import Literal

import numpy as np
import pyarrow as pa
from numba import njit
from numpy.typing import NDArray

from pipeline.measures import parity_datatrove, parity_dclm, parity_dolma
from pipeline.measures.quality_counts import Count
from pipeline.measures.quality_lines import count_lines
from pipeline.measures.quality_repetition import count_grams, count_repeats, table_size
from pipeline.measures.quality_words import count_words
from pipeline.text.utf8 import Texts, Utf8Batch, as_utf8
from pipeline.text.words import CHARACTERS, word_spans
from schemas.documents import QUALITY_STATISTICS

# Texts are counted in groups of about this many bytes: keeps the scratch space small.
_GROUP_BYTES = 1 << 22


Variant = Literal["corpusmill", "datatrove", "dolma", "dclm"]
"""Whose definitions of word, line, sentence and duplicate the statistics are made by."""
_DEFINITIONS = {
    "datatrove": parity_datatrove.statistics,
    "dolma": parity_dolma.statistics,
    "dclm": parity_dclm.statistics,
}


def measure(texts: Texts, variant: Variant = "corpusmill") -> pa.RecordBatch:
    """Quality statistics of each text: columns ``schemas.documents.QUALITY_STATISTICS``.

    ``..._fraction`` is in [0, 1], ``..._per_word`` at least 0; what would be divided by nothing
    is 0. Denominators: all words, all lines with a visible character, all visible characters
    (alphabetic, digit, replacement), all letters (uppercase, unspaced), the characters of all
    lines or paragraphs (duplicates of them), the characters of all words (n-grams).
    ``mean_word_length`` is of the words of scripts with spaces; 0 where there are none.

    >>> batch = measure(["The cat sat. The cat ran!", "猫坐着。", ""])
    >>> batch.column("num_words").to_pylist(), batch.column("num_sentences").to_pylist()
    ([6, 3, 0], [2, 1, 0])

    Args:
        texts: Arrow string column or a sequence of ``str``; a null counts as an empty text.
        variant: another system, whose numbers take the place of ours where it has such a
            statistic; the others and ``quality_score`` stay ours.
    """
    batch = as_utf8(texts)
    counts = count(batch)
    columns = statistics(counts, batch.sizes())
    if variant != "corpusmill":
        columns |= _DEFINITIONS[variant](batch)
    return pa.RecordBatch.from_arrays(
        [pa.array(columns[field.name], field.type) for field in QUALITY_STATISTICS],
        schema=pa.schema(QUALITY_STATISTICS),
    )


def statistics(
    counts: NDArray[np.int64], num_utf8_bytes: NDArray[np.int64]
) -> dict[str, NDArray[np.int64] | NDArray[np.float64]]:
    """Ratios of counts, int64 (num_texts, len(Count)); see :func:`measure`."""

    def of(kind: Count) -> NDArray[np.int64]:
        return counts[:, kind]

    def ratio(part: Count, whole: Count) -> NDArray[np.float64]:
        return of(part) / np.maximum(of(whole), 1)

    def gram(kind: Count) -> NDArray[np.float64]:
        # Occurrences of "a a a" may overlap; what they cover is never more than everything.
        return np.minimum(ratio(kind, Count.WORD_CHARACTERS), 1.0)

    columns: dict[str, NDArray[np.int64] | NDArray[np.float64]] = {
        "num_utf8_bytes": num_utf8_bytes,
        "num_characters": of(Count.CHARACTERS),
        "num_words": of(Count.WORDS),
        "num_lines": of(Count.LINES),
        "num_paragraphs": of(Count.PARAGRAPHS),
        "num_sentences": of(Count.SENTENCES),
        "num_prose_sentences": of(Count.PROSE_SENTENCES),
        "num_stop_words": of(Count.STOP_WORDS),
        "num_function_characters": of(Count.FUNCTION_CHARACTERS),
        "num_lorem_ipsum": of(Count.LOREM_IPSUM),
        "num_curly_brackets": of(Count.CURLY_BRACKETS),
        "longest_word": of(Count.LONGEST_WORD),
        "mean_word_length": ratio(Count.SPACED_WORD_CHARACTERS, Count.SPACED_WORDS),
        "hashes_per_word": ratio(Count.HASHES, Count.WORDS),
        "ellipses_per_word": ratio(Count.ELLIPSES, Count.WORDS),
        "newlines_per_word": ratio(Count.NEWLINES, Count.WORDS),
        "alphabetic_word_fraction": ratio(Count.ALPHABETIC_WORDS, Count.WORDS),
        "alphabetic_fraction": (of(Count.LETTERS) + of(Count.MARKS))
        / np.maximum(of(Count.VISIBLE), 1),
        "digit_fraction": ratio(Count.DIGITS, Count.VISIBLE),
        "uppercase_fraction": ratio(Count.UPPERCASE, Count.LETTERS),
        "unspaced_fraction": ratio(Count.UNSPACED_LETTERS, Count.LETTERS),
        "replacement_fraction": ratio(Count.REPLACEMENTS, Count.VISIBLE),
        "bullet_line_fraction": ratio(Count.BULLET_LINES, Count.LINES),
        "ellipsis_line_fraction": ratio(Count.ELLIPSIS_LINES, Count.LINES),
        "terminal_line_fraction": ratio(Count.TERMINAL_LINES, Count.LINES),
        "sentence_line_fraction": ratio(Count.SENTENCE_LINES, Count.LINES),
        "short_line_fraction": ratio(Count.SHORT_LINES, Count.LINES),
        "boilerplate_line_fraction": ratio(Count.BOILERPLATE_LINES, Count.LINES),
        "undesirable_word_fraction": ratio(Count.UNDESIRABLE_WORDS, Count.WORDS),
        "duplicate_line_fraction": ratio(Count.DUPLICATE_LINES, Count.LINES),
        "duplicate_line_character_fraction": ratio(
            Count.DUPLICATE_LINE_CHARACTERS, Count.LINE_CHARACTERS
        ),
        "duplicate_paragraph_fraction": ratio(Count.DUPLICATE_PARAGRAPHS, Count.PARAGRAPHS),
        "duplicate_paragraph_character_fraction": ratio(
            Count.DUPLICATE_PARAGRAPH_CHARACTERS, Count.LINE_CHARACTERS
        ),
    }
    for n in (2, 3, 4):
        columns[f"top_{n}_gram_character_fraction"] = gram(Count[f"TOP_{n}_GRAM"])
    for n in (5, 6, 7, 8, 9, 10):
        columns[f"duplicate_{n}_gram_character_fraction"] = gram(Count[f"DUPLICATE_{n}_GRAMS"])
    columns["quality_score"] = _quality_score(columns)
    return columns


def _quality_score(
    columns: dict[str, NDArray[np.int64] | NDArray[np.float64]],
) -> NDArray[np.float64]:
    """How much of the text is prose that is worth keeping, in [0, 1]. Orders the members of a
    cluster of near-duplicates, nothing else, so it only has to tell the cleaner copy:

    (1 - duplicate line characters) (1 - duplicate 5-grams) (1 - replacement characters)
    * (1 + lines with a terminal mark) / 2 * (1 - boilerplate lines)
    * min(1, letters / 0.8) * words / (words + 50)
    """
    words = columns["num_words"]
    return np.asarray(
        (1.0 - columns["duplicate_line_character_fraction"])
        * (1.0 - columns["duplicate_5_gram_character_fraction"])
        * (1.0 - columns["replacement_fraction"])
        * ((1.0 + columns["terminal_line_fraction"]) / 2.0)
        * (1.0 - columns["boilerplate_line_fraction"])
        * np.minimum(1.0, columns["alphabetic_fraction"] / 0.8)
        * (words / (words + 50.0)),
        np.float64,
    )


def count(batch: Utf8Batch) -> NDArray[np.int64]:
    """Counts of each text, int64 (num_texts, len(Count))."""
    counts = np.zeros((len(batch), len(Count)), np.int64)
    first = 0
    while first < len(batch):
        limit = batch.offsets[first] + _GROUP_BYTES
        last = max(first + 1, int(np.searchsorted(batch.offsets, limit, side="right")) - 1)
        start, end = batch.offsets[first], batch.offsets[last]
        group = Utf8Batch(batch.bytes[start:end], batch.offsets[first : last + 1] - start)
        starts, ends, word_offsets = word_spans(group)
        _count(
            group.bytes,
            group.offsets,
            CHARACTERS,
            starts,
            ends,
            word_offsets,
            int(np.count_nonzero(group.bytes == ord("\n"))) + 1,
            counts[first:last],
        )
        first = last
    return counts


@njit(
    "void(uint8[::1], int64[::1], uint8[::1], int64[::1], int64[::1], int64[::1], int64,"
    " int64[:, ::1])",
    cache=True,
    nogil=True,
)
def _count(
    data: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    table: NDArray[np.uint8],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    word_offsets: NDArray[np.int64],
    most_lines: int,
    counts: NDArray[np.int64],
) -> None:
    texts = len(offsets) - 1
    most_words = 0
    for text in range(texts):
        most_words = max(most_words, word_offsets[text + 1] - word_offsets[text])
    word_hashes = np.empty(most_words, np.uint64)
    lengths_before = np.empty(most_words + 1, np.int64)
    grams = np.empty(most_words, np.uint64)
    places = np.empty(most_words, np.int64)
    slots = np.empty(most_words, np.int64)
    kinds = np.zeros(256, np.int64)
    line_hashes = np.empty(most_lines, np.uint64)
    line_lengths = np.empty(most_lines, np.int64)
    paragraph_hashes = np.empty(most_lines, np.uint64)
    paragraph_lengths = np.empty(most_lines, np.int64)
    hashes = np.empty(max(table_size(most_words), table_size(most_lines)), np.uint64)
    for text in range(texts):
        row = counts[text]
        first, last = word_offsets[text], word_offsets[text + 1]
        count_words(data, starts, ends, first, last, table, word_hashes, lengths_before, row)
        lines, paragraphs = count_lines(
            data,
            offsets[text],
            offsets[text + 1],
            table,
            starts,
            first,
            last,
            kinds,
            line_hashes,
            line_lengths,
            paragraph_hashes,
            paragraph_lengths,
            row,
        )
        row[Count.DUPLICATE_LINES], row[Count.DUPLICATE_LINE_CHARACTERS] = count_repeats(
            line_hashes, line_lengths, lines, hashes
        )
        row[Count.DUPLICATE_PARAGRAPHS], row[Count.DUPLICATE_PARAGRAPH_CHARACTERS] = count_repeats(
            paragraph_hashes, paragraph_lengths, paragraphs, hashes
        )
        count_grams(word_hashes, lengths_before, last - first, grams, places, slots, hashes, row)
