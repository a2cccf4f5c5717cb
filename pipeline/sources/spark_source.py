"""Dumps as Spark data sources: ``spark.read.format("warc").load("crawl/*.warc.gz")``."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import pairwise

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as spark_types
from pyspark.sql.datasource import DataSource, DataSourceReader, InputPartition

from pipeline.sources.inputs import Format, InputFile, InputParams, InputRule
from pipeline.sources.readers import read_file
from pipeline.sources.recognise import scan
from schemas.config import Section, build_config
from schemas.documents import DOCUMENTS
from schemas.errors import ConfigError
from schemas.object_store import is_remote, split_query

_SMALLEST_SPAN = 1 << 16
DUMPS = "corpusmill"
"""Name of the source that reads files of all formats, as a scan recognised them."""


class _Selection(Section):
    """The files that one DataFrame reads, and how; travels to Spark as JSON."""

    root: str
    files: tuple[InputFile, ...]
    params: InputParams


@dataclass
class FilePartition(InputPartition):
    """Files that one task reads, one after the other."""

    root: str
    files: tuple[str, ...]
    """JSON of InputFile: what Spark pickles stays free of our classes."""
    params: str


class DumpSource(DataSource):
    """Documents of dumps, one row per record.

    ================================  ==============================================================
    option                            meaning
    ================================  ==============================================================
    ``path``                          file, folder or glob, also as a URI; the one that is needed
    ``source``                        web, book, news, social, wiki or text, where not as usual
    ``text_column`` ...               jsonl, csv_text, parquet_text: column of the texts; also
                                      ``id_column``, ``url_column``, ``title_column``,
                                      ``author_column``, ``date_column``, ``language_column``,
                                      ``licence_column``; nested as ``meta.url``; without a header
                                      by position, from ``1`` on
    ``unit``                          plain_text: ``file``, ``line`` or ``block`` is a document
    ``namespaces``, ``redirects``     mediawiki: numbers apart by commas (``0``); ``true`` or
                                      ``false``: whether redirects are documents
    ``max_record_bytes``              larger records are skipped as ``too_large``
    ``partition_bytes``               small files share a partition up to this size
    ``batch_rows``, ``batch_bytes``   bounds of a record batch
    ``max_unfold_ratio``,             bounds of what compressed content may unfold to
    ``free_unfold_bytes``
    ``selection``                     JSON of recognised files, instead of ``path``
    ================================  ==============================================================
    """

    format: Format | None = None

    @classmethod
    def name(cls) -> str:
        """Name for ``spark.read.format``."""
        return cls.format.value if cls.format is not None else DUMPS

    def schema(self) -> spark_types.StructType:
        """Columns of DOCUMENTS."""
        return documents_struct()

    def reader(self, schema: spark_types.StructType) -> DataSourceReader:
        """Reader of the files that the options name."""
        return DumpReader(select_files(self.format, dict(self.options)))


class DumpReader(DataSourceReader):
    """Packs files into partitions and reads them."""

    def __init__(self, selection: _Selection) -> None:
        self._selection = selection.model_dump_json()

    def partitions(self) -> Sequence[InputPartition]:
        """Packed files, the same for the same files in any order."""
        selection = _Selection.model_validate_json(self._selection)
        params = selection.params.model_dump_json()
        return [
            FilePartition(
                root=selection.root,
                files=tuple(file.model_dump_json() for file in pack),
                params=params,
            )
            # Spark insists on a partition where there are no files.
            for pack in pack_files(selection.files, selection.params.partition_bytes) or [()]
        ]

    def read(self, partition: InputPartition) -> Iterator[pa.RecordBatch]:
        """Batches of DOCUMENTS of the files of one partition."""
        assert isinstance(partition, FilePartition)
        params = InputParams.model_validate_json(partition.params)
        for text in partition.files:
            for batch in read_file(partition.root, InputFile.model_validate_json(text), params):
                # Spark takes every column of a data source to be nullable and compares exactly.
                yield pa.RecordBatch.from_arrays(batch.columns, names=batch.schema.names)


def _source_class(format: Format) -> type[DumpSource]:
    return type(f"{format.name.title().replace('_', '')}Source", (DumpSource,), {"format": format})


def register(spark: SparkSession) -> None:
    """Make ``spark.read.format(...)`` know every format, and ``corpusmill`` for mixed ones."""
    sources: list[type[DumpSource]] = [DumpSource, *map(_source_class, Format)]
    for source in sources:
        spark.dataSource.register(source)


def read_documents(
    spark: SparkSession, root: str, files: Sequence[InputFile], params: InputParams
) -> DataFrame:
    """DOCUMENTS of recognised files, of all formats in one scan."""
    register(spark)
    selection = _Selection(root=root, files=tuple(files), params=params)
    return (
        spark.read.format(DUMPS)
        .option("selection", selection.model_dump_json(exclude={"params": {"rules"}}))
        .load()
        .select(*DOCUMENTS.schema.names)
    )


def pack_files(files: Sequence[InputFile], partition_bytes: int) -> list[tuple[InputFile, ...]]:
    """Put small files together up to ``partition_bytes``, and split larger ones where that can be
    done; the largest packs come first, so that no task starts late and runs long."""
    packs: list[tuple[InputFile, ...]] = []
    current: list[InputFile] = []
    size = 0
    for file in sorted(files, key=lambda file: file.path):
        for piece in split_file(file, partition_bytes):
            if current and size + piece.extent > partition_bytes:
                packs.append(tuple(current))
                current, size = [], 0
            current.append(piece)
            size += piece.extent
    if current:
        packs.append(tuple(current))
    return sorted(
        packs,
        key=lambda pack: (-sum(file.extent for file in pack), pack[0].path, pack[0].span or (0, 0)),
    )


def split_file(file: InputFile, partition_bytes: int) -> list[InputFile]:
    """Spans of a file that may be split, each of ``partition_bytes`` (but 64 KiB is never split)
    at most; else the file."""
    parts = min(-(-file.size // partition_bytes), file.size // _SMALLEST_SPAN)
    if not file.is_splittable or parts < 2:
        return [file]
    cuts = [file.size * part // parts for part in range(parts + 1)]
    return [file.model_copy(update={"span": span}) for span in pairwise(cuts)]


def select_files(format: Format | None, options: dict[str, str]) -> _Selection:
    """Files that the options of a reader name, all taken as ``format`` when that is given.

    Raises:
        ConfigError: an option is missing or wrong, or nothing matches.
    """
    if "selection" in options:
        return _Selection.model_validate_json(options["selection"])
    known = ("path", "source", "redirects", *_RULE_OPTIONS, *_SIZES)
    if unknown := sorted(options.keys() - set(known)):
        raise ConfigError(
            f"options of {format or DUMPS}: unknown option {unknown[0]}; known: {', '.join(known)}"
        )
    path = options.get("path")
    if not path:
        raise ConfigError("option path is missing: a file, a folder or a glob")
    where = f"options of {format or DUMPS}"
    tree: dict[str, object] = {"match": "*", "format": format}
    tree |= {key: options[key] for key in ("source", *_RULE_OPTIONS) if key in options}
    if "redirects" in options:
        tree["redirects"] = _truth(options["redirects"], where)
    rule = build_config(InputRule, tree, where=where)
    sizes = {key: _number(options[key]) for key in _SIZES if key in options}
    params = build_config(InputParams, sizes, where=where)
    root, pattern = _split_glob(path)
    inventory = scan(root, [rule])
    files = tuple(file for file in inventory.files if fnmatchcase(file.path, pattern))
    if not files:
        reasons = "; ".join(["", *inventory.unrecognised[:3]])
        raise ConfigError(f"{path}: no file of format {format or 'any'} there{reasons}")
    return _Selection(root=inventory.root, files=files, params=params)


_RULE_OPTIONS = (
    "text_column", "id_column", "url_column", "title_column", "author_column", "date_column",
    "language_column", "licence_column", "unit", "namespaces",
)  # fmt: skip


def _truth(value: str, where: str) -> bool:
    if value.lower() not in ("true", "false"):
        raise ConfigError(f"{where}: redirects = {value}: true or false wanted")
    return value.lower() == "true"


def _number(value: str) -> int | str:
    """Spark makes texts of numbers; what is none is left for the check, which names the option."""
    try:
        return int(value)
    except ValueError:
        return value


_SIZES = (
    "partition_bytes", "batch_bytes", "batch_rows", "max_record_bytes", "max_unfold_ratio",
    "free_unfold_bytes",
)  # fmt: skip


def _split_glob(path: str) -> tuple[str, str]:
    """Folder without wildcards that a path begins with, and the pattern below it."""
    # In a URI the question mark begins the options of the file system, and is no wildcard.
    path = path.removeprefix("file:")
    place, options = split_query(path) if is_remote(path) else (path, "")
    parts = place.split("/")
    for index, part in enumerate(parts):
        if any(character in part for character in "*?["):
            folder = "/".join(parts[:index]) or ("/" if path.startswith("/") else ".")
            return folder + options, "/".join(parts[index:])
    return "/".join(parts) + options, "*"


_SPARK_TYPES: dict[pa.DataType, spark_types.DataType] = {
    pa.string(): spark_types.StringType(),
    pa.int32(): spark_types.IntegerType(),
    pa.int64(): spark_types.LongType(),
    pa.timestamp("us", tz="UTC"): spark_types.TimestampType(),
}


def documents_struct() -> spark_types.StructType:
    """Spark's schema of DOCUMENTS. All nullable: Spark reads it back so anyhow."""
    return spark_types.StructType(
        [
            spark_types.StructField(field.name, _SPARK_TYPES[field.type], True)
            for field in DOCUMENTS.schema
        ]
    )
