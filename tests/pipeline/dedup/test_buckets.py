"""Who meets whom in small buckets, and what is known of larger ones."""

from itertools import combinations

import numpy as np
import pyarrow as pa
import pytest

from pipeline.dedup import buckets
from pipeline.dedup.buckets import (
    MOST_BINS,
    _text_keys,
    bins_of,
    distinct_pairs,
    halves_of,
    meet_in_buckets,
    meet_rows,
    pack_rows,
    packed,
)
from pipeline.dedup.minhash import DedupParams
from schemas.errors import DataError
from tests.pipeline.dedup.planted import key_of, name_of

KEYED = "text_key string, num_shingles long, band_keys array<bigint>, first_keys array<bigint>"
PARAMS = DedupParams(max_bucket_pairs_size=6, num_centres=3)


@pytest.fixture(scope="module")
def met(spark):
    """Two small buckets that overlap, a large one, and documents that meet nobody."""
    rows = [(f"small{i}", 100, [1, 2] if i < 3 else [1]) for i in range(5)]
    rows += [(f"full{i}", 100, [7]) for i in range(6)]
    rows += [(f"large{i:03}", 100, [3, i + 100]) for i in range(200)]
    rows += [("alone", 100, [4, 5]), ("nothing", 0, [])]
    rows += [("short", 79, [6]), ("long", 100, [6]), ("longer", 98, [6])]
    keyed = [(key_of(name), size, keys, keys[:2]) for name, size, keys in rows]
    return meet_in_buckets(spark.createDataFrame(keyed, KEYED), 3, PARAMS).persist()


@pytest.fixture(scope="module")
def found(met):
    rows = distinct_pairs(met.where("pair is not null")).collect()
    pairs = [(name_of(row.text_key_a), name_of(row.text_key_b)) for row in rows]
    assert len(set(pairs)) == len(pairs), "a pair comes twice"
    assert all(a < b for a, b in pairs)
    return set(pairs)


@pytest.mark.spark
def test_all_members_of_a_small_bucket_meet(found):
    small = {pair for pair in found if pair[0].startswith("small")}
    assert small == set(combinations([f"small{i}" for i in range(5)], 2))


@pytest.mark.spark
def test_a_bucket_of_the_largest_small_size_is_compared_in_full(found):
    full = {pair for pair in found if pair[0].startswith("full")}
    assert full == set(combinations([f"full{i}" for i in range(6)], 2))


@pytest.mark.spark
def test_rows_of_a_large_bucket_come_back_and_make_no_pair(met, found):
    assert not any(name.startswith("large") for pair in found for name in pair)
    rows = met.where("band_key is not null").drop("pair", "anchor").collect()
    assert sorted((name_of(row.text_key), *row[1:]) for row in rows) == [
        (f"large{i:03}", 100, 3, 100 + i) for i in range(200)
    ]


@pytest.mark.spark
def test_pairs_whose_sizes_rule_the_threshold_out_are_not_compared(found):
    names = {"short", "long", "longer"}
    # 79 / 98 is above 0.8, 79 / 100 is not.
    assert {pair for pair in found if names & set(pair)} == {
        ("long", "longer"),
        ("longer", "short"),
    }


@pytest.mark.spark
def test_documents_without_a_common_key_do_not_meet(found):
    assert not {pair for pair in found if "alone" in pair or "nothing" in pair}


@pytest.mark.spark
def test_pairs_survive_packing(spark):
    names = sorted(combinations(map(key_of, "abc"), 2))
    pairs = spark.createDataFrame(names, "text_key_a string, text_key_b string")
    again = distinct_pairs(packed(pairs.selectExpr("*", "5L as anchor"))).collect()
    assert sorted(map(tuple, again)) == [(*pair, 5) for pair in names]


def batches_of(rows, size):
    """Batches of KEYED of (name, band key) in the given order."""
    for first in range(0, len(rows), size):
        part = rows[first : first + size]
        lists = [[key] for _, key in part]
        yield pa.RecordBatch.from_pydict(
            {
                "text_key": [key_of(name) for name, _ in part],
                "num_shingles": [10] * len(part),
                "band_keys": pa.array(lists, pa.list_(pa.int64())),
                "first_keys": pa.array([[]] * len(part), pa.list_(pa.int64())),
            }
        )


@pytest.mark.parametrize("at_once", [1, 10, 1000])
def test_a_large_bucket_is_passed_on_before_its_bin_ends(monkeypatch, at_once):
    """Whatever is kept in between, and whichever batches rows come in, the result is the same."""
    monkeypatch.setattr(buckets, "_ROWS_AT_ONCE", at_once)
    rows = [(f"t{i:03}", 8 if i % 4 else 100 + i % 60) for i in range(120)]
    packs = list(pack_rows(batches_of(rows, 7), bins=2))
    assert len(packs) == -(-120 // (7 * max(1, -(-at_once // 7))))
    whole = pa.Table.from_batches(packs).sort_by("bin").to_batches(max_chunksize=3)
    out = list(meet_rows(iter(whole), most=3, threshold=0.5))
    assert all(batch.num_rows <= at_once for batch in out), "more than a column may hold"
    members = [row for batch in out for row in batch.to_pylist() if row["band_key"] is not None]
    assert sorted(name_of(row["text_key"]) for row in members) == [n for n, key in rows if key == 8]
    pairs = [row["pair"].hex() for batch in out for row in batch.to_pylist() if row["pair"]]
    expected = [
        key_of(a) + key_of(b) for (a, k), (b, m) in combinations(rows, 2) if k == m and k != 8
    ]
    assert sorted(pairs) == expected
    if at_once == 10:
        first = next(i for i, batch in enumerate(out) if batch["pair"].null_count == 0)
        assert sum(batch.num_rows for batch in out[:first]) > 50


def test_texts_without_a_key_are_not_kept_waiting(monkeypatch):
    monkeypatch.setattr(buckets, "_ROWS_AT_ONCE", 10)
    batch = next(batches_of([(f"t{i}", 1) for i in range(5)], 5))
    empty = pa.array([[]] * 5, pa.list_(pa.int64()))
    batch = batch.set_column(2, "band_keys", empty)
    taken = iter([batch] * 6)
    packs = pack_rows(taken, bins=2)
    assert next(packs).num_rows == 0
    assert len(list(taken)) == 4


def test_text_keys_are_read_as_numbers():
    keys = ["00" * 15 + "01", "ff" * 16, "0123456789abcdef" * 2]
    column = pa.array(["zz", *keys]).slice(1)
    assert halves_of(column).view(np.uint64).tolist() == [
        [0, 1],
        [2**64 - 1, 2**64 - 1],
        [0x0123456789ABCDEF] * 2,
    ]


@pytest.mark.parametrize("key", ["", "00" * 15, "0" * 31 + "g", "A" * 32])
def test_what_is_no_text_key_is_refused(key):
    with pytest.raises(DataError, match="32 hexadecimal digits"):
        halves_of(pa.array([key]))


def test_bins_grow_with_the_keys_up_to_a_limit():
    assert bins_of(0) == 1
    assert bins_of(10_000_000) > 100
    assert bins_of(10**15) == MOST_BINS


def test_text_keys_come_back_from_their_halves():
    keys = [f"{number:032x}" for number in (0, 1, 2**63, 2**64 - 1, 2**127 + 5, 2**128 - 1)]
    assert _text_keys(halves_of(pa.array(keys))).to_pylist() == keys
    assert len(_text_keys(np.empty((0, 2), np.int64))) == 0
