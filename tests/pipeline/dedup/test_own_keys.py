"""Keys of what sets have beyond what their bucket has in common."""

import itertools

import numpy as np

from pipeline.dedup.own_keys import own_keys


def keys_of(sets, common, bucket=7, thin=0, num_keys=4):
    """Keys of each set; all have the same ``common``."""
    offsets = np.cumsum([0, *map(len, sets)])
    keys, ends = own_keys(
        np.array([value for one in sets for value in sorted(one)], np.int64),
        offsets,
        np.array(sorted(common) * len(sets), np.int64),
        np.arange(len(sets) + 1) * len(common),
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
