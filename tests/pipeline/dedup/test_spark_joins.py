"""Who is compared with whom, and what the comparison finds."""

from itertools import combinations

import numpy as np
import pyarrow as pa
import pytest

from pipeline.dedup.minhash import DedupParams
from pipeline.dedup.shingle_sets import shingle_sets
from pipeline.dedup.spark_joins import (
    HUGE,
    LONG,
    _pairs,
    ends_of,
    explode_bands,
    in_bins,
    stars_and_members,
    verified_pairs,
)
from schemas.errors import DataError
from tests.oracles.jaccard_oracle import jaccard

pytestmark = pytest.mark.spark
SIGNATURE = "text_key string, num_shingles long, band_keys array<bigint>"
ROW = "text_key string, num_shingles long, band_key long, next_key long"
PARAMS = DedupParams(max_bucket_pairs_size=6, num_centres=3)


def pairs_of(frame):
    """Distinct pairs."""
    rows = {(row.text_key_a, row.text_key_b) for row in frame.where("band_key is null").collect()}
    assert all(a < b for a, b in rows)
    return rows


@pytest.fixture(scope="module")
def found(spark):
    """A bucket of 200 without a second key in common, and one of sizes that do not fit."""
    rows = [(f"large{i:03}", 100, 3, 0) for i in range(200)]
    rows += [(f"size{i:03}", 50 + i, 4, 0) for i in range(50)]
    return stars_and_members(spark.createDataFrame(rows, ROW), PARAMS).persist()


def test_all_members_of_a_large_bucket_are_compared_with_its_centres_and_neighbours(found):
    large = {pair for pair in pairs_of(found) if pair[0].startswith("large")}
    degrees = sorted(sum(f"large{i:03}" in pair for pair in large) for i in range(200))
    # Without a second key in common the neighbours are those in the order of the text key.
    assert degrees[-3:] == [199] * 3
    assert {(f"large{i:03}", f"large{i + n:03}") for i in range(190) for n in (1, 2, 3)} <= large
    assert len(large) < 200 * 6


def test_large_buckets_are_told_with_their_centres(found):
    rows = found.where("band_key = 3").collect()
    members = {(row.text_key_a, row.text_key_b) for row in rows}
    assert members == {(f"large{i:03}",) * 2 for i in range(200)}
    centres = {row.text_key_a for row in rows if row.is_centre}
    assert len(centres) == 3
    large = pairs_of(found)
    assert [sum(name in pair for pair in large) for name in centres] == [199] * 3


def test_sizes_that_rule_the_threshold_out_are_not_compared(found):
    sizes = {
        tuple(int(name[4:]) + 50 for name in pair) for pair in pairs_of(found) if "size" in pair[0]
    }
    assert sizes
    assert all(min(pair) / max(pair) >= PARAMS.threshold for pair in sizes)


def test_texts_that_agree_in_two_bands_are_neighbours_in_a_large_bucket(spark):
    rows = [(f"t{i:03}", 100, 3, 1000 + i % 100) for i in range(200)]
    params = DedupParams(max_bucket_pairs_size=6, num_centres=1)
    twins = {(f"t{i:03}", f"t{i + 100:03}") for i in range(100)}
    assert twins <= pairs_of(stars_and_members(spark.createDataFrame(rows, ROW), params))


def test_every_band_key_has_that_of_another_band(spark):
    bands = explode_bands(spark.createDataFrame([("a", 1, [5, 6, 7]), ("b", 0, [])], SIGNATURE))
    assert sorted(tuple(row) for row in bands.collect()) == [
        ("a", 1, 5, 6),
        ("a", 1, 6, 5),
        ("a", 1, 7, 5),
    ]


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
    binned = in_bins(candidates)
    sets = shingle_sets(frame, 5)
    pairs = verified_pairs(binned, ends_of(binned), sets).collect()
    expected = {pair: jaccard(texts[pair[0]], texts[pair[1]], 5) for pair in names}
    assert expected["exact1", "exact2"] == 0.8
    assert {(p.text_key_a, p.text_key_b): p.similarity for p in pairs} == expected


def test_pairs_of_one_anchor_share_a_bin_and_send_each_text_there_once(spark):
    clusters = [[f"c{n:03}-{i}" for i in range(4)] for n in range(400)]
    rows = [(*pair, n - 200) for n, names in enumerate(clusters) for pair in combinations(names, 2)]
    schema = "text_key_a string, text_key_b string, anchor long"
    binned = in_bins(spark.createDataFrame(rows, schema))
    bins = {}
    for row in binned.collect():
        bins.setdefault(row.text_key_a.partition("-")[0], set()).add(row.bin)
    assert {len(found) for found in bins.values()} == {1}
    assert len({min(found) for found in bins.values()}) > 1
    assert {len(row.bins) for row in ends_of(binned).collect()} == {1}


def test_the_longer_texts_are_the_fewer_pairs_share_a_bin(spark):
    names = [f"t{i:02}" for i in range(60)]
    rows = [(*pair, int(pair[0][1:]) // 4, None) for pair in combinations(names, 2)]
    schema = "text_key_a string, text_key_b string, anchor long, num_shingles long"

    def bins_of(size):
        sized = [(*row[:3], size) for row in rows]
        return [row.bin for row in in_bins(spark.createDataFrame(sized, schema)).collect()]

    assert len(set(bins_of(None))) == len(set(bins_of(LONG - 1))) == 1 + len(rows) // 512
    # As many as there are anchors.
    assert len(set(bins_of(LONG))) == len(set(bins_of(HUGE - 1))) == 15
    own = bins_of(HUGE)
    assert len(set(own)) == len(rows)
    assert max(own) < 0


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_bins_are_compared_however_batches_cut_them(size):
    sets = {"a": [1, 2, 3], "b": [2, 3, 4], "c": [1, 2, 3, 4], "d": []}
    packed = {name: np.array(values, np.int64).tobytes() for name, values in sets.items()}
    bins = {3: ["a", "b", "c"], 9: ["c", "d"], 10: ["d", "a"]}
    rows = []
    for number, names in bins.items():
        rows += [(number, name, None, packed[name]) for name in names]
        rows += [(number, *pair, None) for pair in combinations(names, 2)]
    columns = [pa.array(column) for column in zip(*rows, strict=True)]
    names = ["bin", "text_key_a", "text_key_b", "shingles"]
    whole = pa.RecordBatch.from_arrays(columns, names=names)
    batches = [whole.slice(first, size) for first in range(0, len(rows), size)]
    found = [tuple(row.values()) for batch in _pairs(iter(batches)) for row in batch.to_pylist()]
    assert found == [
        ("a", "b", 0.5),
        ("a", "c", 0.75),
        ("b", "c", 0.75),
        ("c", "d", 0.0),
        ("d", "a", 0.0),
    ]
    with pytest.raises(DataError, match="is missing"):
        list(_pairs(iter([whole.slice(1, 5)])))
