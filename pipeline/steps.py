"""The steps of the recipe: each gives what is committed under its name, or makes and commits it.

A name is a digest of all that shaped what it names.
"""

import sys
import time

from pyspark.sql import DataFrame, SparkSession

from pipeline.config import CorpusConfig
from pipeline.dedup.duplicates import find_duplicates
from pipeline.dedup.repeated_passages import count_cuts, find_passages
from pipeline.measures.attributes import ATTRIBUTES
from pipeline.spark import shards as shard_stage
from pipeline.spark.arrow import map_batches
from pipeline.spark.contamination import (
    overlap_stage,
    searching,
    set_aside,
)
from pipeline.spark.ingest import DocumentSet
from pipeline.spark.known_pairs import comparing_facts, read_known
from pipeline.spark.ledger import (
    check_ledger,
    judge,
    ledger_rows,
)
from pipeline.spark.tables import (
    content_digest,
    exists,
    find_batch,
    read_batches,
    write_batch,
)
from pipeline.spark.take_downs import (
    leave_out,
    ledger_without,
    name_without,
    read_revived,
    read_take_downs,
)
from pipeline.stage import ParamsT, Stage
from schemas import __version__
from schemas.build import PassageCounts, digest_of
from schemas.dedup import CLUSTERS, COMPARED, CUTS, EDGES, PAIRS, SIGNATURES
from schemas.documents import DOCUMENTS, Source
from schemas.ledger import LEDGER, Outcome
from schemas.shards import MANIFEST_NAME, Manifest

_STARTED = time.monotonic()


def say(message: str) -> None:
    """One line of progress on standard error, with the seconds since the start."""
    print(
        f"corpusmill {time.monotonic() - _STARTED:6.0f} s  {message}", file=sys.stderr, flush=True
    )


def derive(
    spark: SparkSession,
    config: CorpusConfig,
    documents: DocumentSet,
    stage: Stage[ParamsT],
    params: ParamsT,
) -> DataFrame:
    """Output of a row-wise stage for every batch of documents; only missing batches are run."""
    root = config.output
    shape = stage.writes.schema.to_string()
    suffix = digest_of([stage.name, params.model_dump(mode="json"), shape, __version__], length=8)
    names = [f"{batch}-{suffix}" for batch in documents.batches]
    for batch, name in zip(documents.batches, names, strict=True):
        if find_batch(stage.writes, root, name) is None:
            frame = map_batches(read_batches(spark, stage.reads, root, [batch]), stage, params)
            write_batch(
                frame,
                stage.writes,
                root,
                name,
                lambda _: {"stage": stage.name, "params": params.model_dump(mode="json")},
            )
    frame = read_batches(spark, stage.writes, root, names)
    return documents.of(frame) if "source_file" in frame.columns else frame


_JUDGING = ("normalize", "measure", "decide", "contamination", "dedup")
"""Sections of the configuration that the ledger depends on."""


def find_overlaps(
    spark: SparkSession, config: CorpusConfig, documents: DocumentSet
) -> DataFrame | None:
    """OVERLAPS with the evaluation sets; nothing where none is named."""
    if not config.contamination.sets:
        return None
    say("look for evaluation sets")
    stage = overlap_stage(spark, config.contamination)
    return derive(spark, config, documents, stage, searching(config.contamination))


def ledger_batch(config: CorpusConfig, documents: DocumentSet) -> str:
    """Name of the batch of LEDGER in force."""
    return name_without(_judged_batch(config, documents), read_take_downs(config.output))


def _judged_batch(config: CorpusConfig, documents: DocumentSet) -> str:
    shaping, revived = config.shaping(), read_revived(config.output)
    return digest_of(
        [
            *([revived] if revived else []),
            [fact.model_dump(mode="json") for fact in documents.inputs],
            {key: shaping[key] for key in _JUDGING},
            [table.schema.to_string() for table in (DOCUMENTS, ATTRIBUTES, SIGNATURES, LEDGER)],
            __version__,
        ]
    )


def make_ledger(
    spark: SparkSession,
    config: CorpusConfig,
    documents: DocumentSet,
    attributes: DataFrame,
    signatures: DataFrame,
    overlaps: DataFrame | None,
    records: int,
    scratch: str,
) -> DataFrame:
    """LEDGER: each record judged, duplicates found among what is kept, take-downs heeded."""
    root = config.output
    batch = _judged_batch(config, documents)
    if find_batch(LEDGER, root, batch) is None:
        say("decide")
        path = f"{scratch}/judged"
        verdicts = judge(attributes, config.decide)
        if overlaps is not None:
            verdicts = set_aside(verdicts, overlaps, config.contamination)
        verdicts = leave_out(verdicts, read_revived(root))
        verdicts.write.mode("overwrite").parquet(path)
        judged = spark.read.parquet(path)
        kept = judged.where(judged.outcome == Outcome.KEPT.value)
        say("deduplicate")
        found = find_duplicates(
            kept,
            signatures,
            documents.read(spark, root),
            config.dedup,
            f"{scratch}/dedup",
            read_known(spark, root, config.dedup),
        )
        comparing = comparing_facts(config.dedup)
        for table, frame in (
            (EDGES, found.edges),
            (CLUSTERS, found.clusters),
            (PAIRS, found.pairs),
            (COMPARED, found.compared),
        ):
            if find_batch(table, root, batch) is None:
                write_batch(frame, table, root, batch, lambda _: comparing)
        write_batch(
            ledger_rows(judged, found.duplicates),
            LEDGER,
            root,
            batch,
            lambda written: {"outcomes": check_ledger(written, records)},
        )
    return ledger_without(spark, root, batch, read_take_downs(root))


def find_cuts(
    spark: SparkSession,
    config: CorpusConfig,
    documents: DocumentSet,
    texts: DataFrame,
    scratch: str,
) -> tuple[DataFrame, PassageCounts]:
    """CUTS of the kept texts, and how much they are."""
    root = config.output
    params = config.passages
    batch = digest_of([ledger_batch(config, documents), params.model_dump(mode="json")])
    if find_batch(CUTS, root, batch) is None:
        write_batch(find_passages(texts, params, scratch), CUTS, root, batch, lambda _: {})
    cuts = read_batches(spark, CUTS, root, [batch])
    return cuts, PassageCounts(**count_cuts(cuts))


def make_shards(
    config: CorpusConfig,
    documents: DocumentSet,
    ledger: DataFrame,
    texts: DataFrame,
    build: str,
    scratch: str,
) -> str:
    """Train the tokenizer, encode, write the shards; path of their manifest."""
    folder = f"{config.output}/shards/v1/batch={build}"
    path = f"{folder}/{MANIFEST_NAME}"
    if exists(path):
        return path
    tokenizer = shard_stage.make_tokenizer(texts, config.tokenizer, config.pii)
    tokens = shard_stage.encode_documents(texts, tokenizer, config.shards, config.pii, scratch)
    manifest = Manifest(
        dtype=shard_stage.dtype_of(tokenizer),
        tokenizer=tokenizer.facts(),
        sources=[source.value for source in Source],
        shards=shard_stage.write_shards(tokens, tokenizer, config.shards, folder),
        config=config.shaping(),
        inputs_sha256=digest_of(
            [fact.model_dump(mode="json") for fact in documents.inputs], length=64
        ),
        ledger_sha256=content_digest(ledger),
        code_version=__version__,
    )
    shard_stage.commit_shards(manifest, tokenizer, folder)
    return path
