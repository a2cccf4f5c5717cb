"""Dumps -> DOCUMENTS. Only files that no committed batch holds are read."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from pipeline.config import CorpusConfig
from pipeline.sources.inputs import InputFile, InputParams
from pipeline.sources.spark_source import read_documents
from pipeline.spark.arrow import map_batches
from pipeline.spark.tables import (
    checksums,
    committed_batches,
    read_batches,
    write_batch,
)
from pipeline.text import normalize
from schemas import __version__
from schemas.build import BatchManifest, InputFact, digest_of
from schemas.documents import DOCUMENTS
from schemas.errors import DataError

_OF_NOTHING = hashlib.sha256().hexdigest()


@dataclass(frozen=True, slots=True)
class DocumentSet:
    """The committed batches that hold the live input files, and the files themselves."""

    batches: dict[str, tuple[str, ...]]
    """Batch name -> files in it that are no longer part of the input."""
    inputs: tuple[InputFact, ...]
    num_read: int = 0
    """Files that were read for it; the others were known."""

    def read(self, spark: SparkSession, root: str) -> DataFrame:
        """DOCUMENTS of the live files."""
        return self.of(read_batches(spark, DOCUMENTS, root, list(self.batches)))

    def of(self, frame: DataFrame) -> DataFrame:
        """Rows of the live files in a frame over all batches of this set."""
        gone = sorted({path for paths in self.batches.values() for path in paths})
        if not gone:
            return frame
        # A changed file is in two batches: the live rows are told apart by their batch.
        batch = F.regexp_extract(F.input_file_name(), r"/v\d+/batch=([^/]+)/[^/]+$", 1)
        dead = F.lit(False)
        for name, paths in self.batches.items():
            if paths:
                dead = dead | (
                    (F.substring(batch, 1, len(name)) == name)
                    & F.col("source_file").isin(list(paths))
                )
        return frame.where(~dead)


def ingest(
    spark: SparkSession, config: CorpusConfig, root: str, files: Sequence[InputFile]
) -> DocumentSet:
    """Commit a batch with the documents of all files that are new or changed.

    Raises:
        DataError: more records are unreadable than the configuration tolerates, or a file gave
            no row at all.
    """
    params = digest_of(
        {
            "normalize": config.normalize.model_dump(mode="json"),
            "limits": [
                config.sources.max_record_bytes,
                config.sources.max_unfold_ratio,
                config.sources.free_unfold_bytes,
            ],
            "table": DOCUMENTS.schema.to_string(),
            "code": __version__,
        }
    )
    known = [
        manifest
        for manifest in committed_batches(DOCUMENTS, config.output)
        if manifest.facts.get("params") == params
    ]
    inputs = _with_checksums(spark, root, files, known)
    batches, covered = cover(known, inputs)
    new = [
        (file, fact) for file, fact in zip(files, inputs, strict=True) if fact.path not in covered
    ]
    if new:
        facts = [fact for _, fact in new]
        new_files = [file for file, _ in new]
        batch = digest_of([params, [fact.model_dump(mode="json") for fact in facts]])
        frame = read_documents(
            spark,
            root,
            new_files,
            _packing(config, new_files, spark.sparkContext.defaultParallelism),
        )
        normalized = map_batches(frame, normalize.STAGE, config.normalize)

        def look(written: DataFrame) -> dict[str, Any]:
            counts = _count(written, facts)
            _check_share({**_counts_of(known, batches), **counts}, config.max_unreadable)
            modified = {file.path: file.modified_ns for file, _ in new}
            return {
                "params": params,
                "inputs": [fact.model_dump(mode="json") for fact in facts],
                "modified_ns": modified,
                "counts": counts,
            }

        write_batch(normalized, DOCUMENTS, config.output, batch, look)
        batches[batch] = ()
    else:
        _check_share(_counts_of(known, batches), config.max_unreadable)
    return DocumentSet(
        batches=dict(sorted(batches.items())), inputs=tuple(inputs), num_read=len(new)
    )


def _packing(config: CorpusConfig, files: Sequence[InputFile], parallelism: int) -> InputParams:
    """How files are packed into tasks: into ``spark.partitions`` of them, or as configured, but
    small inputs into enough tasks to keep every core busy to the end."""
    total = sum(file.size for file in files)
    partitions = config.spark.partitions
    if partitions is not None:
        size = max(1, -(-total // partitions))
    else:
        size = min(config.sources.partition_bytes, max(1 << 20, total // (4 * parallelism)))
    return config.sources.model_copy(update={"partition_bytes": size})


def _with_checksums(
    spark: SparkSession,
    root: str,
    files: Sequence[InputFile],
    known: Sequence[BatchManifest],
) -> list[InputFact]:
    """Facts of the files; only those whose size or time changed are read for their checksum."""
    seen: dict[tuple[str, int, int], str] = {}
    for manifest in known:
        for fact in manifest.facts["inputs"]:
            modified = manifest.facts["modified_ns"][fact["path"]]
            seen[fact["path"], fact["size"], modified] = fact["sha256"]
    fresh = {file.path: _OF_NOTHING for file in files if not file.has_content}
    unseen = [
        file.path
        for file in files
        if file.has_content and (file.path, file.size, file.modified_ns) not in seen
    ]
    fresh |= checksums(spark, root, unseen)
    return [
        InputFact(
            path=file.path,
            format=file.format.value,
            source=file.source.value,
            size=file.size,
            sha256=fresh.get(file.path) or seen[file.path, file.size, file.modified_ns],
            columns=dict(file.columns),
            settings=dict(file.settings),
            mismatch=file.mismatch,
        )
        for file in files
    ]


def cover(
    known: Sequence[BatchManifest], inputs: Sequence[InputFact]
) -> tuple[dict[str, tuple[str, ...]], set[str]]:
    """Which batches hold which of the inputs: first batch by name wins; the rest of a batch is
    dead to this build."""
    wanted = {fact.path: fact for fact in inputs}
    batches: dict[str, tuple[str, ...]] = {}
    covered: set[str] = set()
    for manifest in known:
        held = [InputFact.model_validate(fact) for fact in manifest.facts["inputs"]]
        live = {
            fact.path for fact in held if wanted.get(fact.path) == fact and fact.path not in covered
        }
        if live:
            covered |= live
            batches[manifest.batch] = tuple(fact.path for fact in held if fact.path not in live)
    return batches, covered


Counts = dict[str, dict[str, Any]]
"""Of each file: ``records``, how many are ``unreadable``, and an ``example`` of the errors."""


def _counts_of(known: Sequence[BatchManifest], batches: Mapping[str, Sequence[str]]) -> Counts:
    """Counts of the live files of committed batches."""
    return {
        path: counts
        for manifest in known
        if manifest.batch in batches
        for path, counts in manifest.facts["counts"].items()
        if path not in batches[manifest.batch]
    }


def _count(written: DataFrame, facts: Sequence[InputFact]) -> Counts:
    """Counts of the files just read, after proof that each gave records, at offsets of their own.

    Raises:
        DataError: a file gave no row, or two at one offset.
    """
    rows = (
        written.groupBy("source_file")
        .agg(
            F.count("*").alias("records"),
            F.count("error").alias("unreadable"),
            F.min("error").alias("example"),
        )
        .collect()
    )
    names = ("records", "unreadable", "example")
    counts = {row["source_file"]: {name: row[name] for name in names} for row in rows}
    silent = [fact.path for fact in facts if fact.path not in counts]
    if silent:
        raise DataError(f"{silent[0]}: gave no record at all ({len(silent)} such files)")
    repeated = written.groupBy(*DOCUMENTS.key).count().where("count > 1").limit(1).collect()
    if repeated:
        row = repeated[0]
        raise DataError(f"{row['source_file']}: two records at offset {row['record_offset']}")
    return counts


def _check_share(counts: Counts, max_unreadable: float) -> None:
    """The whole input counts, so that a nightly run fails where a fresh build would.

    Raises:
        DataError: more records are unreadable than the configuration tolerates.
    """
    records = sum(row["records"] for row in counts.values())
    unreadable = sum(row["unreadable"] for row in counts.values())
    if unreadable > max_unreadable * records:
        worst = max(counts, key=lambda path: (counts[path]["unreadable"], path))
        raise DataError(
            f"{unreadable} of {records} records are unreadable, more than max_unreadable = "
            f"{max_unreadable} allows; most in {worst}: {counts[worst]['example']}; "
            "remove or repair the file, or raise max_unreadable"
        )
