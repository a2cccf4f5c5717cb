"""Parquet tables with a column of texts, read batch by batch."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import pairwise
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.sources.inputs import InputFile, InputParams
from pipeline.sources.record import record_batches, unreadable
from pipeline.sources.zip_directory import first_line
from pipeline.text.dates import parse_date
from schemas.documents import CRAWL_COLUMNS, DOCUMENTS, document_id
from schemas.errors import RecordError

_CHUNK = 1 << 20


def parquet_columns(stored: BinaryIO) -> list[str]:
    """Names of the columns that can hold texts or facts about them; ``meta.url`` is one in another.

    Raises:
        RecordError: not a Parquet file.
    """
    return list(dict.fromkeys(name for name, _ in _leaves(_open(stored).schema_arrow)))


def _leaves(fields: Iterable[pa.Field], prefix: str = "") -> Iterator[tuple[str, pa.DataType]]:
    """Names and types of the columns that hold single values."""
    for field in fields:
        if pa.types.is_struct(field.type):
            yield from _leaves(field.type, f"{prefix}{field.name}.")
        elif _is_value(field.type):
            yield prefix + field.name, field.type


def _is_value(kind: pa.DataType) -> bool:
    """Whether it is a single value, or a list of texts, which are put together to one."""
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return _is_text(kind.value_type)
    return not pa.types.is_nested(kind)


def _flat(batch: pa.RecordBatch) -> pa.RecordBatch:
    """A batch whose columns are single values, one of each name: before a value inside a column
    comes the column of just that name."""
    own = _single_values(batch)
    while any(pa.types.is_struct(kind) for kind in batch.schema.types):
        table = pa.Table.from_batches([batch]).flatten().combine_chunks()
        batch = pa.RecordBatch.from_arrays(
            [column.chunk(0) for column in table.columns], names=table.column_names
        )
    columns = _single_values(batch) | own
    return pa.RecordBatch.from_arrays(list(columns.values()), names=list(columns))


def _single_values(batch: pa.RecordBatch) -> dict[str, pa.Array]:
    pairs = zip(batch.schema, batch.columns, strict=True)
    return {field.name: column for field, column in pairs if _is_value(field.type)}


def _joined(batch: pa.RecordBatch, file: InputFile) -> pa.RecordBatch:
    """A batch whose lists of texts are texts: lines of a document, or names in a row."""
    for at, field in enumerate(batch.schema):
        if pa.types.is_list(field.type) or pa.types.is_large_list(field.type):
            apart = b"\n" if field.name == file.columns["text"] else b", "
            lists = batch.column(at).cast(pa.list_(pa.binary())).to_pylist()
            texts = [apart.join(filter(None, each)) if each else None for each in lists]
            batch = batch.set_column(at, field.name, pa.array(texts, pa.large_binary()))
    return batch


def read_parquet(
    stored: BinaryIO, file: InputFile, params: InputParams
) -> Iterator[pa.RecordBatch]:
    """Batches of DOCUMENTS, one row per row of the table; the offset is the row number. Behind a
    defect reading goes on at the next row group."""
    try:
        table = _open(stored)
        groups = [table.metadata.row_group(i) for i in range(table.metadata.num_row_groups)]
        if not any(group.num_rows for group in groups):
            raise RecordError("a table without rows (byte 0)")
        names = _present(table, file)
        batch_rows = _batch_rows(table, params)
    except (RecordError, pa.ArrowException, OSError) as error:
        yield from record_batches([unreadable(0, first_line(error))], file, params)
        return
    start = 0
    for group, facts in enumerate(groups):
        row, end = start, start + facts.num_rows
        try:
            for batch in table.iter_batches(batch_rows, row_groups=[group], columns=names):
                if row + batch.num_rows > end:
                    raise RecordError("more rows in it than its metadata says")
                for piece in _bounded(_joined(_flat(batch), file), file.columns["text"], params):
                    yield from _rows(piece, row, file, params)
                    row += piece.num_rows
            if row < end:
                raise RecordError("fewer rows in it than its metadata says")
        except (RecordError, pa.ArrowException, OSError) as error:
            if row < end:  # else every row of it was read
                told = f"{first_line(error)} (rows {row} to {end - 1}, in row group {group})"
                yield from record_batches([unreadable(row, told)], file, params)
        start = end


def _open(stored: BinaryIO) -> pq.ParquetFile:
    try:
        # Column chunks are read piece by piece: one may be as large as the file.
        return pq.ParquetFile(
            stored, buffer_size=_CHUNK, pre_buffer=False, page_checksum_verification=True
        )
    except (pa.ArrowException, OSError, ValueError) as error:
        raise RecordError(f"not Parquet: {first_line(error)} (byte 0)") from None


def _present(table: pq.ParquetFile, file: InputFile) -> list[str]:
    kinds = _kinds(table.schema_arrow)
    text = file.columns.get("text", "text")
    if text not in kinds:
        raise RecordError(f"no column {text}; columns: {', '.join(kinds)} (byte 0)")
    names = sorted({name for name in file.columns.values() if name in kinds} | {text})
    for name in names:
        if len(kinds[name]) > 1:
            raise RecordError(f"column {name} is there {len(kinds[name])} times (byte 0)")
    (kind,) = kinds[text]
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        kind = kind.value_type
    if not _is_text(kind):
        raise RecordError(f"column {text} holds {kind}, not texts (byte 0)")
    return names


def _kinds(schema: pa.Schema) -> dict[str, list[pa.DataType]]:
    """Types of the columns of each name; where one has just that name, not of those in others."""
    kinds: dict[str, list[pa.DataType]] = {}
    for name, kind in _leaves(schema):
        kinds.setdefault(name, []).append(kind)
    own: dict[str, list[pa.DataType]] = {}
    for field in schema:
        if _is_value(field.type):
            own.setdefault(field.name, []).append(field.type)
    return kinds | own


def _is_text(kind: pa.DataType) -> bool:
    """Whether UTF-8 may be in it: some writers leave out that their binary columns hold texts."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    tests = (
        pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view,
        pa.types.is_binary, pa.types.is_large_binary, pa.types.is_binary_view,
    )  # fmt: skip
    return any(test(kind) for test in tests)


def _batch_rows(table: pq.ParquetFile, params: InputParams) -> int:
    """Rows per batch that should fit the bound in bytes, from the mean of the file."""
    groups = [table.metadata.row_group(i) for i in range(table.metadata.num_row_groups)]
    mean = sum(group.total_byte_size for group in groups) / max(1, table.metadata.num_rows)
    return max(1, min(params.batch_rows * 4, int(params.batch_bytes / max(1.0, mean))))


def _bounded(batch: pa.RecordBatch, text: str, params: InputParams) -> Iterator[pa.RecordBatch]:
    """Slices of a batch whose texts stay near the bound."""
    lengths = pc.binary_length(batch.column(text).cast(pa.large_binary()))
    sizes = pc.fill_null(lengths, 0).to_numpy(zero_copy_only=False)
    pieces = np.cumsum(sizes, dtype=np.int64) // params.batch_bytes
    cuts = [0, *(np.flatnonzero(np.diff(pieces)) + 1).tolist(), batch.num_rows]
    for first, last in pairwise(cuts):
        if last > first:
            yield batch.slice(first, last - first)


def _rows(
    batch: pa.RecordBatch, first_row: int, file: InputFile, params: InputParams
) -> Iterator[pa.RecordBatch]:
    """Documents of a batch; where a value in it is no UTF-8, its row alone is unreadable."""
    try:
        yield _documents(batch, first_row, file)
    except (UnicodeDecodeError, pa.ArrowInvalid) as error:
        if batch.num_rows > 1:
            half = batch.num_rows // 2
            yield from _rows(batch.slice(0, half), first_row, file, params)
            yield from _rows(batch.slice(half), first_row + half, file, params)
        else:
            yield from record_batches(
                [unreadable(first_row, f"{error} (row {first_row})")], file, params
            )


def _documents(batch: pa.RecordBatch, first_row: int, file: InputFile) -> pa.RecordBatch:
    rows = batch.num_rows
    texts = batch.column(file.columns["text"]).cast(pa.string())
    url = _column(batch, file, "url")
    keys = pc.fill_null(pc.coalesce(_column(batch, file, "key"), url), "")
    raw = [text.encode() for text in texts.fill_null("").to_pylist()]
    source = file.source.value
    is_empty = pc.equal(pc.utf8_length(pc.utf8_trim_whitespace(pc.fill_null(texts, ""))), 0)
    nothing = pa.nulls(rows, pa.string())
    columns = {
        "doc_id": [document_id(source, k, t) for k, t in zip(keys.to_pylist(), raw, strict=True)],
        "source": [source] * rows,
        "format": [file.format.value] * rows,
        "source_file": [file.path] * rows,
        "record_offset": np.arange(first_row, first_row + rows),
        "source_key": keys,
        "raw_bytes": [len(text) for text in raw],
        "url": url,
        "title": _column(batch, file, "title"),
        "author": _column(batch, file, "author"),
        "published": _dates(batch, file),
        "language_hint": _column(batch, file, "language"),
        "licence": _column(batch, file, "licence"),
        **{name: [None] * rows for name in CRAWL_COLUMNS},
        "text": pc.if_else(is_empty, nothing, texts),
        "skip_rule": pc.if_else(is_empty, "empty_text", nothing),
        "error": nothing,
    }
    arrays = [
        column if isinstance(column, pa.Array) else pa.array(column, field.type)
        for field, column in zip(DOCUMENTS.schema, columns.values(), strict=True)
    ]
    documents = pa.RecordBatch.from_arrays(arrays, names=list(columns))
    documents.validate(full=True)  # Parquet does not vouch for UTF-8
    return DOCUMENTS.check(documents)


def _column(batch: pa.RecordBatch, file: InputFile, role: str) -> pa.Array:
    name = file.columns.get(role)
    if name is None or name not in batch.schema.names:
        return pa.nulls(batch.num_rows, pa.string())
    try:
        column = batch.column(name).cast(pa.string())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        if _is_text(batch.column(name).type):  # a value in it is no UTF-8
            raise
        return pa.nulls(batch.num_rows, pa.string())
    empty = pc.equal(column, "")
    return pc.if_else(empty, pa.scalar(None, pa.string()), column)


def _dates(batch: pa.RecordBatch, file: InputFile) -> pa.Array:
    name = file.columns.get("published")
    kind = pa.timestamp("us", tz="UTC")
    if name is None or name not in batch.schema.names:
        return pa.nulls(batch.num_rows, kind)
    column = batch.column(name)
    try:
        return pa.array([parse_date(value) for value in column.to_pylist()], kind)
    except (OverflowError, ValueError):  # a time stamp that no calendar holds
        return pa.array([_date_or_none(value) for value in column], kind)


def _date_or_none(value: pa.Scalar) -> datetime | None:
    try:
        return parse_date(value.as_py())
    except UnicodeDecodeError:
        raise
    except (OverflowError, ValueError):
        return None
