from math import isqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainer.order import Order, WindowOrder
from trainer.permutation import Permutation, derive_key


@given(
    st.lists(st.integers(0, 40), min_size=1, max_size=30).filter(any),
    st.integers(1, 12),
    st.integers(0, 3),
)
@settings(max_examples=150, deadline=None)
def test_each_sequence_comes_exactly_once_in_an_epoch(sizes, window, epoch):
    first = np.concatenate([[0], np.cumsum(sizes)])
    order = WindowOrder(9, first, window)
    places = np.arange(first[-1])
    numbers = order(epoch, places)
    assert np.array_equal(np.sort(numbers), places)
    assert [int(order(epoch, places[i : i + 1])[0]) for i in places] == numbers.tolist()


@pytest.mark.parametrize("window", [1, 5, 6, 16, 100])
def test_few_shards_are_read_at_a_time(window):
    first = np.arange(0, 101) * 50
    numbers = WindowOrder(1, first, window)(0, np.arange(5000))
    shards = numbers // 50
    runs_per_window = window // isqrt(window)
    in_window = runs_per_window * isqrt(window) * 50
    seen = []
    for at in range(0, 5000 - in_window + 1, in_window):
        here = np.unique(shards[at : at + in_window])
        seen += here.tolist()
        assert len(here) <= window
    assert len(seen) == len(set(seen))  # no shard is needed in two windows


def test_windows_are_mixed_and_epochs_differ():
    first = np.arange(0, 65) * 100
    order = WindowOrder(1, first, 16)
    one, two = order(0, np.arange(6400)), order(1, np.arange(6400))
    assert (one == two).sum() < 20
    # Neighbours in time are no neighbours in the stream.
    assert (np.abs(np.diff(one)) <= 100).mean() < 0.2
    assert one[:1600].max() - one[:1600].min() > 1600  # of several places


def test_the_order_of_all_is_one_permutation():
    places = np.arange(1000)
    assert np.array_equal(Order(5, 1000)(2, places), Permutation(1000, derive_key(5, 2))(places))


def test_the_order_is_frozen():
    # A changed order would silently reorder the data of every run that is resumed.
    order = WindowOrder(7, np.array([0, 3, 5, 9, 12]), 2)
    assert order(0, np.arange(12)).tolist() == [4, 3, 1, 0, 2, 7, 10, 8, 6, 5, 11, 9]
