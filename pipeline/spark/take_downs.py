"""What was taken down, and the ledger without it."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from pyarrow.fs import FileSelector
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from pipeline.spark.ledger import check_ledger, overrule
from pipeline.spark.tables import filesystem, find_batch, read_batches, read_text, write_batch
from schemas.build import digest_of
from schemas.ledger import LEDGER, Outcome, TakeDownRule

FOLDER = "take_downs"
TakenDown = dict[str, bool]
"""Document ids; whether their duplicates go, too (not those of a document that was one)."""


def read_take_downs(root: str) -> TakenDown:
    """All that was ever taken down from a corpus."""
    found: TakenDown = {}
    for request in _read_requests(root):
        for doc_id, copies in request["documents"].items():
            found[doc_id] = found.get(doc_id, False) or bool(copies)
    return found


def _read_requests(root: str) -> Iterator[dict[str, Any]]:
    folder = f"{root.rstrip('/')}/{FOLDER}"
    files, path = filesystem(folder)
    for entry in files.get_file_info(FileSelector(path, allow_not_found=True)):
        if entry.base_name.endswith(".json") and not entry.base_name.startswith("."):
            yield json.loads(read_text(f"{folder}/{entry.base_name}"))


def read_revived(root: str) -> list[str]:
    """Ids of the documents that are taken down as if they had never come: a build from the start
    keeps the best of their copies. One that was ever taken down with its copies is not among them.
    """
    revived: set[str] = set()
    others: set[str] = set()
    for request in _read_requests(root):
        (revived if request.get("revive_copies") else others).update(request["documents"])
    return sorted(revived - others)


def leave_out(judged: DataFrame, doc_ids: Sequence[str]) -> DataFrame:
    """The verdicts, in which these documents are dropped before duplicates are looked for.

    Args:
        judged: ``doc_id``, ``outcome``, ``rule``, ``value``, ``threshold``, ``detail``; other
            columns stay as they are.
    """
    if not doc_ids:
        return judged
    rows = judged.sparkSession.createDataFrame([(one,) for one in doc_ids], "taken_id string")
    marked = judged.join(F.broadcast(rows), judged.doc_id == rows.taken_id, "left")
    goes = F.col("taken_id").isNotNull() & (F.col("outcome") == Outcome.KEPT.value)
    changed = {
        "outcome": F.lit(Outcome.DROPPED.value),
        "rule": F.lit(TakeDownRule.TAKEN_DOWN.value),
        **{name: F.lit(None) for name in ("value", "threshold", "detail")},
    }
    return overrule(marked, goes, changed, judged.columns)


def name_without(name: str, taken: TakenDown) -> str:
    """Name of a build or batch after take-downs; without any it stays as it is."""
    return digest_of([name, taken]) if taken else name


def ledger_without(spark: SparkSession, root: str, batch: str, taken: TakenDown) -> DataFrame:
    """LEDGER of ``batch`` after take-downs, committed under a name of its own."""
    name = name_without(batch, taken)
    if name != batch and find_batch(LEDGER, root, name) is None:
        ledger = read_batches(spark, LEDGER, root, [batch])
        records = ledger.count()
        write_batch(
            take_out(ledger, taken),
            LEDGER,
            root,
            name,
            lambda written: {"outcomes": check_ledger(written, records), "before": batch},
        )
    return read_batches(spark, LEDGER, root, [name])


def batch_before(root: str, batch: str) -> str:
    """Batch of LEDGER that a batch was made from by take-downs, or itself."""
    manifest = find_batch(LEDGER, root, batch)
    return batch if manifest is None else str(manifest.facts.get("before", batch))


def take_out(ledger: DataFrame, taken: TakenDown) -> DataFrame:
    """Rows of taken-down documents and of their copies become dropped ones.

    What was dropped or unreadable before keeps its own reason. A copy is a duplicate of a
    taken-down document, or the document that one is a duplicate of now: a better copy that
    arrives later does not bring the text back.
    """
    spark = ledger.sparkSession
    own = F.broadcast(
        spark.createDataFrame(sorted(taken.items()), "taken_id string, copies boolean")
    )
    present = ledger.where(F.col("outcome").isin(Outcome.KEPT.value, Outcome.DUPLICATE.value))
    of_taken = present.join(own, present.doc_id == own.taken_id)
    heads = (
        of_taken.where("copies")
        .select(F.coalesce("duplicate_of", "doc_id").alias("head"), "taken_id")
        .union(own.select(F.col("taken_id").alias("head"), "taken_id"))
        .groupBy("head")
        .agg(F.min("taken_id").alias("because"))
    )
    marked = ledger.join(own, ledger.doc_id == own.taken_id, "left").join(
        heads, F.coalesce("duplicate_of", "doc_id") == heads["head"], "left"
    )
    stood = F.col("outcome").isin(Outcome.KEPT.value, Outcome.DUPLICATE.value)
    goes = stood & (F.col("taken_id").isNotNull() | F.col("because").isNotNull())
    rule = F.when(F.col("taken_id").isNotNull(), TakeDownRule.TAKEN_DOWN.value).otherwise(
        TakeDownRule.COPY.value
    )
    changed = {
        "outcome": F.lit(Outcome.DROPPED.value),
        "rule": rule,
        "detail": F.when(F.col("taken_id").isNull(), F.col("because")),
        **{
            name: F.lit(None)
            for name in ("value", "threshold", "duplicate_of", "nearest", "similarity")
        },
    }
    return overrule(marked, goes, changed, LEDGER.schema.names)
