"""Band keys: who meets whom, and how often it should be so."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.dedup.bands import band_keys, collision_probability
from pipeline.dedup.minhash import MinHashParams, signatures
from tests.pipeline.dedup.planted import planted_pair


@given(st.lists(st.lists(st.integers(0, 2), min_size=6, max_size=6), min_size=1, max_size=8))
def test_keys_are_equal_exactly_where_bands_are(rows):
    keys = band_keys(np.array(rows, np.uint32), bands=3, rows=2)
    bands = [(band, *row[2 * band : 2 * band + 2]) for row in rows for band in range(3)]
    found = keys.reshape(-1).tolist()
    for i in range(len(bands)):
        for j in range(i):
            assert (found[i] == found[j]) == (bands[i] == bands[j])


def test_the_order_of_values_in_a_band_counts():
    keys = band_keys(np.array([[1, 2], [2, 1]], np.uint32), bands=1, rows=2)
    assert keys[0, 0] != keys[1, 0]


def test_signatures_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="3 bands of 2 rows"):
        band_keys(np.zeros((4, 5), np.uint32), bands=3, rows=2)


@pytest.mark.parametrize("similarity", [0.3, 0.5, 0.6, 0.7, 0.8, 0.9])
def test_pairs_are_found_as_often_as_the_curve_says(similarity):
    params = MinHashParams()
    generator = random.Random(int(similarity * 100))
    pairs = [planted_pair(generator, similarity, length=104) for _ in range(2000)]
    keys = [
        band_keys(signatures(texts, params), params.bands, params.rows)
        for texts in zip(*pairs, strict=True)
    ]
    found = np.mean((keys[0] == keys[1]).any(axis=1))
    expected = collision_probability(similarity, params.bands, params.rows)
    # Planting rounds to whole shingles; five standard deviations, and the rounding.
    slack = abs(collision_probability(similarity + 0.004, params.bands, params.rows) - expected)
    assert abs(found - expected) < 5 * (expected * (1 - expected) / 2000) ** 0.5 + slack + 0.002
