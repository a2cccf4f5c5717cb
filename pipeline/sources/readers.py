"""Which reader reads which format: a stored file -> batches of DOCUMENTS."""

from collections.abc import Callable, Iterator
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.sources.csv_text import read_csv
from pipeline.sources.epub import read_epub
from pipeline.sources.feed import read_feed
from pipeline.sources.gutenberg import read_gutenberg
from pipeline.sources.inputs import Format, InputFile, InputParams
from pipeline.sources.jsonl import read_jsonl
from pipeline.sources.mediawiki import read_mediawiki
from pipeline.sources.plain_text import read_plain_text
from pipeline.sources.record import Record, record_batches, unreadable
from pipeline.sources.reddit import read_reddit
from pipeline.sources.stackexchange import read_stackexchange
from pipeline.sources.storage import open_file, storage_failure
from pipeline.sources.tabular import read_parquet
from pipeline.sources.warc import read_warc
from pipeline.sources.wet import read_wet

Reader = Callable[[BinaryIO, InputFile, InputParams], Iterator[Record]]

_READERS: dict[Format, Reader] = {
    Format.WARC: read_warc,
    Format.WET: read_wet,
    Format.MEDIAWIKI: read_mediawiki,
    Format.GUTENBERG: read_gutenberg,
    Format.EPUB: read_epub,
    Format.FEED: read_feed,
    Format.REDDIT: read_reddit,
    Format.STACKEXCHANGE: read_stackexchange,
    Format.JSONL: read_jsonl,
    Format.CSV: read_csv,
    Format.PLAIN_TEXT: read_plain_text,
}

_MISTAKES = (ValueError, LookupError, ArithmeticError, RecursionError, TypeError)
"""What a reader raises on a content that it was not made for."""


def read_file(root: str, file: InputFile, params: InputParams) -> Iterator[pa.RecordBatch]:
    """Batches of DOCUMENTS with one row per record of a file.

    What is wrong with the content becomes rows; only what is wrong with the storage raises, so
    that a failure that passes is not committed as the content of a file.

    Raises:
        DataError: the storage does not give the file, or not all of it.
    """
    if file.mismatch is not None:
        yield from record_batches([unreadable(0, file.mismatch)], file, params)
        return
    try:
        with open_file(root, file.path, file.start) as stored:
            if file.format is Format.PARQUET:
                yield from _guarded_batches(read_parquet(stored, file, params), file, params)
            else:
                records = _guarded(_READERS[file.format](stored, file, params), file.start)
                yield from record_batches(records, file, params)
    except OSError as error:
        raise storage_failure(file.path, error) from None


def _guarded(records: Iterator[Record], start: int) -> Iterator[Record]:
    """The records, and where a reader fails on a content that it was not made for, one more: a
    single record must not end the build of a corpus. What the storage does still raises. Another
    one tells of a damaged beginning, which ``start`` is behind."""
    last = -1
    try:
        for record in records:
            last = max(last, record.offset)
            yield record
    except _MISTAKES as error:
        last += 1
        yield unreadable(
            last, f"the rest of the file: {type(error).__name__}: {error} (byte {last})"
        )
    if start:
        yield unreadable(last + 1, f"the first {start:,} bytes begin no member (byte 0)")


def _guarded_batches(
    batches: Iterator[pa.RecordBatch], file: InputFile, params: InputParams
) -> Iterator[pa.RecordBatch]:
    """The same for a reader of batches, whose offsets count rows."""
    last = -1
    try:
        for batch in batches:
            last = max(last, pc.max(batch.column("record_offset")).as_py())
            yield batch
    except _MISTAKES as error:
        told = f"the rest of the file: {type(error).__name__}: {error} (row {last + 1})"
        yield from record_batches([unreadable(last + 1, told)], file, params)
