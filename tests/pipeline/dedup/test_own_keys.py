"""Keys of what sets have beyond what their bucket has in common."""

import itertools

import numpy as np

from pipeline.dedup.own_keys import own_keys


def keys_of(sets, common, bucket=7, thin=0, num_keys=4, reach=2**63 - 1):
    """Keys of each set; all have the same ``common`` and ``reach``."""
    offsets = np.cumsum([0, *map(len, sets)])
    keys, ends = own_keys(
        np.array([value for one in sets for value in sorted(one)], np.int64),
        offsets,
        np.array(sorted(common) * len(sets), np.int64),
        np.arange(len(sets) + 1) * len(common),
        np.full(len(sets), reach),
        np.full(len(sets), bucket),
        np.full(len(sets), thin),
        num_keys,
    )
    return [keys[first:last].tolist() for first, last in itertools.pairwise(ends)]


def test_what_is_common_does_not_count():
    first, second, third = keys_of([{1, 2, 3}, {2, 3}, {2, 3, 4}], {1, 4})
    assert first == second == third
    assert len(set(first)) == 4


def test_a_set_without_anything_of_its_own_has_no_key():
    assert keys_of([{1, 2}, {3}], {1, 2})[0] == []


def test_the_same_set_has_other_keys_in_another_bucket():
    here, there = (keys_of([{5}], {1}, bucket)[0] for bucket in (7, -9))
    assert not set(here) & set(there)


def test_thin_sets_share_one_more_key():
    thin, thick = keys_of([{*range(16), 99}, {*range(16), *range(50, 60)}], range(16), thin=8)
    assert (len(thin), len(thick)) == (5, 4)
    assert keys_of([{*range(16), 77}], range(16), thin=8)[0][-1] == thin[-1]


def test_values_out_of_reach_do_not_count():
    near, far = keys_of([{1, 2, 40}, {1, 2, 40, 41, *range(50, 90)}], {1, 2}, reach=40, thin=3)
    assert near == far
    assert len(near) == 5
    assert keys_of([{1, 41}], {1}, reach=40)[0] == []


def test_each_bucket_is_another_chance():
    """Sets that share a third of what they have share about a third of the keys of each bucket."""
    one, other = set(range(0, 20)), set(range(10, 30))
    meets = [
        len(set(first) & set(second))
        for first, second in (keys_of([one, other], set(), bucket) for bucket in range(200))
    ]
    assert 0.28 < np.mean(meets) / 4 < 0.39
    assert 0.1 < np.mean(np.array(meets) == 0) < 0.3
