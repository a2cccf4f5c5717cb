"""Hash tables and n-grams against counting in Python."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.measures.quality import measure
from pipeline.measures.quality_counts import Count
from pipeline.measures.quality_repetition import count_grams, count_repeats, table_size
from tests.oracles.quality_oracle import _duplicate_grams, _top_gram

# Few distinct hashes, and such that share their low bits and so their place in the table.
hashes = st.lists(st.sampled_from([0, 1, 2, 2**32, 2**63, 2**64 - 1, 1 << 40, 5]), max_size=60)


def scratch(entries):
    return np.full(table_size(entries), 99, np.uint64)


@given(hashes)
def test_repeats_are_counted_after_the_first(values):
    lengths = np.arange(1, len(values) + 1)
    again = [i for i, value in enumerate(values) if value in values[:i]]
    assert count_repeats(
        np.array(values, np.uint64), lengths, len(values), scratch(len(values))
    ) == (len(again), sum(int(lengths[i]) for i in again))


@settings(max_examples=200)
@given(st.lists(st.sampled_from(["a", "bb", "ccc", "d"]), max_size=60))
def test_grams_are_those_counted_in_python(words):
    number = {"a": 1, "bb": 2, "ccc": 3, "d": 2**63}
    row = np.zeros(len(Count), np.int64)
    size = max(1, len(words))
    count_grams(
        np.array([number[word] for word in words], np.uint64),
        np.cumsum([0, *map(len, words)]),
        len(words),
        np.empty(size, np.uint64),
        np.empty(size, np.int64),
        np.empty(size, np.int64),
        scratch(len(words)),
        row,
    )
    for n in (2, 3, 4):
        assert row[Count[f"TOP_{n}_GRAM"]] == _top_gram(words, n)
    for n in range(5, 11):
        assert row[Count[f"DUPLICATE_{n}_GRAMS"]] == _duplicate_grams(words, n)


@pytest.mark.parametrize("entries", [0, 1, 2, 3, 100, 4096])
def test_a_table_is_never_more_than_half_full(entries):
    pairs = table_size(entries) // 2
    assert pairs >= 2 * entries
    assert pairs & (pairs - 1) == 0


def test_the_order_of_words_matters():
    assert measure(["a b c b a"]).column("top_2_gram_character_fraction")[0].as_py() == 0.0
    assert measure(["a b c a b"]).column("top_2_gram_character_fraction")[0].as_py() == 4 / 5
