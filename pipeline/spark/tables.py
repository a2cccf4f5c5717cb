"""Read, write and commit tables. A batch without its manifest does not exist for readers."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.fs
import pyarrow.parquet
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from pipeline.durable import write_file
from pipeline.sources.storage import open_file
from pipeline.spark.arrow import map_arrow, struct_type
from schemas import __version__
from schemas.build import BatchManifest, FileFact
from schemas.errors import DataError
from schemas.shards import canonical_json
from schemas.table import MANIFEST_NAME, Table

_CHUNK = 1 << 22


def filesystem(uri: str) -> tuple[pa.fs.FileSystem, str]:
    """File system and path of a URI (``s3://``, ``hdfs://``, ...) or of a local path."""
    found: tuple[pa.fs.FileSystem, str] = (
        pa.fs.FileSystem.from_uri(uri) if "://" in uri else (pa.fs.LocalFileSystem(), uri)
    )
    return found


def exists(uri: str) -> bool:
    """Whether a file or folder is there."""
    files, path = filesystem(uri)
    return bool(files.get_file_info(path).type != pa.fs.FileType.NotFound)


def read_text(uri: str) -> str:
    """Whole content of a small UTF-8 file."""
    files, path = filesystem(uri)
    with files.open_input_stream(path, compression=None) as stream:
        return bytes(stream.read()).decode()


def write_text(uri: str, text: str) -> None:
    """Write a small file aside, then rename: it is never seen half-written."""
    write_file(*filesystem(uri), text.encode())


def delete_folder(uri: str) -> None:
    """Remove a folder with all that is in it; nothing happens when it is not there."""
    files, path = filesystem(uri)
    if files.get_file_info(path).type == pa.fs.FileType.Directory:
        files.delete_dir(path)


def find_batch(table: Table, root: str, batch: str) -> BatchManifest | None:
    """Manifest of a committed batch, or ``None``.

    Raises:
        DataError: there is a manifest and it cannot be read.
    """
    uri = f"{table.path(root, batch)}/{MANIFEST_NAME}"
    if not exists(uri):
        return None
    try:
        return BatchManifest.model_validate_json(read_text(uri))
    except ValueError as error:
        raise DataError(f"{uri}: damaged manifest: {str(error).splitlines()[0]}") from None


def committed_batches(table: Table, root: str) -> list[BatchManifest]:
    """Manifests of all committed batches of a table, by name."""
    files, path = filesystem(table.path(root))
    selector = pa.fs.FileSelector(path, allow_not_found=True)
    names = [entry.base_name for entry in files.get_file_info(selector)]
    batches = sorted(name.removeprefix("batch=") for name in names if name.startswith("batch="))
    found = (find_batch(table, root, batch) for batch in batches)
    return [manifest for manifest in found if manifest is not None]


def read_batches(spark: SparkSession, table: Table, root: str, batches: Sequence[str]) -> DataFrame:
    """Rows of committed batches, in the table's columns.

    Raises:
        DataError: one of them is not committed, or its files are not those of its manifest.
    """
    for batch in batches:
        manifest = find_batch(table, root, batch)
        if manifest is None:
            raise DataError(f"{table.path(root, batch)}: no committed batch")
        _check_files(manifest, table.path(root, batch))
    schema = struct_type(table.schema)
    if not batches:
        return spark.createDataFrame([], schema)
    # Spark would turn the folder name batch=... into a column; reading the folders one by one
    # does not, and the schema is the contract's, not the files'.
    paths = [table.path(root, batch) for batch in batches]
    return spark.read.schema(schema).parquet(*paths)


def _check_files(manifest: BatchManifest, folder: str) -> None:
    """Compare names and sizes; the checksums would cost a read of everything."""
    files, path = filesystem(folder)
    found = {
        entry.base_name: entry.size
        for entry in files.get_file_info(pa.fs.FileSelector(path))
        if entry.base_name.endswith(".parquet")
    }
    wanted = {file.name: file.size for file in manifest.files}
    for name in sorted(found.keys() | wanted.keys()):
        if found.get(name) != wanted.get(name):
            raise DataError(
                f"{folder}/{name}: {found.get(name, 'no')} bytes, {wanted.get(name, 'none')} in "
                "the manifest; restore the file, or remove the folder to have it made again"
            )


def write_batch(
    frame: DataFrame,
    table: Table,
    root: str,
    batch: str,
    facts: Callable[[DataFrame], Mapping[str, Any]],
) -> BatchManifest:
    """Write one batch, look at what was written, commit it.

    ``facts`` gets the rows as they were written; it returns what the manifest says of them, or
    raises to refuse them: then nothing of the batch remains. What an earlier, interrupted
    attempt left is replaced.

    Raises:
        DataError: the batch is committed already: batches are immutable.
    """
    if find_batch(table, root, batch) is not None:
        raise DataError(f"{table.path(root, batch)}: already committed")
    path = table.path(root, batch)
    spark = frame.sparkSession
    try:
        frame.select(*table.schema.names).write.mode("overwrite").parquet(path)
        files = file_facts(spark, path)
        written = spark.read.schema(struct_type(table.schema)).parquet(path)
        manifest = BatchManifest(
            table=table.name,
            version=table.version,
            batch=batch,
            rows=sum(file.rows for file in files),
            files=files,
            facts=dict(facts(written)),
            code_version=__version__,
        )
    except BaseException:
        delete_folder(path)
        raise
    write_text(f"{path}/{MANIFEST_NAME}", canonical_json(manifest.model_dump(mode="json")))
    return manifest


_FACTS = pa.schema(
    [
        pa.field("name", pa.string(), nullable=False),
        pa.field("size", pa.int64(), nullable=False),
        pa.field("rows", pa.int64(), nullable=False),
        pa.field("sha256", pa.string(), nullable=False),
    ]
)


def file_facts(spark: SparkSession, path: str) -> list[FileFact]:
    """Size, rows and checksum of the Parquet files in a folder, read by Spark tasks."""
    files, folder = filesystem(path)
    names = [
        entry.base_name
        for entry in files.get_file_info(pa.fs.FileSelector(folder))
        if entry.base_name.endswith(".parquet")
    ]

    def facts(batch: pa.RecordBatch) -> pa.RecordBatch:
        rows = []
        for name in batch.column(0).to_pylist():
            store, place = filesystem(f"{path}/{name}")
            with store.open_input_file(place) as file:
                num_rows = pa.parquet.read_metadata(file).num_rows
            size, digest = sha256_of(f"{path}/{name}")
            rows.append({"name": name, "size": size, "rows": num_rows, "sha256": digest})
        return pa.RecordBatch.from_pylist(rows, schema=_FACTS)

    return [
        FileFact(**row.asDict())
        for row in _over_names(spark, sorted(names), facts, _FACTS).sort("name").collect()
    ]


def sha256_of(uri: str) -> tuple[int, str]:
    """Size in bytes and sha256 of a file, streamed."""
    store, place = filesystem(uri)
    with store.open_input_stream(place, compression=None) as stream:
        return _digest(stream)


def _digest(stream: BinaryIO) -> tuple[int, str]:
    digest = hashlib.sha256()
    size = 0
    while chunk := stream.read(_CHUNK):
        size += len(chunk)
        digest.update(chunk)
    return size, digest.hexdigest()


_CHECKSUMS = pa.schema(
    [
        pa.field("name", pa.string(), nullable=False),
        pa.field("sha256", pa.string(), nullable=False),
    ]
)


def checksums(spark: SparkSession, root: str, names: Sequence[str]) -> dict[str, str]:
    """sha256 of files below ``root``, by name, computed by Spark tasks."""

    def digests(batch: pa.RecordBatch) -> pa.RecordBatch:
        names = batch.column(0).to_pylist()
        found = []
        for name in names:
            with open_file(root, name) as stored:
                found.append(_digest(stored)[1])
        return pa.RecordBatch.from_arrays([pa.array(names), pa.array(found)], schema=_CHECKSUMS)

    rows = _over_names(spark, names, digests, _CHECKSUMS).collect()
    return {row["name"]: row["sha256"] for row in rows}


def _over_names(
    spark: SparkSession, names: Sequence[str], function: Any, schema: pa.Schema
) -> DataFrame:
    if not names:
        return spark.createDataFrame([], struct_type(schema))
    slices = min(len(names), 4 * spark.sparkContext.defaultParallelism)
    rows = spark.sparkContext.parallelize([(name,) for name in names], slices)
    return map_arrow(spark.createDataFrame(rows, "name string"), function, schema)


def content_digest(frame: DataFrame) -> str:
    """Digest of the rows of a frame as a multiset: the same for any order and partitioning.

    Each row's sha256 is cut into pieces that are added up; adding, unlike xor, does not let
    equal rows cancel out.
    """
    columns = [F.coalesce(F.col(name).cast("string"), F.lit("\0")) for name in frame.columns]
    row = F.sha2(F.concat_ws("\x1f", *columns), 256)
    totals = (
        frame.select(row.alias("row"))
        .select(
            F.count("*").cast("string").alias("rows"),
            *[
                F.sum(F.conv(F.substring("row", start, 15), 16, 10).cast("decimal(38,0)"))
                .cast("string")
                .alias(f"piece_{start}")
                for start in (1, 16, 31, 46)
            ],
        )
        .collect()[0]
    )
    return hashlib.sha256(json.dumps([str(value) for value in totals]).encode()).hexdigest()
