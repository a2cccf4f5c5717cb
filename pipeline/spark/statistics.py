"""LEDGER, ATTRIBUTES and DOCUMENTS -> the numbers and examples of the report.

Everything that reaches the driver is an aggregate or a fixed number of rows.
"""

from collections.abc import Iterable

from pyspark.sql import DataFrame, Row, Window
from pyspark.sql import functions as F

from pipeline.decide.rules import DecideParams
from pipeline.report.statistics import (
    Cluster,
    ClusterSizes,
    DropReason,
    Group,
    Member,
    Outcomes,
    Pair,
    Statistics,
    UnreadableRecord,
    add_up,
)
from pipeline.spark.ablation import collect_limits
from pipeline.spark.histograms import BINS, collect_histograms
from pipeline.spark.personal_data import COLUMNS, collect_personal_data
from pipeline.spark.quotes import ORDER, Quotes, first_per_group, shorten
from schemas.ledger import LEDGER, DuplicateRule, Outcome

EXAMPLES_PER_RULE = 3
EXAMPLES_PER_SOURCE = 3
LARGEST_CLUSTERS = 8
MEMBERS_PER_CLUSTER = 5
PAIRS = 6
MOST_LANGUAGES = 40
MOST_UNREADABLE = 200
NO_TEXT = "no text"
"""Name of the language group of records without text."""
OTHER = "other"

_KEY = tuple(LEDGER.key)
_REASON_COLUMNS = tuple(name for name in DropReason.model_fields if name != "examples")


def collect_statistics(
    ledger: DataFrame, attributes: DataFrame, documents: DataFrame, limits: DecideParams
) -> Statistics:
    """Count and quote what the report shows.

    Args:
        ledger: the table LEDGER.
        attributes: the table ATTRIBUTES, one row per row of ``ledger``.
        documents: the table DOCUMENTS of the same records; only the texts of the examples leave
            the executors, cut to ``SNIPPET_CHARACTERS``.
        limits: what the records were judged by.
    """
    measures = [bins.measure for bins in BINS]
    columns = list(
        dict.fromkeys(
            [*_KEY, "language", "num_words", "num_characters", *measures, *COLUMNS.values()]
        )
    )
    records = ledger.select(*_KEY, "source", "outcome").join(
        attributes.select(*columns), on=list(_KEY), how="left"
    )
    sources, languages = _groups(records)
    dropped = ledger.where(F.col("outcome") == Outcome.DROPPED.value)
    duplicates = ledger.where(F.col("outcome") == Outcome.DUPLICATE.value)
    kept = ledger.where(F.col("outcome") == Outcome.KEPT.value)
    rules = _rules(ledger)
    drop_examples = first_per_group(dropped, "rule", EXAMPLES_PER_RULE)
    kept_examples = first_per_group(kept, "source", EXAMPLES_PER_SOURCE)
    sizes, largest = _clusters(duplicates)
    members = first_per_group(
        duplicates.where(F.col("duplicate_of").isin(list(largest))),
        "duplicate_of",
        MEMBERS_PER_CLUSTER,
    )
    pairs = (
        duplicates.where(F.col("rule") == DuplicateRule.NEAR_DUPLICATE.value)
        .orderBy("similarity", *ORDER)
        .limit(PAIRS)
        .collect()
    )
    named = sorted({*largest, *(_neighbour(row) for row in pairs)})
    # A neighbour may be a removed record itself; the kept row of an id comes first.
    rank = Window.partitionBy("doc_id").orderBy(
        F.when(F.col("outcome") == Outcome.KEPT.value, 0).otherwise(1), *_KEY
    )
    by_id = {
        row["doc_id"]: row
        for row in ledger.where(F.col("doc_id").isin(named))
        .withColumn("place", F.row_number().over(rank))
        .where("place = 1")
        .collect()
    }
    quoted = Quotes(documents, [*drop_examples, *kept_examples, *members, *pairs, *by_id.values()])
    return Statistics(
        sources=sources,
        languages=languages,
        drop_reasons=[
            DropReason(
                **{name: row[name] for name in _REASON_COLUMNS},
                examples=[
                    quoted(example) for example in drop_examples if example["rule"] == row["rule"]
                ],
            )
            for row in rules
            if row["outcome"] == Outcome.DROPPED
        ],
        limits=collect_limits(attributes, limits),
        personal_data=collect_personal_data(records),
        kept_examples=[quoted(row) for row in kept_examples],
        histograms=collect_histograms(records),
        cluster_sizes=sizes,
        largest_clusters=[
            Cluster(
                size=size,
                survivor=quoted(by_id[survivor]),
                removed=[
                    Member(example=quoted(row), rule=row["rule"], similarity=row["similarity"])
                    for row in members
                    if row["duplicate_of"] == survivor
                ],
            )
            for survivor, size in largest.items()
        ],
        near_duplicates=[
            Pair(
                removed=quoted(row),
                nearest=quoted(by_id[_neighbour(row)]),
                similarity=row["similarity"],
                survivor_id=row["duplicate_of"],
            )
            for row in pairs
        ],
        duplicate_rules={
            row["rule"]: row["records"] for row in rules if row["outcome"] == Outcome.DUPLICATE
        },
        unreadable=_unreadable(ledger),
    )


def _neighbour(row: Row) -> str:
    return str(row["nearest"] or row["duplicate_of"])


def _groups(records: DataFrame) -> tuple[list[Group], list[Group]]:
    kept = F.col("outcome") == Outcome.KEPT.value
    rows = (
        records.groupBy("source", F.coalesce("language", F.lit(NO_TEXT)).alias("language"))
        .agg(
            F.count("*").alias("records"),
            *[F.count_if(F.col("outcome") == value).alias(value) for value in Outcome],
            F.coalesce(F.sum(F.when(kept, F.col("num_words"))), F.lit(0)).alias("kept_words"),
            F.coalesce(F.sum(F.when(kept, F.col("num_characters"))), F.lit(0)).alias(
                "kept_characters"
            ),
        )
        .collect()
    )
    languages = _merge(rows, "language")
    tail = languages[MOST_LANGUAGES:]
    if tail:
        languages = [
            *languages[:MOST_LANGUAGES],
            Group(
                name=OTHER,
                outcomes=add_up([group.outcomes for group in tail]),
                kept_words=sum(group.kept_words for group in tail),
                kept_characters=sum(group.kept_characters for group in tail),
            ),
        ]
    return _merge(rows, "source"), languages


def _merge(rows: Iterable[Row], column: str) -> list[Group]:
    merged: dict[str, list[Row]] = {}
    for row in rows:
        merged.setdefault(row[column], []).append(row)
    groups = [
        Group(
            name=name,
            outcomes=add_up([_outcomes(row) for row in parts]),
            kept_words=sum(row["kept_words"] for row in parts),
            kept_characters=sum(row["kept_characters"] for row in parts),
        )
        for name, parts in merged.items()
    ]
    return sorted(groups, key=lambda group: (-group.outcomes.records, group.name))


def _outcomes(row: Row) -> Outcomes:
    return Outcomes(**{name: row[name] for name in Outcomes.model_fields})


def _rules(ledger: DataFrame) -> list[Row]:
    """Rules of dropped and duplicate records, the most frequent first."""
    return (
        ledger.where(F.col("rule").isNotNull())
        .groupBy("outcome", "rule")
        .agg(
            F.count("*").alias("records"),
            F.min("threshold").alias("smallest_threshold"),
            F.max("threshold").alias("largest_threshold"),
            F.min("value").alias("smallest_value"),
            F.max("value").alias("largest_value"),
        )
        .orderBy(F.desc("records"), "rule")
        .collect()
    )


def _clusters(duplicates: DataFrame) -> tuple[list[ClusterSizes], dict[str, int]]:
    per_cluster = duplicates.groupBy("duplicate_of").agg((F.count("*") + 1).alias("size"))
    # Exact up to ten, then by power of two, so that the table stays short.
    size_range = F.when(F.col("size") <= 10, F.col("size").cast("double")).otherwise(
        10 + F.floor(F.log2("size"))
    )
    sizes = (
        per_cluster.groupBy(size_range.alias("size_range"))
        .agg(
            F.min("size").alias("smallest"),
            F.max("size").alias("largest"),
            F.count("*").alias("clusters"),
            F.sum("size").alias("records"),
        )
        .drop("size_range")
        .orderBy("smallest")
        .collect()
    )
    largest = per_cluster.orderBy(F.desc("size"), "duplicate_of").limit(LARGEST_CLUSTERS).collect()
    return (
        [ClusterSizes(**row.asDict()) for row in sizes],
        {row["duplicate_of"]: row["size"] for row in largest},
    )


def _unreadable(ledger: DataFrame) -> list[UnreadableRecord]:
    rows = (
        ledger.where(F.col("outcome") == Outcome.UNREADABLE.value)
        .orderBy(*_KEY)
        .limit(MOST_UNREADABLE)
        .select(*_KEY, F.coalesce("detail", F.lit("")).alias("error"))
        .collect()
    )
    return [
        UnreadableRecord(
            source_file=row["source_file"],
            record_offset=row["record_offset"],
            error=shorten(row["error"]) or "",
        )
        for row in rows
    ]
