"""What a build compares beyond the one before it, and that nothing depends on it."""

import random
from dataclasses import replace

import pytest

from pipeline.dedup.compare import Known, compare_texts
from pipeline.dedup.minhash import DedupParams
from pipeline.dedup.spark_joins import verified_pairs
from tests.pipeline.dedup.planted import key_of

pytestmark = pytest.mark.spark

PARAMS = DedupParams(
    threshold=0.3,
    min_recall=0.5,
    bands=3,
    rows=1,
    shingle_size=1,
    max_bucket_pairs_size=4,
    num_centres=1,
)
NODE = "text_key string, num_shingles long, source_file string, record_offset long"
SIGNATURE = (
    "doc_id string, source_file string, record_offset long, text_key string, num_shingles long, "
    "band_keys array<bigint>"
)
TEXT = "source_file string, record_offset long, text string"


class World:
    """Texts with forged band keys: buckets of one to a dozen."""

    def __init__(self, spark, seed):
        self.spark = spark
        generator = random.Random(seed)
        self.rows = {}
        for i in range(60):
            words = sorted(generator.sample("abcdefghijklmnop", generator.randint(6, 9)))
            keys = [
                100 * band + min(generator.randrange(12), generator.randrange(12))
                for band in range(3)
            ]
            self.rows[key_of(f"t{i:02}")] = ("f", i, " ".join(words), len(words), keys)

    def signatures(self, names):
        rows = [(n, *self.rows[n][:2], n, *self.rows[n][3:]) for n in sorted(names)]
        return self.spark.createDataFrame(rows, SIGNATURE)

    def compare(self, names, scratch, known=None):
        nodes = [(n, self.rows[n][3], *self.rows[n][:2]) for n in sorted(names)]
        texts = [self.rows[n][:3] for n in sorted(names)]
        pairs = compare_texts(
            self.spark.createDataFrame(nodes, NODE),
            self.signatures(names),
            self.spark.createDataFrame(texts, TEXT),
            PARAMS,
            str(scratch),
            known,
        )
        return [tuple(row) for row in pairs.collect()]

    def known(self, names, pairs):
        return Known(
            pairs=self.spark.createDataFrame(
                pairs, "text_key_a string, text_key_b string, similarity double"
            ),
            compared=self.spark.createDataFrame([(n,) for n in sorted(names)], "text_key string"),
            signatures=self.signatures(self.rows),
        )


@pytest.mark.parametrize("seed", range(1))
def test_a_history_of_builds_ends_where_one_build_does(spark, tmp_path, seed):
    world = World(spark, seed)
    generator = random.Random(seed)
    everything = sorted(world.rows)
    names, pairs = set(), None
    # Texts come in growing numbers, so that buckets grow beyond their limit, and some go.
    for step, size in enumerate((20, 45, 38)):
        known = None if pairs is None else world.known(names, pairs)
        stay = generator.sample(sorted(names), min(len(names), size * 2 // 3))
        others = [name for name in everything if name not in stay]
        names = {*stay, *generator.sample(others, size - len(stay))}
        pairs = world.compare(names, tmp_path / f"step{step}", known)
        assert len({pair[:2] for pair in pairs}) == len(pairs)
    assert sorted(pairs) == sorted(world.compare(names, tmp_path / "once"))


def test_texts_that_left_without_a_signature_change_nothing(spark, tmp_path):
    """As when somebody deletes old batches of SIGNATURES."""
    world = World(spark, seed=0)
    old, new = sorted(world.rows)[:50], sorted(world.rows)[20:]
    pairs = world.compare(old, tmp_path / "old")
    known = replace(world.known(old, pairs), signatures=world.signatures(new))
    grown = world.compare(new, tmp_path / "new", known)
    assert sorted(grown) == sorted(world.compare(new, tmp_path / "once"))


def test_only_pairs_that_nobody_compared_are_looked_into(spark, tmp_path, monkeypatch):
    world = World(spark, seed=7)
    old = sorted(world.rows)[:40]
    pairs = world.compare(old, tmp_path / "old")
    asked = []

    def watch(binned, ends, sets):
        asked.extend((row.text_key_a, row.text_key_b) for row in binned.collect())
        return verified_pairs(binned, ends, sets)

    monkeypatch.setattr("pipeline.dedup.compare.verified_pairs", watch)
    new = sorted(world.rows)[:43]
    grown = world.compare(new, tmp_path / "new", world.known(old, pairs))
    fresh = set(new) - set(old)
    assert asked
    assert not {pair[:2] for pair in pairs} & set(asked)
    assert {pair[:2] for pair in grown if fresh & set(pair[:2])} <= set(asked)


def test_pairs_are_the_same_where_texts_are_long(spark, tmp_path, monkeypatch):
    """One bin for each, or several that share some texts."""
    world = World(spark, seed=3)
    names = sorted(world.rows)[:30]
    pairs = world.compare(names, tmp_path / "short")
    bins = []

    def watch(binned, ends, sets):
        bins.append({row.bin for row in binned.collect()})
        return verified_pairs(binned, ends, sets)

    monkeypatch.setattr("pipeline.dedup.compare.verified_pairs", watch)
    for module in ("compare", "spark_joins"):
        monkeypatch.setattr(f"pipeline.dedup.{module}.LONG", 8)
    monkeypatch.setattr("pipeline.dedup.spark_joins.HUGE", 9)
    assert sorted(world.compare(names, tmp_path / "long")) == sorted(pairs)
    huge = {a for a, b, _ in pairs if world.rows[a][3] >= 9}
    assert sum(number < 0 for number in bins[0]) == sum(a in huge for a, b, _ in pairs) > 0


def test_nothing_new_looks_into_no_text(spark, tmp_path):
    world = World(spark, seed=8)
    names = sorted(world.rows)[:30]
    pairs = world.compare(names, tmp_path / "one")
    # Without the texts there is nothing to look into.
    known = world.known(names, pairs)
    empty = spark.createDataFrame([], TEXT)
    nodes = [(n, world.rows[n][3], *world.rows[n][:2]) for n in names]
    again = compare_texts(
        spark.createDataFrame(nodes, NODE),
        world.signatures(names),
        empty,
        PARAMS,
        str(tmp_path / "two"),
        known,
    )
    assert sorted(tuple(row) for row in again.collect()) == sorted(pairs)
