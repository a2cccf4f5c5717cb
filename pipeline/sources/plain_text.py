"""Plain text: one document per file."""

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import BinaryIO

from pipeline.extract.encodings import decode_text
from pipeline.sources.compression import Decompressed, find_codec
from pipeline.sources.inputs import InputFile, InputParams
from pipeline.sources.record import Record, document_or_empty, unreadable


def read_plain_text(stored: BinaryIO, file: InputFile, params: InputParams) -> Iterator[Record]:
    """The one document of a text file."""
    name = PurePosixPath(file.path).name
    whole = read_whole(stored, name, params)
    if isinstance(whole, Record):
        yield whole
        return
    text = decode_text(whole).replace("\r\n", "\n").replace("\r", "\n").strip()
    yield document_or_empty(Record(offset=0, key=name, raw=whole, text=text))


def read_whole(stored: BinaryIO, key: str, params: InputParams) -> bytes | Record:
    """Content of a file that is one record, or the record that says why there is none."""
    content = Decompressed(stored, find_codec(stored.read(8)), limit=params.unfold_limit)
    whole = content.read(params.max_record_bytes + 1)
    if content.failure is not None:
        return unreadable(0, str(content.failure), key=key, raw=whole)
    if len(whole) > params.max_record_bytes:
        return Record(offset=0, key=key, raw=whole, skip_rule="too_large")
    if not whole:
        return unreadable(0, "empty file (byte 0)", key=key)
    return whole
