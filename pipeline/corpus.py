"""THE RECIPE: dumps in, token shards and a report out, stage by stage.

Every stage commits what it makes under a name that is a digest of all that shaped it. A stage
whose name is there already is skipped: that is how a run resumes, how a nightly rebuild costs
what is new, and how a changed threshold starts at ``decide``.
"""

import posixpath
import time
from dataclasses import dataclass
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession

from pipeline.config import CorpusConfig
from pipeline.dedup import signature_stage
from pipeline.dedup.repeated_passages import cut_passages
from pipeline.measures import measure
from pipeline.measures.contamination import read_evaluation
from pipeline.measures.contamination_sets import read_items, resolve
from pipeline.report.write import report_files
from pipeline.sources.inputs import Inventory
from pipeline.sources.recognise import scan
from pipeline.spark.contamination import (
    count_overlaps,
    with_overlaps,
)
from pipeline.spark.fertility import collect_fertility
from pipeline.spark.ingest import DocumentSet, ingest
from pipeline.spark.ledger import (
    check_ledger,
    counts_by_file,
    counts_by_rule,
)
from pipeline.spark.output import check_output, claim_output, point_latest
from pipeline.spark.statistics import collect_statistics
from pipeline.spark.tables import (
    delete_folder,
    exists,
    read_text,
    sha256_of,
    write_text,
)
from pipeline.spark.take_downs import name_without, read_revived, read_take_downs
from pipeline.steps import (
    derive,
    find_cuts,
    find_overlaps,
    ledger_batch,
    make_ledger,
    make_shards,
    say,
)
from pipeline.tokens.tokenizer import load
from schemas import __version__
from schemas.build import BuildManifest, FileCounts, digest_of
from schemas.errors import ConfigError, DataError
from schemas.ledger import LEDGER, Outcome
from schemas.redaction import redact
from schemas.shards import MANIFEST_NAME, TOKENIZER_NAME, canonical_json, parse_manifest


@dataclass(frozen=True, slots=True)
class Built:
    """A finished build."""

    manifest: BuildManifest
    folder: str
    """Where its manifest and report are."""


def plan(config: CorpusConfig) -> Inventory:
    """Look at the input and the output without Spark, so that mistakes are told at once.

    Raises:
        ConfigError: no input there, nothing in it that we can read, the output folder belongs
            to something else or cannot be written, or the tokenizer or an evaluation set cannot
            be used.
    """
    inventory = scan(config.input, config.sources.rules)
    if not inventory.files:
        reasons = "; ".join(inventory.unrecognised[:3]) or "no file at all"
        raise ConfigError(f"input {config.input}: no dump that we can read; {reasons}")
    check_output(config.output, corpus_name(config), config.input)
    if config.tokenizer.path is not None:
        load(config.tokenizer.path, config.tokenizer)
    for evaluation_set in resolve(config.contamination).sets:
        read_items(evaluation_set)
    return inventory


def corpus_name(config: CorpusConfig) -> str:
    """Name that the output folder is guarded by."""
    return config.name or (
        redact(config.input) if "://" in config.input else str(Path(config.input).resolve())
    )


def build_corpus(spark: SparkSession, config: CorpusConfig, inventory: Inventory) -> Built:
    """Run every stage that is not committed yet and put the build in force.

    Raises:
        DataError: a contract is broken, such as a ledger that does not add up.
    """
    config = config.model_copy(update={"contamination": resolve(config.contamination)})
    say(f"{len(inventory.files)} input files, {len(inventory.unrecognised)} not recognised")
    with claim_output(config.output, corpus_name(config)):
        return _build(spark, config, inventory)


def _build(spark: SparkSession, config: CorpusConfig, inventory: Inventory) -> Built:
    root = config.output
    started = time.time()
    delete_folder(f"{root}/_scratch")  # of a build that was killed
    documents = ingest(spark, config, inventory.root, inventory.files)
    say(f"files read: {documents.num_read}, known: {len(inventory.files) - documents.num_read}")
    revived = read_revived(root)
    base = digest_of(
        {
            "inputs": [fact.model_dump(mode="json") for fact in documents.inputs],
            "unrecognised": inventory.unrecognised,
            "config": config.shaping(),
            "tokenizer": sha256_of(config.tokenizer.path)[1] if config.tokenizer.path else None,
            "code": __version__,
            **({"without": revived} if revived else {}),
        }
    )
    build = name_without(base, read_take_downs(root))
    folder = f"{root}/builds/{build}"
    if exists(f"{folder}/{MANIFEST_NAME}"):
        say(f"build {build} exists: nothing is new")
    else:
        scratch = f"{root}/_scratch/{build}"
        manifest, ledger, attributes = _decide_and_cut(
            spark, config, inventory, documents, build, scratch
        )
        if build != base:
            manifest = manifest.model_copy(update={"without_take_downs": base})
        say("report")
        records = documents.read(spark, root)
        shards = parse_manifest(read_text(f"{root}/{manifest.shards}"), manifest.shards)
        definition = read_text(f"{root}/{posixpath.dirname(manifest.shards)}/{TOKENIZER_NAME}")
        statistics = collect_statistics(ledger, attributes, records, config.decide).model_copy(
            update={
                "fertility": collect_fertility(
                    ledger, attributes, records, definition, shards.tokenizer.end_of_text
                )
            }
        )
        for name, text in report_files(statistics, manifest, shards).items():
            write_text(f"{folder}/{name}", text)
        write_text(
            f"{folder}/run.json",
            canonical_json(
                {
                    "started": started,
                    "seconds": time.time() - started,
                    "input": redact(inventory.root),
                    "spark": config.spark.model_dump(mode="json"),
                    "spark_version": spark.version,
                    "master": spark.sparkContext.master,
                }
            ),
        )
        write_text(f"{folder}/{MANIFEST_NAME}", canonical_json(manifest.model_dump(mode="json")))
        delete_folder(f"{root}/_scratch")
    point_latest(root, build)
    return Built(
        manifest=BuildManifest.model_validate_json(read_text(f"{folder}/{MANIFEST_NAME}")),
        folder=folder,
    )


def _decide_and_cut(
    spark: SparkSession,
    config: CorpusConfig,
    inventory: Inventory,
    documents: DocumentSet,
    build: str,
    scratch: str,
) -> tuple[BuildManifest, DataFrame, DataFrame]:
    root = config.output
    say("measure")
    attributes = derive(spark, config, documents, measure.STAGE, config.measure)
    say("sign")
    signatures = derive(spark, config, documents, signature_stage.STAGE, config.dedup.minhash)
    overlaps = find_overlaps(spark, config, documents)
    records = documents.read(spark, root).count()
    ledger = make_ledger(
        spark, config, documents, attributes, signatures, overlaps, records, scratch
    )
    outcomes = check_ledger(ledger, records)
    rules = counts_by_rule(ledger)
    if not outcomes[Outcome.KEPT.value]:
        often = sorted(rules.items(), key=lambda rule: (-rule[1], rule[0]))[:5]
        raise DataError(
            f"none of {sum(outcomes.values())} records is kept: "
            + ", ".join(f"{count} {rule}" for rule, count in often)
            + f", {outcomes[Outcome.UNREADABLE.value]} unreadable; relax [decide] or look into "
            + LEDGER.path(root, ledger_batch(config, documents))
        )
    kept = ledger.where(ledger.outcome == Outcome.KEPT.value).select(*LEDGER.key)
    texts = (
        documents.read(spark, root)
        .join(kept, on=list(LEDGER.key), how="left_semi")
        .select("doc_id", "source", *LEDGER.key, "text")
    )
    passages = contamination = cuts = None
    if config.passages.cut != "nothing":
        say("cut passages")
        cuts, passages = find_cuts(spark, config, documents, texts, f"{scratch}/passages")
    if overlaps is not None:
        too_short = read_evaluation(config.contamination).num_too_short()
        contamination = count_overlaps(overlaps, kept, config.contamination, too_short)
        if config.contamination.action == "cut":
            cuts = with_overlaps(cuts, overlaps)
    if cuts is not None:
        texts = cut_passages(texts, cuts)
    texts = texts.select("doc_id", "source", "text")
    per_file = [FileCounts.model_validate(counts) for counts in counts_by_file(ledger)]
    silent = {fact.path for fact in documents.inputs} - {counts.path for counts in per_file}
    if silent:
        raise DataError(f"{min(silent)}: no row in the ledger ({len(silent)} such files)")
    say("tokenize")
    manifest_path = make_shards(config, documents, ledger, texts, build, scratch)
    manifest = BuildManifest(
        build=build,
        inputs=list(documents.inputs),
        unrecognised=list(inventory.unrecognised),
        records=sum(outcomes.values()),
        outcomes=outcomes,
        rules=rules,
        per_file=per_file,
        passages=passages,
        contamination=contamination,
        ledger=_below(root, LEDGER.path(root, ledger_batch(config, documents))),
        shards=_below(root, manifest_path),
        shards_sha256=sha256_of(manifest_path)[1],
        config=config.shaping(),
        code_version=__version__,
    )
    return manifest, ledger, attributes


def _below(root: str, path: str) -> str:
    return path.removeprefix(root.rstrip("/") + "/")
