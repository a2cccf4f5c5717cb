"""Dumps as Spark data sources: ``spark.read.format("warc").load("crawl/*.warc.gz")``."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as spark_types
from pyspark.sql.datasource import DataSource, DataSourceReader, InputPartition

from pipeline.sources.inputs import Format, InputFile, InputParams
from pipeline.sources.readers import read_file
from pipeline.sources.selection import DUMPS, Selection, select_files
from schemas.documents import DOCUMENTS
from schemas.errors import ConfigError

_SMALLEST_SPAN = 1 << 16


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
    ``paths``                         several, as JSON: what ``load([...])`` makes of a list
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
        names = _known_columns(schema)
        return DumpReader(select_files(self.format, dict(self.options)), names)


class DumpReader(DataSourceReader):
    """Packs files into partitions and reads them."""

    def __init__(self, selection: Selection, columns: Sequence[str]) -> None:
        self._selection = selection.model_dump_json()
        self._columns = list(columns)

    def partitions(self) -> Sequence[InputPartition]:
        """Packed files, the same for the same files in any order."""
        selection = Selection.model_validate_json(self._selection)
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
                columns = [batch.column(name) for name in self._columns]
                yield pa.RecordBatch.from_arrays(columns, names=self._columns)


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
    selection = Selection(root=root, files=tuple(files), params=params)
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


_SPARK_TYPES: dict[pa.DataType, spark_types.DataType] = {
    pa.string(): spark_types.StringType(),
    pa.int32(): spark_types.IntegerType(),
    pa.int64(): spark_types.LongType(),
    pa.timestamp("us", tz="UTC"): spark_types.TimestampType(),
}


def _known_columns(schema: spark_types.StructType) -> list[str]:
    """Names of the columns that are wanted: all, unless ``schema(...)`` states fewer.

    Raises:
        ConfigError: there is no such column, or it is of another type.
    """
    known = {field.name: field.dataType for field in documents_struct()}
    for field in schema:
        kind = known.get(field.name)
        if kind is None:
            raise ConfigError(f"schema: no column {field.name}; there are {', '.join(known)}")
        if kind != field.dataType:
            wrong = field.dataType.simpleString()
            raise ConfigError(f"schema: {field.name} is {kind.simpleString()}, not {wrong}")
    return schema.fieldNames()


def documents_struct() -> spark_types.StructType:
    """Spark's schema of DOCUMENTS. All nullable: Spark reads it back so anyhow."""
    return spark_types.StructType(
        [
            spark_types.StructField(field.name, _SPARK_TYPES[field.type], True)
            for field in DOCUMENTS.schema
        ]
    )
