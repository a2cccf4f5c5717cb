"""collect_statistics against sums in plain Python over the same rows."""

import math
import random
from collections import Counter
from typing import Any

import numpy as np
import pytest

from pipeline.report.statistics import Statistics
from pipeline.spark.arrow import struct_type
from pipeline.spark.statistics import (
    BINS,
    EXAMPLES_PER_RULE,
    EXAMPLES_PER_SOURCE,
    LARGEST_CLUSTERS,
    MEMBERS_PER_CLUSTER,
    NO_TEXT,
    PAIRS,
    SNIPPET_CHARACTERS,
    collect_statistics,
)
from schemas.documents import ATTRIBUTES, DOCUMENTS
from schemas.ledger import LEDGER

pytestmark = pytest.mark.spark

RULES = {"toxicity": 0.5, "num_words": 50.0, "request": None}


def make_rows(number: int = 400) -> list[dict[str, Any]]:
    """Records with ledger, attributes and document columns in one dictionary each."""
    generator = random.Random(7)
    rows: list[dict[str, Any]] = []
    for i in range(number):
        outcome = generator.choices(["kept", "dropped", "duplicate", "unreadable"], [5, 3, 3, 0.2])[
            0
        ]
        has_text = outcome != "unreadable"
        row: dict[str, Any] = {
            "source_file": f"web/file{i % 5}.warc.gz",
            "record_offset": i * 1000,
            "doc_id": f"{generator.getrandbits(128):032x}",
            "source": generator.choice(["web", "news", "wiki"]),
            "source_key": f"key {i}",
            "format": "warc",
            "raw_bytes": 10,
            "outcome": outcome,
            "text": f"文字 {i} " * generator.choice([1, 300]) if has_text else None,
            "title": f"Title {i}",
            "language": generator.choice(["en", "zh", "de"]) if has_text else None,
            "num_words": generator.randrange(1000) if has_text else None,
            "num_characters": generator.choice([0, 1, 99, 100, 12345, 10**9]) if has_text else None,
        }
        for measure in ("quality_score", "toxicity", "language_score"):
            row[measure] = (
                generator.choice([0.0, 0.5, 1.0, generator.random()]) if has_text else None
            )
        if outcome == "dropped":
            row["rule"] = generator.choice(list(RULES))
            row["threshold"] = RULES[row["rule"]]
            if row["rule"] == "num_words" and row["source"] == "news":
                row["threshold"] = 8.0
            row["value"] = generator.random() if row["threshold"] else None
            if row["rule"] == "request":
                row.update(text=None, language=None)
                row.update(dict.fromkeys([bins.measure for bins in BINS]), num_words=None)
        elif outcome == "unreadable":
            row["detail"] = f"cut off {i}"
        rows.append(row)
    kept = [row["doc_id"] for row in rows if row["outcome"] == "kept"][:25]
    last_of: dict[str, str] = {}
    for row in rows:
        if row["outcome"] == "duplicate":
            survivor = kept[min(generator.randrange(25) for _ in range(4))]
            row["duplicate_of"] = survivor
            row["rule"] = generator.choice(["same_text", "near_duplicate"])
            row["nearest"] = last_of.get(survivor, survivor)
            row["similarity"] = round(generator.uniform(0.8, 1.0), 6)
            last_of[survivor] = row["doc_id"]
    return rows


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    return make_rows()


def collect(spark: Any, rows: list[dict[str, Any]], partitions: int) -> Statistics:
    frames = [
        spark.createDataFrame(
            [tuple(row.get(name) for name in table.schema.names) for row in rows],
            struct_type(table.schema),
        )
        .repartition(partitions)
        .cache()
        for table in (LEDGER, ATTRIBUTES, DOCUMENTS)
    ]
    return collect_statistics(*frames)


@pytest.fixture(scope="module")
def statistics(spark: Any, rows: list[dict[str, Any]]) -> Statistics:
    return collect(spark, rows, 3)


def shortened(text: str) -> str:
    long = len(text) > SNIPPET_CHARACTERS
    return text[:SNIPPET_CHARACTERS].rstrip() + "…" if long else text


def ordered(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: (row["doc_id"], row["source_file"], row["record_offset"]))


@pytest.mark.parametrize("column", ["source", "language"])
def test_groups_count_every_record_once(statistics, rows, column):
    groups = statistics.sources if column == "source" else statistics.languages
    expected: dict[str, Counter[str]] = {}
    for row in rows:
        counter = expected.setdefault(row[column] or NO_TEXT, Counter())
        counter["records"] += 1
        counter[row["outcome"]] += 1
        if row["outcome"] == "kept":
            counter["words"] += row["num_words"]
            counter["characters"] += row["num_characters"]
    assert {group.name for group in groups} == set(expected)
    for group in groups:
        counter = expected[group.name]
        assert group.outcomes.model_dump() == {
            name: counter[name]
            for name in ("records", "kept", "dropped", "duplicate", "unreadable")
        }
        assert (group.kept_words, group.kept_characters) == (
            counter["words"],
            counter["characters"],
        )
    sizes = [(-group.outcomes.records, group.name) for group in groups]
    assert sizes == sorted(sizes)


def test_drop_reasons_hold_counts_cuts_and_the_first_examples_by_id(statistics, rows):
    assert {reason.rule for reason in statistics.drop_reasons} == set(RULES)
    for reason in statistics.drop_reasons:
        dropped = [
            row for row in rows if row["outcome"] == "dropped" and row["rule"] == reason.rule
        ]
        values = [row["value"] for row in dropped if row["value"] is not None]
        assert reason.records == len(dropped)
        cuts = [row["threshold"] for row in dropped if row["threshold"] is not None]
        assert reason.smallest_threshold == (min(cuts) if cuts else None)
        assert reason.largest_threshold == (max(cuts) if cuts else None)
        assert reason.smallest_value == (min(values) if values else None)
        assert reason.largest_value == (max(values) if values else None)
        first = ordered(dropped)[:EXAMPLES_PER_RULE]
        assert [example.doc_id for example in reason.examples] == [row["doc_id"] for row in first]
        for example, row in zip(reason.examples, first, strict=True):
            assert example.snippet == (shortened(row["text"]) if row["text"] else None)
            assert example.title == row["title"]
            assert example.value == row["value"]


def test_kept_examples_are_the_first_by_id_of_each_source(statistics, rows):
    for source in ("web", "news", "wiki"):
        kept = [row for row in rows if row["outcome"] == "kept" and row["source"] == source]
        found = [example.doc_id for example in statistics.kept_examples if example.source == source]
        assert found == [row["doc_id"] for row in ordered(kept)[:EXAMPLES_PER_SOURCE]]


def test_histograms_count_every_value_in_its_bin(statistics, rows):
    assert [histogram.measure for histogram in statistics.histograms] == [b.measure for b in BINS]
    for bins, histogram in zip(BINS, statistics.histograms, strict=True):
        expected: dict[str, list[int]] = {}
        missing = 0
        for row in rows:
            value = row[bins.measure]
            if value is None:
                missing += 1
                continue
            if bins.measure in ("toxicity", "language_score"):  # stored in single precision
                value = float(np.float32(value))
            if bins.logarithmic:
                value = math.log10(max(1, value))
            place = math.floor((value - bins.first) / bins.width)
            counts = expected.setdefault(row["outcome"], [0] * bins.number)
            counts[min(max(place, 0), bins.number - 1)] += 1
        found = {series.outcome.value: series.counts for series in histogram.series}
        assert found == expected, bins.measure
        assert histogram.missing == missing


def test_cluster_sizes_and_members_follow_the_ledger(statistics, rows):
    removed: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        if row["outcome"] == "duplicate":
            removed.setdefault(row["duplicate_of"], []).append(row)
    sizes = [len(members) + 1 for members in removed.values()]
    assert max(sizes) > 10  # so that a range of sizes is met as well
    assert sum(entry.clusters for entry in statistics.cluster_sizes) == len(sizes)
    for entry in statistics.cluster_sizes:
        within = [size for size in sizes if entry.smallest <= size <= entry.largest]
        assert (entry.clusters, entry.records) == (len(within), sum(within))
        assert entry.smallest == min(within) and entry.largest == max(within)
        if entry.smallest <= 10:
            assert entry.smallest == entry.largest
        else:
            assert entry.largest < 2 ** (entry.smallest.bit_length())
    largest = sorted(removed, key=lambda survivor: (-len(removed[survivor]), survivor))
    assert [cluster.survivor.doc_id for cluster in statistics.largest_clusters] == largest[
        :LARGEST_CLUSTERS
    ]
    for cluster in statistics.largest_clusters:
        members = ordered(removed[cluster.survivor.doc_id])
        assert cluster.size == len(members) + 1
        assert [
            (member.example.doc_id, member.rule, member.similarity) for member in cluster.removed
        ] == [
            (row["doc_id"], row["rule"], row["similarity"]) for row in members[:MEMBERS_PER_CLUSTER]
        ]


def test_pairs_are_the_least_similar_with_the_neighbour_that_was_measured(statistics, rows):
    near = sorted(
        (row for row in rows if row.get("rule") == "near_duplicate"),
        key=lambda row: (row["similarity"], row["doc_id"]),
    )[:PAIRS]
    assert [
        (pair.removed.doc_id, pair.nearest.doc_id, pair.similarity, pair.survivor_id)
        for pair in statistics.near_duplicates
    ] == [(row["doc_id"], row["nearest"], row["similarity"], row["duplicate_of"]) for row in near]
    assert any(pair.nearest.doc_id != pair.survivor_id for pair in statistics.near_duplicates)
    assert all(pair.nearest.snippet for pair in statistics.near_duplicates)


def test_unreadable_records_are_listed_in_the_order_of_the_input(statistics, rows):
    expected = sorted(
        (row["source_file"], row["record_offset"], row["detail"])
        for row in rows
        if row["outcome"] == "unreadable"
    )
    assert expected
    assert [
        (record.source_file, record.record_offset, record.error) for record in statistics.unreadable
    ] == expected


def test_partitions_do_not_change_a_thing(spark, rows, statistics):
    assert collect(spark, rows[::-1], 7) == statistics


def test_no_records_give_empty_statistics(spark):
    empty = collect(spark, [], 1)
    assert empty.sources == [] and empty.drop_reasons == [] and empty.largest_clusters == []
    assert all(histogram.series == [] for histogram in empty.histograms)
