"""ATTRIBUTES and duplicates -> LEDGER: one row per input record, and the proof of it."""

from collections.abc import Mapping, Sequence

import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from pipeline.decide.decide import VERDICTS, decide_batch
from pipeline.decide.rules import DecideParams
from pipeline.measures.attributes import ATTRIBUTES
from pipeline.spark.arrow import map_arrow
from schemas.errors import DataError
from schemas.ledger import LEDGER, Outcome

# What dedup and the ledger need beside the verdict; texts stay where they are.
_CARRIED = ("source", "source_key", "published", "quality_score", "num_characters")
_JUDGED = pa.schema([*VERDICTS, *(ATTRIBUTES.schema.field(name) for name in _CARRIED)])


def judge(attributes: DataFrame, params: DecideParams) -> DataFrame:
    """Verdict of every record, with what dedup needs to choose survivors."""

    def run(batch: pa.RecordBatch) -> pa.RecordBatch:
        batch = ATTRIBUTES.check(batch)
        verdicts = decide_batch(batch, params)
        return pa.RecordBatch.from_arrays(
            [*verdicts.columns, *(batch.column(name) for name in _CARRIED)], schema=_JUDGED
        )

    return map_arrow(attributes.select(*ATTRIBUTES.schema.names), run, _JUDGED)


def overrule(
    rows: DataFrame, goes: Column, verdict: Mapping[str, Column], columns: Sequence[str]
) -> DataFrame:
    """These columns of the rows, some of which have another verdict where ``goes`` is true."""
    return rows.select(
        *(
            F.when(goes, verdict[name]).otherwise(F.col(name)).alias(name)
            if name in verdict
            else F.col(name)
            for name in columns
        )
    )


def ledger_rows(judged: DataFrame, duplicates: DataFrame) -> DataFrame:
    """LEDGER: the verdict, unless the record is a duplicate of a better one."""
    found = duplicates.select(
        "source_file",
        "record_offset",
        F.col("rule").alias("duplicate_rule"),
        "duplicate_of",
        "nearest",
        F.col("similarity").cast("double").alias("similarity"),
    )
    is_duplicate = F.col("duplicate_rule").isNotNull()
    return judged.join(found, on=list(LEDGER.key), how="left").select(
        "source_file",
        "record_offset",
        "doc_id",
        "source",
        "source_key",
        F.when(is_duplicate, Outcome.DUPLICATE.value).otherwise(F.col("outcome")).alias("outcome"),
        F.coalesce("duplicate_rule", "rule").alias("rule"),
        F.col("value").cast("double").alias("value"),
        F.col("threshold").cast("double").alias("threshold"),
        "detail",
        "duplicate_of",
        "nearest",
        "similarity",
    )


def check_ledger(ledger: DataFrame, records: int) -> dict[str, int]:
    """Outcomes by count, after proof that every record has exactly one row.

    Raises:
        DataError: rows are missing, extra or repeated, or an outcome is unknown.
    """
    outcomes = {row["outcome"]: row["count"] for row in ledger.groupBy("outcome").count().collect()}
    unknown = sorted(set(outcomes) - {outcome.value for outcome in Outcome})
    if unknown:
        raise DataError(f"ledger: unknown outcomes {unknown}")
    rows = sum(outcomes.values())
    keys = ledger.select(*LEDGER.key).distinct().count()
    if not rows == keys == records:
        raise DataError(
            f"ledger does not add up: {records} records read, {rows} rows, {keys} distinct keys"
        )
    return {outcome.value: outcomes.get(outcome.value, 0) for outcome in Outcome}


def counts_by_file(ledger: DataFrame) -> list[dict[str, int | str]]:
    """Ledger rows per input file and outcome, by path."""
    rows = (
        ledger.groupBy("source_file")
        .pivot("outcome", [outcome.value for outcome in Outcome])
        .count()
        .fillna(0)
        .orderBy("source_file")
        .collect()
    )
    return [
        {
            "path": row["source_file"],
            "records": sum(row[outcome.value] for outcome in Outcome),
            **{outcome.value: row[outcome.value] for outcome in Outcome},
        }
        for row in rows
    ]


def counts_by_rule(ledger: DataFrame) -> dict[str, int]:
    """Dropped and duplicate records by rule."""
    rows = ledger.where(F.col("rule").isNotNull()).groupBy("rule").count().collect()
    return {row["rule"]: row["count"] for row in rows}
