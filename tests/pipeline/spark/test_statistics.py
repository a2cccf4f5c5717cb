"""collect_statistics against sums in plain Python over the same rows."""

from collections import Counter
from typing import Any

import pytest

from pipeline.decide.rules import DecideParams
from pipeline.measures.attributes import ATTRIBUTES
from pipeline.report.statistics import Statistics
from pipeline.spark.arrow import struct_type
from pipeline.spark.quotes import SNIPPET_CHARACTERS, TITLE_CHARACTERS, shorten
from pipeline.spark.statistics import (
    EXAMPLES_PER_RULE,
    EXAMPLES_PER_SOURCE,
    LARGEST_CLUSTERS,
    MEMBERS_PER_CLUSTER,
    NO_TEXT,
    PAIRS,
    collect_statistics,
)
from schemas.documents import DOCUMENTS
from schemas.ledger import LEDGER
from tests.pipeline.spark.report_rows import RULES, make_rows

pytestmark = pytest.mark.spark


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
    return collect_statistics(*frames, DecideParams(min_words=500))


@pytest.fixture(scope="module")
def statistics(spark: Any, rows: list[dict[str, Any]]) -> Statistics:
    return collect(spark, rows, 3)


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
            snippet = shorten(row["text"], SNIPPET_CHARACTERS) if row["text"] else None
            assert example.snippet == snippet
            assert example.title == shorten(row["title"], TITLE_CHARACTERS)
            assert example.source_key == shorten(row["source_key"], TITLE_CHARACTERS)
            assert example.value == row["value"]


def test_limits_are_counted_whatever_the_ledger_names(statistics, rows):
    short = sum(row["num_words"] is not None and row["num_words"] < 500 for row in rows)
    assert {counts.rule: counts.broken for counts in statistics.limits}["min_words"] == short > 100


def test_kept_examples_are_the_first_by_id_of_each_source(statistics, rows):
    for source in ("web", "news", "wiki"):
        kept = [row for row in rows if row["outcome"] == "kept" and row["source"] == source]
        found = [example.doc_id for example in statistics.kept_examples if example.source == source]
        assert found == [row["doc_id"] for row in ordered(kept)[:EXAMPLES_PER_SOURCE]]


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
        (row["source_file"], row["record_offset"], shorten(row["detail"], TITLE_CHARACTERS))
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
