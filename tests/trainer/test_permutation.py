import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainer.permutation import Permutation, derive_key, mix64

sizes = st.one_of(st.integers(1, 50), st.integers(51, 20_000))


@given(sizes, st.integers(0, 2**64))
def test_every_index_is_hit_exactly_once(size, key):
    images = Permutation(size, key)(np.arange(size))
    assert images.dtype == np.int64
    assert np.array_equal(np.sort(images), np.arange(size))


@given(st.integers(2**20, 2**62), st.integers(0, 2**63), st.data())
@settings(max_examples=50)
def test_a_huge_range_costs_nothing_and_stays_in_range(size, key, data):
    indices = data.draw(st.lists(st.integers(0, size - 1), min_size=1, max_size=20, unique=True))
    images = Permutation(size, key)(np.array(indices))
    assert len(set(images.tolist())) == len(indices)
    assert images.min() >= 0 and images.max() < size


def test_an_image_does_not_depend_on_what_is_asked_with_it():
    permutation = Permutation(1000, 3)
    together = permutation(np.arange(1000))
    assert [int(permutation(np.array([i]))[0]) for i in (0, 17, 999)] == together[
        [0, 17, 999]
    ].tolist()


def test_the_order_is_frozen():
    # A changed hash would silently reorder the data of every run that is resumed.
    assert Permutation(10, 1)(np.arange(10)).tolist() == [2, 7, 4, 8, 3, 1, 0, 5, 9, 6]
    assert Permutation(10**12, 2)(np.arange(3)).tolist() == [
        352713305378,
        579568584805,
        539491394167,
    ]


def test_splitmix_gives_its_published_sequence():
    # First outputs of SplitMix64 seeded with 1234567.
    golden = 0x9E3779B97F4A7C15
    outputs = [mix64(1234567 + golden * n) for n in (1, 2, 3)]
    assert outputs == [6457827717110365317, 3203168211198807973, 9817491932198370423]


def test_other_keys_give_other_orders():
    orders = {tuple(Permutation(100, derive_key(0, e))(np.arange(100))) for e in range(50)}
    assert len(orders) == 50


def test_the_order_looks_random():
    size = 10_000
    images = Permutation(size, 9)(np.arange(size))
    # Correlation of neighbours and number of fixed points of a random permutation.
    assert abs(np.corrcoef(images[:-1], images[1:])[0, 1]) < 0.04
    assert abs(np.corrcoef(np.arange(size), images)[0, 1]) < 0.04
    assert (images == np.arange(size)).sum() < 8


def test_each_place_is_equally_likely_for_each_index():
    size, keys = 7, 4000
    counts = np.zeros((size, size))
    for key in range(keys):
        counts[np.arange(size), Permutation(size, derive_key(key))(np.arange(size))] += 1
    expected = keys / size
    # Chi-square with 36 degrees of freedom; 99.9 % quantile is 68.
    assert ((counts - expected) ** 2 / expected).sum() < 68


def test_indices_outside_are_refused():
    with pytest.raises(IndexError):
        Permutation(5, 0)(np.array([5]))
    with pytest.raises(ValueError):
        Permutation(0, 0)
