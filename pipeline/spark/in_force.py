"""What the build in force of a corpus is made of."""

import json
from pathlib import PurePosixPath

from pipeline.dedup.minhash import MinHashParams
from pipeline.spark.ingest import DocumentSet, cover
from pipeline.spark.output import latest_build
from pipeline.spark.tables import committed_batches, exists, read_text
from schemas import __version__
from schemas.build import BuildManifest
from schemas.dedup import SIGNATURES
from schemas.documents import DOCUMENTS
from schemas.shards import MANIFEST_NAME


def build_in_force(root: str) -> str | None:
    """Name of the finished build that a corpus folder points to, or ``None``."""
    build = latest_build(root)
    found = build is not None and exists(f"{root}/builds/{build}/{MANIFEST_NAME}")
    return build if found else None


def ledger_batch(root: str, build: str) -> str:
    """Batch of the LEDGER of a build; its pairs and clusters have the same name, or that of
    :func:`pipeline.spark.take_downs.batch_before`."""
    manifest = json.loads(read_text(f"{root}/builds/{build}/{MANIFEST_NAME}"))
    return PurePosixPath(manifest["ledger"]).name.removeprefix("batch=")


def documents_of(root: str, build: str) -> DocumentSet:
    """The documents of a build: other batches hold other contents of a file, or what other code
    read from it."""
    manifest = BuildManifest.model_validate_json(
        read_text(f"{root}/builds/{build}/{MANIFEST_NAME}")
    )
    known = [
        batch
        for batch in committed_batches(DOCUMENTS, root)
        if batch.code_version == manifest.code_version
    ]
    batches, _ = cover(known, manifest.inputs)
    return DocumentSet(batches=batches, inputs=tuple(manifest.inputs))


def signature_batches(root: str, params: MinHashParams) -> list[str]:
    """All batches of SIGNATURES that were made with these parameters by this code."""
    wanted = params.model_dump(mode="json")
    return [
        manifest.batch
        for manifest in committed_batches(SIGNATURES, root)
        if manifest.facts["params"] == wanted and manifest.code_version == __version__
    ]
