"""Who is compared with whom, and what the comparison finds."""

from itertools import combinations

import numpy as np
import pyarrow as pa
import pytest

from pipeline.dedup.minhash import DedupParams
from pipeline.dedup.spark_joins import (
    _pairs,
    bucket_pairs,
    explode_bands,
    pairs_and_members,
    verified_pairs,
)
from schemas.errors import DataError
from tests.oracles.jaccard_oracle import jaccard

pytestmark = pytest.mark.spark
SIGNATURE = "text_key string, num_shingles long, band_keys array<bigint>"


def pairs_of(frame):
    rows = [(row.text_key_a, row.text_key_b) for row in frame.collect()]
    assert len(set(rows)) == len(rows), "a pair comes twice"
    assert all(a < b for a, b in rows)
    return set(rows)


@pytest.fixture(scope="module")
def buckets(spark):
    """Two small buckets that overlap, a large one, and documents that meet nobody."""
    rows = [(f"small{i}", 100, [1, 2] if i < 3 else [1]) for i in range(5)]
    rows += [(f"full{i}", 100, [7]) for i in range(6)]
    rows += [(f"large{i:03}", 100, [3]) for i in range(200)]
    rows += [("alone", 100, [4, 5]), ("nothing", 0, [])]
    rows += [("short", 79, [6]), ("long", 100, [6]), ("longer", 98, [6])]
    return explode_bands(spark.createDataFrame(rows, SIGNATURE))


@pytest.fixture(scope="module")
def found(buckets):
    return pairs_of(bucket_pairs(buckets, DedupParams(max_bucket_pairs_size=6, num_centres=3)))


def test_all_members_of_a_small_bucket_are_compared(found):
    small = {pair for pair in found if pair[0].startswith("small")}
    assert small == set(combinations([f"small{i}" for i in range(5)], 2))


def test_a_bucket_of_the_largest_small_size_is_compared_in_full(found):
    full = {pair for pair in found if pair[0].startswith("full")}
    assert full == set(combinations([f"full{i}" for i in range(6)], 2))


def test_all_members_of_a_large_bucket_are_compared_with_its_centres_and_neighbours(found):
    large = {pair for pair in found if pair[0].startswith("large")}
    degrees = sorted(sum(f"large{i:03}" in pair for pair in large) for i in range(200))
    # Without a second key in common the neighbours are those in the order of the text key.
    assert degrees[-3:] == [199] * 3
    assert {(f"large{i:03}", f"large{i + n:03}") for i in range(190) for n in (1, 2, 3)} <= large
    assert len(large) < 200 * 6


def test_large_buckets_are_told_with_their_centres(buckets, found):
    params = DedupParams(max_bucket_pairs_size=6, num_centres=3)
    both = pairs_and_members(buckets, params).distinct()
    assert pairs_of(both.where("band_key is null")) == found
    rows = both.where("band_key is not null").collect()
    assert sorted((row.text_key_a, row.text_key_b, row.band_key) for row in rows) == [
        (f"large{i:03}", f"large{i:03}", 3) for i in range(200)
    ]
    centres = {row.text_key_a for row in rows if row.is_centre}
    assert len(centres) == 3
    met = [sum(name in pair for pair in found) for name in centres]
    assert met == [199] * 3


def test_texts_that_agree_in_two_bands_are_neighbours_in_a_large_bucket(spark):
    rows = [(f"t{i:03}", 100, [3, 1000 + i % 100]) for i in range(200)]
    bands = explode_bands(spark.createDataFrame(rows, SIGNATURE)).where("band_key = 3")
    params = DedupParams(max_bucket_pairs_size=6, num_centres=1)
    twins = {(f"t{i:03}", f"t{i + 100:03}") for i in range(100)}
    assert twins <= pairs_of(bucket_pairs(bands, params))


def test_every_band_key_has_that_of_another_band(spark):
    bands = explode_bands(spark.createDataFrame([("a", 1, [5, 6, 7]), ("b", 0, [])], SIGNATURE))
    assert sorted(tuple(row) for row in bands.collect()) == [
        ("a", 1, 5, 6),
        ("a", 1, 6, 5),
        ("a", 1, 7, 5),
    ]


def test_pairs_whose_sizes_rule_the_threshold_out_are_not_compared(found):
    names = {"short", "long", "longer"}
    # 79 / 98 is above 0.8, 79 / 100 is not.
    assert {pair for pair in found if names & set(pair)} == {
        ("long", "longer"),
        ("longer", "short"),
    }


def test_documents_without_a_common_key_do_not_meet(found):
    assert not {pair for pair in found if "alone" in pair or "nothing" in pair}


def test_every_candidate_gets_its_exact_similarity(spark):
    line = [f"word{i}" for i in range(100)]
    texts = {
        "a": " ".join(line),
        "b": " ".join(line[5:]),
        "c": " ".join(line[:80]) + " 另外一些中文字",
        "d": " ".join(reversed(line)),
        "e": "",
        "f": " ".join(line).upper() + "!",
        "exact1": " ".join(f"w{i}" for i in range(13)),
        "exact2": " ".join(f"w{i}" for i in range(12)) + " x",
    }
    names = list(combinations(texts, 2))
    candidates = spark.createDataFrame(names, "text_key_a string, text_key_b string")
    rows = [*texts.items(), ("unasked", texts["a"])]
    frame = spark.createDataFrame(rows, "text_key string, text string")
    pairs = verified_pairs(candidates, frame, shingle_size=5).collect()
    expected = {pair: jaccard(texts[pair[0]], texts[pair[1]], 5) for pair in names}
    assert expected["exact1", "exact2"] == 0.8
    assert {(p.text_key_a, p.text_key_b): p.similarity for p in pairs} == expected


@pytest.mark.parametrize("sizes", [[6], [1] * 6, [3, 3], [1, 4, 1], [2, 1, 3]])
def test_a_pair_may_be_cut_by_batches(sizes):
    pairs = [("a", "b"), ("a", "c"), ("b", "c")]
    sets = {"a": [1, 2, 3], "b": [2, 3, 4], "c": [1, 2, 3, 4]}
    rows = [(*pair, np.array(sets[end], np.int64).tobytes()) for pair in pairs for end in pair]
    columns = [pa.array(column) for column in zip(*rows, strict=True)]
    whole = pa.RecordBatch.from_arrays(columns, names=["text_key_a", "text_key_b", "shingles"])
    starts = np.cumsum([0, *sizes[:-1]]).tolist()
    batches = [whole.slice(start, size) for start, size in zip(starts, sizes, strict=True)]
    found = [row for batch in _pairs(iter(batches)) for row in batch.to_pylist()]
    assert [tuple(row.values()) for row in found] == [
        ("a", "b", 0.5),
        ("a", "c", 0.75),
        ("b", "c", 0.75),
    ]
    with pytest.raises(DataError, match="is missing"):
        list(_pairs(iter([whole.slice(0, 5)])))
    with pytest.raises(DataError, match="is missing"):
        list(_pairs(iter([whole.slice(1, 4)])))
