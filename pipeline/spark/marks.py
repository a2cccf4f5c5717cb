"""MARKS: what one corpus holds of another, from what their builds left behind."""

from pydantic import Field
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from pipeline.dedup.between import mark_between
from pipeline.dedup.minhash import DedupParams, MinHashParams
from pipeline.spark.in_force import (
    build_in_force,
    documents_of,
    ledger_batch,
    signature_batches,
)
from pipeline.spark.session import SparkParams
from pipeline.spark.tables import (
    delete_folder,
    find_batch,
    read_batches,
    write_batch,
)
from schemas import __version__
from schemas.build import BatchManifest, digest_of
from schemas.config import Section
from schemas.dedup import MARKS, SIGNATURES
from schemas.documents import DOCUMENTS
from schemas.errors import ConfigError
from schemas.ledger import LEDGER, Outcome

_SIGNED = (Outcome.KEPT.value, Outcome.DROPPED.value, Outcome.DUPLICATE.value)


class MarkConfig(Section):
    """Which corpus is marked, and against what."""

    corpus: str = Field(min_length=1)
    """Output folder of the corpus whose documents are marked."""
    against: str = Field(min_length=1)
    """Output folder of the other corpus; nothing is written there."""
    dedup: DedupParams = DedupParams()
    """Both corpora must have been signed with these ``shingle_size``, ``bands``, ``rows`` and
    ``seed``."""
    spark: SparkParams = SparkParams()


def mark_duplicates(spark: SparkSession, config: MarkConfig) -> BatchManifest:
    """Commit a batch of MARKS for the builds in force of the two corpora; done before, it is
    found again.

    Raises:
        ConfigError: a folder holds no build, or its build was signed with other parameters.
    """
    builds = builds_in_force(config)
    batch = digest_of([builds, config.dedup.comparing, __version__])
    found = find_batch(MARKS, config.corpus, batch)
    if found is not None:
        return found
    ours = _signed_texts(spark, config.corpus, builds[0], config.dedup.minhash)
    theirs = _signed_texts(spark, config.against, builds[1], config.dedup.minhash)
    scratch = f"{config.corpus}/_scratch-marks-{batch}"  # a build may empty _scratch
    try:
        return write_batch(
            mark_between(ours, theirs, config.dedup, scratch),
            MARKS,
            config.corpus,
            batch,
            lambda _: {
                "build": builds[0],
                "against": builds[1],
                "dedup": config.dedup.model_dump(mode="json"),
            },
        )
    finally:
        delete_folder(scratch)


def builds_in_force(config: MarkConfig) -> list[str]:
    """Names of the builds of the two corpora.

    Raises:
        ConfigError: a folder holds none.
    """
    builds = []
    for folder in (config.corpus, config.against):
        build = build_in_force(folder)
        if build is None:
            raise ConfigError(f"{folder}: no build of a corpus there")
        builds.append(build)
    return builds


def _signed_texts(spark: SparkSession, folder: str, build: str, params: MinHashParams) -> DataFrame:
    """SIGNATURES with ``text`` of the documents in a build."""
    documents = documents_of(folder, build)
    # A batch of signatures has the name of its batch of documents, and a digest.
    signed = {
        batch.rpartition("-")[0]: batch
        for batch in signature_batches(folder, params)
        if batch.rpartition("-")[0] in documents.batches
    }
    if unsigned := documents.batches.keys() - signed.keys():
        raise ConfigError(
            f"{folder}: {len(unsigned)} of {len(documents.batches)} batches of its documents were "
            f"signed with other parameters than {params.model_dump(mode='json')}; give those of "
            "its configuration in [dedup]"
        )
    ledger = read_batches(spark, LEDGER, folder, [ledger_batch(folder, build)])
    live = ledger.where(F.col("outcome").isin(*_SIGNED)).select(*DOCUMENTS.key)
    signatures = documents.of(read_batches(spark, SIGNATURES, folder, list(signed.values())))
    texts = documents.read(spark, folder).select(*DOCUMENTS.key, "text")
    key = list(DOCUMENTS.key)
    return signatures.join(live, key, "left_semi").join(texts, key)
