"""Repeated n-grams by each system's rule, against plain Python."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.measures.parity_grams import DATATROVE, DCLM, DOLMA, count_parity_grams
from pipeline.measures.quality_counts import Count
from pipeline.measures.quality_repetition import table_size


def counted(words, rule):
    number = len(words)
    hashes = np.array([hash(word) & 0xFFFFFFFFFFFF for word in words], np.uint64)
    ends = np.array([0, *np.cumsum([len(word) for word in words])], np.int64)
    row = np.zeros(len(Count), np.int64)
    count_parity_grams(
        hashes, ends, number, rule, np.empty(number, np.uint64), np.empty(number, np.int64),
        np.empty(number, np.int64), np.empty(table_size(number), np.uint64), row,
    )  # fmt: skip
    return row


def grams_of(words, n):
    return [tuple(words[at : at + n]) for at in range(len(words) - n + 1)]


def size(gram):
    return sum(map(len, gram))


def top(words, n, rule):
    ordered = Counter(grams_of(words, n)).most_common()
    if not ordered or (rule == DCLM and ordered[0][1] == 1):
        return 0
    gram, times = ordered[0]
    if rule == DCLM:
        return times * max(size(gram) for gram, count in ordered if count == times)
    return times * (size(gram) + (n - 1 if rule == DATATROVE else 0))


def duplicates(words, n, rule):
    grams = grams_of(words, n)
    times = Counter(grams)
    if rule == DOLMA:
        return sum(size(gram) for gram in grams if times[gram] > 1)
    if rule == DCLM:
        covered = {at + i for at, gram in enumerate(grams) if times[gram] > 1 for i in range(n)}
        return sum(len(words[at]) for at in covered)
    seen, at, found = set(), 0, 0
    while at < len(grams):
        if grams[at] in seen:
            found += size(grams[at])
            at += n
        else:
            seen.add(grams[at])
            at += 1
    return found


@pytest.mark.parametrize("rule", [DATATROVE, DOLMA, DCLM])
def test_counts_are_those_of_plain_python(rule):
    @given(st.lists(st.sampled_from(["a", "bb", "ccc", "d"]), max_size=60))
    def same(words):
        row = counted(words, rule)
        for n in (2, 3, 4):
            assert row[Count[f"TOP_{n}_GRAM"]] == top(words, n, rule)
        for n in range(5, 11):
            assert row[Count[f"DUPLICATE_{n}_GRAMS"]] == duplicates(words, n, rule)

    same()


def test_one_text_has_three_numbers():
    words = ["a", "b", "c", "d", "e", "f", "a", "b", "c", "d", "e", "f"]
    place = Count.DUPLICATE_5_GRAMS
    assert [counted(words, rule)[place] for rule in (DATATROVE, DOLMA, DCLM)] == [5, 20, 12]
