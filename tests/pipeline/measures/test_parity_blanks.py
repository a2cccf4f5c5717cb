"""Words between blanks against str.split; copies of lines against a counter."""

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.measures.parity_blanks import (
    BEGINS_PLAIN,
    HAS_LETTER,
    HAS_SYMBOL,
    count_copies,
    count_words,
    split_at_blanks,
)
from pipeline.measures.parity_characters import CLASSES, hash_of
from pipeline.measures.quality_repetition import table_size


@given(st.text(st.sampled_from("aB1#…-(中 \n\t\u3000\x1c"), max_size=40), st.booleans())
def test_words_are_those_of_str_split(text, is_folded):
    data = np.frombuffer(text.encode(), np.uint8).copy()
    words = text.split()
    hashes, before = np.empty(41, np.uint64), np.empty(42, np.int64)
    kinds = np.empty(41, np.uint8)
    assert count_words(data, 0, len(data), CLASSES) == len(words)
    number = split_at_blanks(data, 0, len(data), CLASSES, is_folded, hashes, before, kinds)
    assert number == len(words)
    assert np.diff(before[: number + 1]).tolist() == [len(word) for word in words]
    for word, hashed, kind in zip(words, hashes, kinds, strict=False):
        assert hashed == hash_of(word.lower() if is_folded else word)
        assert bool(kind & HAS_LETTER) == any(map(str.isalpha, word))
        assert bool(kind & HAS_SYMBOL) == ("#" in word or "…" in word)
        assert bool(kind & BEGINS_PLAIN) == word[0].isalnum()


@given(st.lists(st.sampled_from(["a", "bb", "", "cc"]), max_size=20))
def test_all_copies_count(lines):
    times = Counter(lines)
    twice = [line for line in lines if times[line] > 1]
    hashes = np.array([hash_of(line) for line in lines], np.uint64)
    lengths = np.array([len(line) for line in lines], np.int64)
    table = np.empty(table_size(len(lines)), np.uint64)
    found = count_copies(hashes, lengths, len(lines), table)
    assert found == (len(twice), sum(map(len, twice)))
