"""What was taken down, and the ledger without it."""

import json

from pyarrow.fs import FileSelector
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from pipeline.spark.ledger import check_ledger
from pipeline.spark.tables import filesystem, find_batch, read_batches, read_text, write_batch
from schemas.build import digest_of
from schemas.ledger import LEDGER, Outcome, TakeDownRule

FOLDER = "take_downs"
TakenDown = dict[str, bool]
"""Document ids; whether their duplicates go, too (not those of a document that was one)."""


def read_take_downs(root: str) -> TakenDown:
    """All that was ever taken down from a corpus."""
    files, path = filesystem(f"{root.rstrip('/')}/{FOLDER}")
    found: TakenDown = {}
    for entry in files.get_file_info(FileSelector(path, allow_not_found=True)):
        if entry.base_name.endswith(".json") and not entry.base_name.startswith("."):
            request = json.loads(read_text(f"{root.rstrip('/')}/{FOLDER}/{entry.base_name}"))
            for doc_id, copies in request["documents"].items():
                found[doc_id] = found.get(doc_id, False) or bool(copies)
    return found


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
    return marked.select(
        *(
            F.when(goes, changed[name]).otherwise(F.col(name)).alias(name)
            if name in changed
            else F.col(name)
            for name in LEDGER.schema.names
        )
    )
