"""Placement depends on the document and the seed alone."""

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from pipeline.tokens.shard_plan import (
    POSITIONS,
    ShardParams,
    num_shards,
    place,
    positions_per_shard,
)

DOC_IDS = [hashlib.md5(str(i).encode()).hexdigest() for i in range(4000)]


def test_the_share_of_validation_documents_is_as_configured():
    params = ShardParams(validation_fraction=0.1)
    share = sum(place(d, params)[0] == "validation" for d in DOC_IDS) / len(DOC_IDS)
    assert 0.08 < share < 0.12
    assert {place(d, ShardParams(validation_fraction=0.0))[0] for d in DOC_IDS} == {"train"}


def test_a_larger_validation_split_only_adds_documents():
    small = {d for d in DOC_IDS if place(d, ShardParams(validation_fraction=0.1))[0] != "train"}
    large = {d for d in DOC_IDS if place(d, ShardParams(validation_fraction=0.2))[0] != "train"}
    assert small < large


def test_another_seed_gives_another_order():
    first = sorted(DOC_IDS, key=lambda d: place(d, ShardParams(seed=1))[1])
    second = sorted(DOC_IDS, key=lambda d: place(d, ShardParams(seed=2))[1])
    assert first != second


@given(st.integers(1, 5000))
def test_every_position_falls_into_a_shard(shards):
    width = positions_per_shard(shards)
    assert 0 <= (POSITIONS - 1) // width < shards


def test_positions_spread_evenly_over_shards():
    width = positions_per_shard(4)
    counts = [0] * 4
    for doc_id in DOC_IDS:
        position = place(doc_id, ShardParams())[1]
        assert 0 <= position < POSITIONS
        counts[position // width] += 1
    assert min(counts) > 850


@given(st.integers(0, 10**9), st.integers(1, 10**6))
def test_shards_are_enough_and_not_more(tokens, per_shard):
    count = num_shards(tokens, ShardParams(tokens_per_shard=per_shard))
    assert (count - 1) * per_shard < tokens <= count * per_shard or tokens == count == 0
