"""Take-down: a list of documents leaves the shards, and stays out of later builds.

Only the shards that hold one of them are written anew; the others are linked. The new build and
its ledger stand beside the old ones, and its shard manifest names its parent.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import Field
from pyspark.sql import DataFrame, SparkSession

from pipeline.decide.rules import DecideParams
from pipeline.measures.attributes import ATTRIBUTES
from pipeline.report.write import report_files
from pipeline.rights.records import Record, find_records
from pipeline.rights.trace import open_ranges, read_build_in_force
from pipeline.spark.ledger import check_ledger, counts_by_file, counts_by_rule
from pipeline.spark.output import claim_output, point_latest
from pipeline.spark.session import SparkParams
from pipeline.spark.statistics import collect_statistics
from pipeline.spark.tables import (
    committed_batches,
    content_digest,
    exists,
    filesystem,
    read_batches,
    read_text,
    sha256_of,
    write_text,
)
from pipeline.spark.take_downs import (
    FOLDER,
    TakenDown,
    batch_before,
    ledger_without,
    name_without,
    read_revived,
    read_take_downs,
)
from pipeline.tokens.shard_cut import cut_shard
from pipeline.tokens.tokenizer import Tokenizer
from schemas.build import BuildManifest, FileCounts, digest_of
from schemas.config import Section
from schemas.documents import DOCUMENTS
from schemas.errors import ConfigError
from schemas.ledger import LEDGER, Outcome
from schemas.shards import MANIFEST_NAME, TOKENIZER_NAME, canonical_json, parse_manifest


class TakeDownConfig(Section):
    """What is taken down from where."""

    corpus: str = Field(min_length=1)
    """Output folder of the corpus."""
    list: str = Field(min_length=1)
    """Text file, one name a line: a document id, a URL, a place in an input
    (``news/a.jsonl@1234``) or a record's key; empty lines and those with # count as nothing."""
    unknown: Literal["refuse", "report"] = "refuse"
    """What is done when the corpus has no record of a name: nothing at all, or the rest."""
    copies: Literal["drop", "revive"] = "drop"
    """What becomes of the duplicates of a document: they stay out for good, or with the next
    rebuild the best of them takes its place, as if the document had never come. What was ever
    taken down with its copies stays so."""
    spark: SparkParams = SparkParams()


@dataclass(frozen=True, slots=True)
class TakenOut:
    """What a take-down did."""

    build: str
    shards: str
    """Identity of the new shards."""
    records: dict[str, list[Record]]
    """Records of every name, as they were before; unknown names have none."""
    num_tokens: int
    written: list[str]
    """Shards that were written anew."""


def read_names(path: str) -> list[str]:
    """The names of a list.

    Raises:
        ConfigError: no such file, or nothing in it.
    """
    if not exists(path):
        raise ConfigError(f"list {path}: no such file")
    lines = (line.strip() for line in read_text(path).splitlines())
    names = list(dict.fromkeys(line for line in lines if line and not line.startswith("#")))
    if not names:
        raise ConfigError(f"list {path}: no name in it")
    return names


def take_down(spark: SparkSession, config: TakeDownConfig, names: Sequence[str]) -> TakenOut:
    """Take the named documents out of the build in force, and remember them.

    Done before, it is found again; killed half-way, it is finished by the next call.

    Raises:
        ConfigError: no build, or an unknown name unless ``config.unknown`` is ``report``.
        ShardError: a shard to be cut is damaged.
    """
    root = config.corpus.rstrip("/")
    parent = read_build_in_force(root)
    with claim_output(root, ""):  # its owner is written down already
        found = find_records(root, parent, names)
        unknown = [name for name in names if not found[name]]
        if unknown and (config.unknown == "refuse" or len(unknown) == len(names)):
            raise ConfigError(
                f"{len(unknown)} of {len(names)} names are not in the corpus, such as "
                f"{unknown[0]!r}; nothing was taken down (set unknown=report to take the rest)"
            )
        listed = [record for records in found.values() for record in records]
        taken = _remember(root, listed, config.copies)
        base = parent.without_take_downs or parent.build
        build = name_without(base, taken)
        folder = f"{root}/builds/{build}"
        written: list[str] = []
        num_tokens = 0
        if not exists(f"{folder}/{MANIFEST_NAME}"):
            batch = batch_before(root, parent.ledger.rpartition("batch=")[2])
            ledger = ledger_without(spark, root, batch, taken)
            path, written, num_tokens = _cut(root, parent, build, taken, content_digest(ledger))
            manifest = _manifest(root, parent, build, ledger, path).model_copy(
                update={
                    "ledger": LEDGER.path(root, name_without(batch, taken))[len(root) + 1 :],
                    "without_take_downs": base,
                }
            )
            _commit(spark, root, folder, manifest, ledger)
        point_latest(root, build)
    done = read_build_in_force(root)
    return TakenOut(build, done.shards_sha256, found, num_tokens, written)


def _remember(root: str, records: Sequence[Record], copies: str) -> TakenDown:
    """Write the request down, unless all of it is known; all take-downs up to now."""
    known, revived = read_take_downs(root), read_revived(root)
    new: TakenDown = {}
    for record in records:
        if record.doc_id not in known or (copies == "drop" and record.doc_id in revived):
            # One record may be in several places: it is a copy only where it is nowhere kept.
            has_copies = record.ledger["outcome"] != Outcome.DUPLICATE
            new[record.doc_id] = new.get(record.doc_id, False) or has_copies
    if new:
        request = {"documents": new, **({"revive_copies": True} if copies == "revive" else {})}
        name = digest_of(request if copies == "revive" else new)
        write_text(f"{root}/{FOLDER}/{name}.json", canonical_json(request))
    return {**known, **new}


def _cut(
    root: str, parent: BuildManifest, build: str, taken: TakenDown, ledger_sha256: str
) -> tuple[str, list[str], int]:
    """Write the shards of the new build; their manifest's path, what was written, tokens gone."""
    shards = f"{root}/{parent.shards}"
    manifest = parse_manifest(read_text(shards), shards)
    files, old = filesystem(shards.rpartition("/")[0])
    target = f"{root}/shards/v1/batch={build}"
    new = filesystem(target)[1]
    definition = read_text(f"{shards.rpartition('/')[0]}/{TOKENIZER_NAME}")
    tokenizer = Tokenizer(definition, manifest.tokenizer.end_of_text)
    rows: dict[str, list[int]] = {}
    ranges = open_ranges(root, parent).of(taken)
    for place in ranges:
        rows.setdefault(place.shard, []).append(place.row)
    left = [
        cut_shard(files, old, new, shard, rows.get(shard.name, []), manifest, tokenizer)
        for shard in manifest.shards
    ]
    update = {"shards": left, "parent": manifest.identity(), "ledger_sha256": ledger_sha256}
    write_text(f"{target}/{TOKENIZER_NAME}", definition)
    write_text(f"{target}/{MANIFEST_NAME}", manifest.model_copy(update=update).to_json())
    num_tokens = sum(place.stop - place.start for place in ranges)
    return f"{target}/{MANIFEST_NAME}", sorted(rows), num_tokens


def _manifest(
    root: str, parent: BuildManifest, build: str, ledger: DataFrame, shards: str
) -> BuildManifest:
    return parent.model_copy(
        update={
            "build": build,
            "outcomes": check_ledger(ledger, parent.records),
            "rules": counts_by_rule(ledger),
            "per_file": [FileCounts.model_validate(row) for row in counts_by_file(ledger)],
            "shards": shards[len(root) + 1 :],
            "shards_sha256": sha256_of(shards)[1],
        }
    )


def _commit(
    spark: SparkSession, root: str, folder: str, manifest: BuildManifest, ledger: DataFrame
) -> None:
    """The report, so that it quotes nothing that was taken down, and last the manifest."""
    key = ["doc_id", *LEDGER.key]
    live = ledger.select(*key)
    measured = [
        batch.batch
        for batch in committed_batches(ATTRIBUTES, root)
        if batch.facts["params"] == manifest.config["measure"]
        and batch.code_version == manifest.code_version
    ]
    read = [batch.batch for batch in committed_batches(DOCUMENTS, root)]
    # A file that changed left rows of its old content behind: the id tells them apart.
    attributes = read_batches(spark, ATTRIBUTES, root, measured).join(live, key, "left_semi")
    documents = read_batches(spark, DOCUMENTS, root, read).join(live, key, "left_semi")
    limits = DecideParams.model_validate_json(canonical_json(manifest.config["decide"]))
    statistics = collect_statistics(
        ledger, attributes.dropDuplicates(key), documents.dropDuplicates(key), limits
    )
    shards = parse_manifest(read_text(f"{root}/{manifest.shards}"), manifest.shards)
    for name, text in report_files(statistics, manifest, shards).items():
        write_text(f"{folder}/{name}", text)
    write_text(f"{folder}/{MANIFEST_NAME}", canonical_json(manifest.model_dump(mode="json")))
