"""What :mod:`pipeline.measures.parity_datatrove` divides: one row of counts for each text."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pipeline.measures.parity_datatrove_lines import (
    count_bullets,
    count_characters,
    count_repeated_lines,
    judge_line,
    line_end,
)
from pipeline.measures.parity_grams import DATATROVE, count_parity_grams
from pipeline.measures.parity_lines import phrase_faults, strip, without_citations, word_faults
from pipeline.measures.parity_tally import Tally
from pipeline.measures.parity_words import (
    IS_ALPHABETIC,
    IS_SYMBOL,
    count_sentences,
    most_tokens,
    stop_word,
    tokenize,
)
from pipeline.measures.quality_repetition import table_size
from pipeline.text.utf8 import decode_one


@njit("void(uint64[::1], int64[::1], uint8[::1], int64, int64[::1])", cache=True, nogil=True)
def _count_tokens(
    hashes: NDArray[np.uint64],
    before: NDArray[np.int64],
    kinds: NDArray[np.uint8],
    tokens: int,
    row: NDArray[np.int64],
) -> None:
    """Words, words with a letter, and stop words among the tokens."""
    alphabetic = words = characters = stop_words = 0
    for token in range(tokens):
        kind = kinds[token]
        length = before[token + 1] - before[token]
        alphabetic += kind & IS_ALPHABETIC != 0
        if not kind & IS_SYMBOL:
            words += 1
            characters += length
        if length <= 4:
            stop_words |= stop_word(hashes[token])
    row[Tally.TOKENS] = tokens
    row[Tally.ALPHABETIC_TOKENS] = alphabetic
    row[Tally.WORDS] = words
    row[Tally.WORD_CHARACTERS] = characters
    while stop_words:
        row[Tally.STOP_WORDS] += stop_words & 1
        stop_words >>= 1


@njit(
    "int64(uint8[::1], int64, int64, uint32[::1], uint32[::1], uint32[::1], int64[::1],"
    " uint8[::1], int64[::1], uint64[::1], int64[::1], int64[::1], uint8[::1])",
    cache=True,
    nogil=True,
)
def _sentences_in(
    data: NDArray[np.uint8],
    first: int,
    last: int,
    table: NDArray[np.uint32],
    codes: NDArray[np.uint32],
    classes: NDArray[np.uint32],
    places: NDArray[np.int64],
    cuts: NDArray[np.uint8],
    ends: NDArray[np.int64],
    hashes: NDArray[np.uint64],
    before: NDArray[np.int64],
    starts: NDArray[np.int64],
    kinds: NDArray[np.uint8],
) -> int:
    """Sentences of a line by itself; arguments as of ``tokenize``."""
    tokens = tokenize(
        data, first, last, table, codes, classes, places, cuts, ends, hashes, before, starts, kinds
    )
    return int(count_sentences(kinds, 0, tokens))


@njit(
    "void(uint8[::1], int64[::1], uint32[::1], int64[:, ::1], int64[:, ::1])",
    cache=True,
    nogil=True,
)
def count_datatrove(
    data: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    table: NDArray[np.uint32],
    tallies: NDArray[np.int64],
    gram_rows: NDArray[np.int64],
) -> None:
    """Fill the tallies, (num_texts, len(Tally)), and n-gram counts, (num_texts, len(Count)), of
    texts; both zeros before. ``table`` is ``parity_characters.CLASSES``."""
    texts = len(offsets) - 1
    most = longest = most_lines = most_bytes = 0
    for text in range(texts):
        first, last = offsets[text], offsets[text + 1]
        tokens, chunk = most_tokens(data, first, last, table)
        most, longest = max(most, tokens), max(longest, chunk)
        most_lines = max(most_lines, int(np.count_nonzero(data[first:last] == 10)) + 1)
        most_bytes = max(most_bytes, last - first)
    codes = np.empty(longest + 1, np.uint32)
    classes = np.empty(longest + 1, np.uint32)
    places = np.empty(longest + 1, np.int64)
    cuts = np.zeros(longest + 1, np.uint8)
    ends = np.empty(longest + 1, np.int64)
    hashes = np.empty(most + 1, np.uint64)
    before = np.empty(most + 1, np.int64)
    starts = np.empty(most + 1, np.int64)
    kinds = np.empty(most + 1, np.uint8)
    # A line without its citations, and its tokens.
    cleaned = np.empty(most_bytes, np.uint8)
    line_starts = np.empty(most + 1, np.int64)
    line_kinds = np.empty(most + 1, np.uint8)
    grams = np.empty(most + 1, np.uint64)
    gram_places = np.empty(most + 1, np.int64)
    slots = np.empty(most + 1, np.int64)
    piece_starts = np.empty(most_lines, np.int64)
    piece_ends = np.empty(most_lines, np.int64)
    piece_hashes = np.empty(most_lines, np.uint64)
    piece_lengths = np.empty(most_lines, np.int64)
    hash_table = np.empty(max(table_size(most + 1), table_size(most_lines)), np.uint64)
    is_dropped = np.zeros(1, np.bool_)
    for text in range(texts):
        first, last = offsets[text], offsets[text + 1]
        row = tallies[text]
        count_characters(data, first, last, row)
        tokens = tokenize(
            data, first, last, table, codes, classes, places, cuts, ends, hashes, before, starts,
            kinds,
        )  # fmt: skip
        _count_tokens(hashes, before, kinds, tokens, row)
        count_parity_grams(
            hashes, before, tokens, DATATROVE, grams, gram_places, slots, hash_table,
            gram_rows[text],
        )  # fmt: skip
        count_repeated_lines(
            data, first, last, table, piece_starts, piece_ends, piece_hashes, piece_lengths,
            hash_table, row,
        )  # fmt: skip
        token = 0
        is_dropped[0] = False
        line = first
        while line < last:
            at = line_end(data, line, last)
            begin, end = strip(data, line, at, table)
            if at < last:
                code, after = decode_one(data, at)
                line = after + (code == 13 and after < last and data[after] == 10)
            else:
                line = last
            count_bullets(data, begin, end, begin == end, row)
            first_token = token
            while token < tokens and starts[token] < end:
                token += 1
            faults = word_faults(data, begin, end, table)
            if faults:
                continue
            size = without_citations(data, begin, end, cleaned)
            if size < 0:
                faults = phrase_faults(data, begin, end)
                sentences = count_sentences(kinds, first_token, token)
            else:
                faults = phrase_faults(cleaned, 0, size)
                sentences = _sentences_in(
                    cleaned, 0, size, table, codes, classes, places, cuts, ends, grams,
                    gram_places, line_starts, line_kinds,
                )  # fmt: skip
            judge_line(faults, sentences, row, is_dropped)
        if is_dropped[0]:
            row[Tally.PROSE_SENTENCES] = 0
