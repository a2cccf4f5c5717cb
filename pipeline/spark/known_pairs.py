"""What the build in force compared, for the next one to build on."""

import json
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from pyspark.sql import SparkSession

from pipeline.dedup.compare import Known
from pipeline.dedup.minhash import DedupParams
from pipeline.spark.output import latest_build
from pipeline.spark.tables import committed_batches, exists, find_batch, read_batches, read_text
from schemas import __version__
from schemas.build import digest_of
from schemas.dedup import COMPARED, PAIRS, SIGNATURES
from schemas.shards import MANIFEST_NAME


def comparing_facts(params: DedupParams) -> Mapping[str, Any]:
    """What batches of PAIRS and COMPARED say of how they were made."""
    return {"comparing": digest_of([params.comparing, __version__])}


def read_known(spark: SparkSession, root: str, params: DedupParams) -> Known | None:
    """Pairs of the build in force; ``None`` where there is none, or it compared otherwise.

    Raises:
        DataError: a batch is damaged.
    """
    build = latest_build(root)
    if build is None or not exists(f"{root}/builds/{build}/{MANIFEST_NAME}"):
        return None
    ledger = json.loads(read_text(f"{root}/builds/{build}/{MANIFEST_NAME}"))["ledger"]
    batch = PurePosixPath(ledger).name.removeprefix("batch=")
    for table in (PAIRS, COMPARED):
        manifest = find_batch(table, root, batch)
        if manifest is None or manifest.facts != comparing_facts(params):
            return None
    wanted = params.minhash.model_dump(mode="json")
    signed = [
        manifest.batch
        for manifest in committed_batches(SIGNATURES, root)
        if manifest.facts["params"] == wanted and manifest.code_version == __version__
    ]
    return Known(
        pairs=read_batches(spark, PAIRS, root, [batch]),
        compared=read_batches(spark, COMPARED, root, [batch]),
        signatures=read_batches(spark, SIGNATURES, root, signed),
    )
