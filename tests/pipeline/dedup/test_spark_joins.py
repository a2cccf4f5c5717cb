"""Who is compared with whom, and what the comparison finds."""

from itertools import combinations

import pytest

from pipeline.dedup.minhash import DedupParams
from pipeline.dedup.spark_joins import candidate_pairs, skipped_pairs, verified_edges
from tests.oracles.jaccard_oracle import jaccard

pytestmark = pytest.mark.spark
SIGNATURE = "doc_id string, num_shingles long, band_keys array<bigint>"


def pairs_of(frame):
    rows = [(row.doc_id_a, row.doc_id_b) for row in frame.collect()]
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
    return spark.createDataFrame(rows, SIGNATURE)


@pytest.fixture(scope="module")
def found(buckets):
    return pairs_of(candidate_pairs(buckets, DedupParams(max_bucket_pairs_size=6, num_centres=3)))


def test_all_members_of_a_small_bucket_are_compared(found):
    small = {pair for pair in found if pair[0].startswith("small")}
    assert small == set(combinations([f"small{i}" for i in range(5)], 2))


def test_a_bucket_of_the_largest_small_size_is_compared_in_full(found):
    full = {pair for pair in found if pair[0].startswith("full")}
    assert full == set(combinations([f"full{i}" for i in range(6)], 2))


def test_all_members_of_a_large_bucket_are_compared_with_its_centres_only(found):
    large = {pair for pair in found if pair[0].startswith("large")}
    degrees = [sum(f"large{i:03}" in pair for pair in large) for i in range(200)]
    assert sorted(degrees) == [3] * 197 + [199] * 3


def test_pairs_whose_sizes_rule_the_threshold_out_are_not_compared(found):
    names = {"short", "long", "longer"}
    # 79 / 98 is above 0.8, 79 / 100 is not.
    assert {pair for pair in found if names & set(pair)} == {
        ("long", "longer"),
        ("longer", "short"),
    }


def test_documents_without_a_common_key_do_not_meet(found):
    assert not {pair for pair in found if "alone" in pair or "nothing" in pair}


def test_what_was_not_compared_is_counted(buckets):
    params = DedupParams(max_bucket_pairs_size=6, num_centres=3)
    counted = skipped_pairs(buckets, params).first()
    assert counted.asDict() == {
        "num_buckets": 5,
        "num_large_buckets": 1,
        "num_skipped_pairs": 197 * 196 // 2,
    }


def test_edges_hold_the_exact_similarity_and_nothing_below_the_threshold(spark):
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
    candidates = spark.createDataFrame(names, "doc_id_a string, doc_id_b string")
    # The same record in two files, and a text that nobody asks for.
    rows = [*texts.items(), ("a", texts["a"]), ("unasked", texts["a"])]
    frame = spark.createDataFrame(rows, "doc_id string, text string")
    edges = verified_edges(candidates, frame, DedupParams(threshold=0.8)).collect()
    expected = {pair: jaccard(texts[pair[0]], texts[pair[1]], 5) for pair in names}
    assert expected["exact1", "exact2"] == 0.8
    assert {(e.doc_id_a, e.doc_id_b): e.similarity for e in edges} == {
        pair: similarity for pair, similarity in expected.items() if similarity >= 0.8
    }
    assert {("exact1", "exact2"), ("a", "b"), ("a", "f")} <= {(e[0], e[1]) for e in edges}
