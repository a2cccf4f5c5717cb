"""Placement depends on the document and the seed alone."""

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from pipeline.tokens.shard_plan import (
    POSITIONS,
    ShardParams,
    num_shards,
    place,
    places,
    positions_per_shard,
)
from schemas.documents import Source

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


def test_a_test_split_is_taken_from_training_alone():
    def split_of(params):
        return {d: place(d, params) for d in DOC_IDS}

    without = split_of(ShardParams(validation_fraction=0.1))
    small = split_of(ShardParams(validation_fraction=0.1, test_fraction=0.05))
    large = split_of(ShardParams(validation_fraction=0.1, test_fraction=0.1))
    for doc_id in DOC_IDS:
        splits = [found[doc_id][0] for found in (without, small, large)]
        assert len({found[doc_id][1] for found in (without, small, large)}) == 1
        assert ("validation" in splits) == (splits == ["validation"] * 3)
        assert splits[1] != "test" or splits[2] == "test"
    share = sum(split == "test" for split, _ in large.values()) / len(DOC_IDS)
    assert 0.08 < share < 0.12


@given(st.floats(0, 4), st.floats(0, 4))
def test_sources_are_repeated_as_often_as_configured_and_copies_stay_where_they_are(a, b):
    few, many = sorted((a, b))
    params = {"validation_fraction": 0.1, "test_fraction": 0.1}
    seen = 0
    for doc_id in DOC_IDS[:300]:
        split, fewer = places(doc_id, "web", ShardParams(repeat={Source.WEB: few}, **params))
        _, more = places(doc_id, "web", ShardParams(repeat={Source.WEB: many}, **params))
        assert more[: len(fewer)] == fewer
        once = place(doc_id, ShardParams(**params))
        book, positions = places(doc_id, "book", ShardParams(repeat={Source.WEB: few}, **params))
        assert (book, *positions) == once
        assert split == once[0]
        if split == "train":
            assert int(few) <= len(fewer) <= int(few) + 1
            assert len(set(more)) == len(more)
            seen += len(fewer) - few
        else:
            assert len(fewer) == len(more) == 1
    assert abs(seen) < 50


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
