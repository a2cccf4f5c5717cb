"""What the build in force compared, for the next one to build on."""

from collections.abc import Mapping
from typing import Any

from pyspark.sql import SparkSession

from pipeline.dedup.compare import Known
from pipeline.dedup.minhash import DedupParams
from pipeline.spark.in_force import build_in_force, ledger_batch, signature_batches
from pipeline.spark.tables import find_batch, read_batches
from pipeline.spark.take_downs import batch_before
from schemas import __version__
from schemas.build import digest_of
from schemas.dedup import COMPARED, PAIRS, SIGNATURES


def comparing_facts(params: DedupParams) -> Mapping[str, Any]:
    """What batches of PAIRS and COMPARED say of how they were made."""
    return {"comparing": digest_of([params.comparing, __version__])}


def read_known(spark: SparkSession, root: str, params: DedupParams) -> Known | None:
    """Pairs of the build in force; ``None`` where there is none, or it compared otherwise.

    Raises:
        DataError: a batch is damaged.
    """
    build = build_in_force(root)
    if build is None:
        return None
    batch = batch_before(root, ledger_batch(root, build))
    for table in (PAIRS, COMPARED):
        manifest = find_batch(table, root, batch)
        if manifest is None or manifest.facts != comparing_facts(params):
            return None
    return Known(
        pairs=read_batches(spark, PAIRS, root, [batch]),
        compared=read_batches(spark, COMPARED, root, [batch]),
        signatures=read_batches(spark, SIGNATURES, root, signature_batches(root, params.minhash)),
    )
