"""The kernels of buckets against plain Python."""

from itertools import combinations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.dedup.bucket_rows import meetings, rows_by_bin

INTEGERS = st.integers(-(2**63), 2**63 - 1)
KEYS = st.integers(-2, 2) | INTEGERS
TEXTS = st.lists(
    st.tuples(
        st.lists(KEYS, max_size=4), st.lists(KEYS, max_size=2), INTEGERS, INTEGERS, st.integers(1)
    ).map(lambda text: (*text[:4], text[4] % 100 + 1)),
    max_size=8,
)


def laid_out(lists):
    values = np.array([value for one in lists for value in one], np.int64)
    return values, np.cumsum([0, *map(len, lists)])


@given(TEXTS, st.integers(1, 5))
def test_every_key_of_every_text_has_its_row_in_its_bin(texts, bins):
    halves = np.array([text[2:4] for text in texts], np.int64).reshape(-1, 2)
    sizes = np.array([text[4] for text in texts], np.int64)
    keys, firsts = ([text[place] for text in texts] for place in (0, 1))
    rows, ends = rows_by_bin(*laid_out(keys), *laid_out(firsts), halves, sizes, bins)
    expected = sorted(
        (key % 2**64 % bins, key, next((k for k in text[1] if k != key), 0), *text[2:])
        for text in texts
        for key in text[0]
    )
    numbers = np.repeat(np.arange(bins), np.diff(ends)).tolist()
    assert sorted(zip(numbers, *rows.T.tolist(), strict=True)) == expected


ROWS = st.lists(
    st.tuples(
        st.integers(0, 3), INTEGERS, st.integers(-1, 1), st.integers(-1, 1), st.integers(1, 9)
    ),
    max_size=30,
)


@given(ROWS, st.integers(2, 12), st.sampled_from([0.0, 0.5, 0.9, 2.0]))
def test_all_meet_in_small_buckets_and_nobody_in_large_ones(rows, most, threshold):
    array = np.array(rows, np.int64).reshape(-1, 5)
    order = np.argsort(array[:, 0])
    pairs, large = meetings(array, order, most, threshold)
    expected, members = [], []
    for band in {row[0] for row in rows}:
        bucket = [row for row in rows if row[0] == band]
        if len(bucket) > most:
            members += bucket
            continue
        texts = [(row[2] % 2**64, row[3] % 2**64, row[4]) for row in bucket]
        least = min(text[0] for text in texts)
        for pair in combinations(texts, 2):
            small, big = sorted(text[2] for text in pair)
            if small / big >= threshold:
                first, second = sorted(text[:2] for text in pair)
                expected.append((*first, *second, least))
    assert sorted(map(tuple, pairs.view(np.uint64).tolist())) == sorted(expected)
    assert sorted(map(tuple, array[order[large]].tolist())) == sorted(members)
