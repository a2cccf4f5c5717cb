"""Texts of one template: true copies among them are found, and not by comparing all."""

import random
from itertools import combinations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.dedup import own_parts
from pipeline.dedup.compare import candidate_pairs
from pipeline.dedup.hashing import mix64
from pipeline.dedup.minhash import DedupParams
from pipeline.dedup.own_parts import OWN_KEYS, THIN
from tests.oracles.jaccard_oracle import jaccard
from tests.pipeline.dedup.planted import key_of, name_of, planted_pair, words

SETS = st.lists(
    st.frozensets(st.integers(-50, 50), min_size=1, max_size=30), min_size=2, max_size=9
)


def packed(sets):
    return [np.array(sorted(one), np.int64).tobytes() for one in sets]


def keys_of(centres, others):
    """Keys of the other sets in two buckets with the same centres."""
    lists = pa.array([packed(centres)] * 2, pa.list_(pa.binary()))
    batch = pa.RecordBatch.from_arrays([pa.array([7, -9]), lists], ["band_key", "centres"])
    found = own_parts._common(batch).to_pylist()
    rows = [
        {"text_key": f"t{i}", "num_shingles": 7 + i, "shingles": one, **bucket}
        for bucket in found
        for i, one in enumerate(packed(others))
    ]
    keys = own_parts._own_bands(pa.RecordBatch.from_pylist(rows)).to_pylist()
    assert [row["text_key"] for row in keys] == 2 * [f"t{i}" for i in range(len(others))]
    assert [row["num_shingles"] for row in keys] == 2 * [7 + i for i in range(len(others))]
    assert all(row["first_keys"] == row["band_keys"][:2] for row in keys)
    return [row["band_keys"] for row in keys]


@given(SETS, SETS)
def test_texts_meet_by_what_the_centres_lack(centres, others):
    centres = centres[:2]  # of two one is a half
    common = centres[0] | centres[1]
    keys = keys_of(centres, others)
    first, second = keys[: len(others)], keys[len(others) :]
    for i, one in enumerate(others):
        # The centres are thin themselves, so nobody has a key for that.
        assert len(set(first[i])) == (OWN_KEYS if one - common else 0)
        assert not set(first[i]) & set(second[i])
    for i, j in combinations(range(len(others)), 2):
        own, other = others[i] - common, others[j] - common
        for k in range(OWN_KEYS if own and other else 0):
            for bucket, found in ((7, first), (-9, second)):
                least = [min(salted(value, bucket, k) for value in one) for one in (own, other)]
                assert (found[i][k] == found[j][k]) == (least[0] == least[1])


def salted(value, bucket, place):
    value, bucket = np.array([value, bucket], np.int64).view(np.uint64)
    return int(mix64(value ^ mix64(bucket ^ mix64(np.uint64(place + 1)))))


def test_of_long_texts_the_least_shingles_count(monkeypatch):
    """What half of the centres cannot tell is nobody's own."""
    monkeypatch.setattr(own_parts, "SKETCH", 4)
    # Cut at 4, 14 and not at all: two of three can tell up to 14.
    centres = [{1, 2, 3, 4}, {1, 2, 3, 14}, {1, 30}]
    batch = pa.RecordBatch.from_arrays(
        [pa.array([7]), pa.array([packed(centres)], pa.list_(pa.binary()))], ["band_key", "centres"]
    )
    found = own_parts._common(batch).to_pylist()[0]
    assert found["reach"] == 14
    assert np.frombuffer(found["common"], np.int64).tolist() == [1, 2, 3]
    rows = [
        {"text_key": f"t{i}", "num_shingles": 9, "shingles": one, **found}
        for i, one in enumerate(packed([{1, 2, 9, 13}, {2, 9, 13, 20}, {1, 3, 15, 20}]))
    ]
    keys = own_parts._own_bands(pa.RecordBatch.from_pylist(rows)).to_pylist()
    first, second, third = (row["band_keys"] for row in keys)
    assert first == second
    assert third == []  # nothing of its own as far as can be told, and a centre is thin, too


def test_texts_that_are_little_more_than_the_template_meet():
    template, thin = set(range(80)), 80 // THIN - 1
    centres = [template | set(range(100 * i, 100 * i + 40)) for i in range(1, 5)]
    others = [template | set(range(-100 * i, thin - 100 * i)) for i in range(1, 3)]
    fat = template | set(range(-900, -880))
    keys = [set(row) for row in keys_of(centres, [*others, fat])]
    assert len(keys[0] & keys[1]) == 1
    assert not (keys[0] | keys[1]) & keys[2]


@pytest.mark.spark
def test_copies_within_a_template_are_found_in_a_large_bucket(spark, tmp_path):
    generator = random.Random(4)
    template = " ".join(words(generator, 250))
    texts = {f"t{i:03}": f"{template} {' '.join(words(generator, 64))}" for i in range(150)}
    pairs = set()
    for i in range(25):
        pair = planted_pair(generator, 0.3)
        pairs.add((f"a{i:02}", f"z{i:02}"))
        texts |= {f"{side}{i:02}": f"{template} {pair[n]}" for n, side in enumerate("az")}
    assert jaccard(texts["t000"], texts["t001"], 5) < 0.68
    assert jaccard(texts["a00"], texts["z00"], 5) > 0.76
    params = DedupParams(threshold=0.75, max_bucket_pairs_size=8)
    # One band key for all, and none that tells them apart.
    keyed = spark.createDataFrame(
        [(key_of(name), 310, [5, 6], [5, 6]) for name in texts],
        "text_key string, num_shingles long, band_keys array<bigint>, first_keys array<bigint>",
    )
    rows = [(key_of(name), 310, "f", i, text) for i, (name, text) in enumerate(texts.items())]
    node = "text_key string, num_shingles long, source_file string, record_offset long"
    frame = spark.createDataFrame(rows, f"{node}, text string")

    def found(params, scratch):
        made = candidate_pairs(keyed, frame.drop("text"), frame, params, str(scratch))
        return [(name_of(r.text_key_a), name_of(r.text_key_b)) for r in made.pairs.collect()]

    with_search = found(params, tmp_path)
    assert len(with_search) == len(set(with_search)) < 20 * len(texts)
    assert pairs <= set(with_search)
    plain = params.model_copy(update={"search_templates": False})
    assert not pairs <= set(found(plain, tmp_path / "plain"))
