"""Which n-grams and words a text shows."""

import numpy as np

from pipeline.measures.language_features import collect_keys, find_row
from pipeline.measures.language_profiles import (
    LONGEST_NGRAM,
    SPACE_SYMBOL,
    UNKNOWN_SYMBOL,
    WORD_FLAG,
    LetterKind,
    build_slots,
    pack,
)
from tests.oracles.language_oracle import word_key

LATIN, OTHER = LetterKind.LATIN << 16, LetterKind.OTHER << 16
SPACE = SPACE_SYMBOL


def collect(symbols, keep_latin=True):
    ngrams = np.empty((len(symbols) + 1, LONGEST_NGRAM), np.int64)
    words = np.empty(len(symbols) + 1, np.int64)
    size = collect_keys(np.array(symbols, np.uint32), len(symbols), keep_latin, ngrams, words)
    return [[key for key in row if key >= 0] for row in ngrams[:size].tolist()], words[:size]


def test_ngrams_end_at_each_letter_and_at_the_space_after_a_word():
    ngrams, words = collect([7 | LATIN, 8 | LATIN, 9 | LATIN])
    assert ngrams == [
        [7, pack(SPACE, 7)],
        [8, pack(7, 8), pack(SPACE, 7, 8)],
        [9, pack(8, 9), pack(7, 8, 9), pack(SPACE, 7, 8, 9)],
        [pack(9, SPACE), pack(8, 9, SPACE), pack(7, 8, 9, SPACE)],
    ]
    assert words.tolist() == [-1, -1, -1, word_key([7, 8, 9])]


def test_no_ngram_reaches_over_a_space_or_an_unknown_letter():
    spaced, _ = collect([7 | LATIN, SPACE, 8 | LATIN])
    assert spaced[2] == [8, pack(SPACE, 8)]
    broken, _ = collect([7 | LATIN, UNKNOWN_SYMBOL, 8 | LATIN])
    assert broken[1:3] == [[], [8]]


def test_letters_of_the_other_script_are_spaces():
    mixed = [7 | LATIN, 20 | OTHER, 8 | LATIN]
    assert collect(mixed)[0] == collect([7 | LATIN, SPACE, 8 | LATIN])[0]
    assert collect(mixed, keep_latin=False)[0][0] == [20, pack(SPACE, 20)]


def test_short_words_are_no_evidence_by_themselves():
    _, words = collect([7 | LATIN, 8 | LATIN])
    assert (words < 0).all()


def test_word_keys_and_ngrams_are_apart():
    _, words = collect([symbol | LATIN for symbol in range(5, 25)])
    assert words[-1] & WORD_FLAG
    assert pack(*[(1 << 13) - 1] * 4) < WORD_FLAG


def test_a_row_is_found_by_its_key():
    keys = np.array([pack(7), pack(7, 8), WORD_FLAG | 5])
    slots = build_slots(keys)
    assert [find_row(slots, key) for key in keys] == [0, 1, 2]
    assert find_row(slots, pack(9)) == -1
