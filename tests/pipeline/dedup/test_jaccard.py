"""Exact similarity against Python sets."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.dedup.jaccard import jaccard, similarities, sorted_sets
from pipeline.dedup.shingles import Shingles
from tests.oracles import jaccard_oracle

SETS = st.frozensets(st.integers(-(2**63), 2**63 - 1) | st.integers(0, 8), max_size=12)


def laid_out(sets):
    values = np.array([value for one in sets for value in sorted(one)], np.int64)
    return values, np.cumsum([0, *map(len, sets)])


@given(st.lists(st.tuples(SETS, SETS), max_size=6))
def test_similarities_equal_those_of_python_sets(pairs):
    sets = laid_out([one for pair in pairs for one in pair])
    places = np.arange(0, 2 * len(pairs), 2)
    found = similarities(*sets, places[::-1].copy(), places[::-1] + 1)[::-1]
    assert found.tolist() == [len(a & b) / len(a | b) if a | b else 0.0 for a, b in pairs]


HASHES = st.sets(st.integers(0, 2**64 - 1) | st.integers(2**63 - 3, 2**63 + 3), max_size=40)


@given(st.lists(HASHES, max_size=5))
def test_sets_ascend(sets):
    hashes = np.array([value for one in sets for value in one], np.uint64)
    shingles = Shingles(hashes, np.cumsum([0, *map(len, sets)]))
    expected = [sorted(value - 2**64 if value >= 2**63 else value for value in one) for one in sets]
    assert sorted_sets(shingles).tolist() == [value for one in expected for value in one]


WORDS = ["a", "b", "c", "機", "械", "!", "が", "か"]
TEXT = st.lists(st.sampled_from(WORDS), max_size=20).map(" ".join)


@given(TEXT, TEXT, st.integers(1, 6))
def test_the_similarity_of_texts_equals_plain_python(one, other, shingle_size):
    expected = jaccard_oracle.jaccard(one, other, shingle_size)
    assert jaccard(one, other, shingle_size) == expected
