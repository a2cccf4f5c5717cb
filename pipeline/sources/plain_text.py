"""Plain text: one document per file."""

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import BinaryIO

from pipeline.extract.encodings import decode_text, find_utf16
from pipeline.sources.compression import Decompressed, UnfoldLimit, find_codec
from pipeline.sources.inputs import InputFile, InputParams
from pipeline.sources.lines import is_blank, lines_of
from pipeline.sources.record import Record, document_or_empty, unreadable
from pipeline.sources.sniff import BYTES_PER_NUL
from pipeline.sources.transcoded import TextLines

_HEAD = 1 << 17
"""As much as the scan sees, so that both judge alike."""


def read_plain_text(stored: BinaryIO, file: InputFile, params: InputParams) -> Iterator[Record]:
    """Documents of a text file: one, or one for each line or block, as its rule says.

    Lines and blocks are cut where the text is UTF-16, UTF-8 or any other encoding that has ASCII
    in it.
    """
    if file.settings.get("unit", "file") != "file":
        yield from _pieces(stored, file, params)
        return
    name = PurePosixPath(file.path).name
    whole = read_whole(stored, name, params)
    if isinstance(whole, Record):
        yield whole
        return
    yield _document(0, whole, name)


def _pieces(stored: BinaryIO, file: InputFile, params: InputParams) -> Iterator[Record]:
    """A record for each line, or for each run of lines without a blank one among them."""
    content = _open_lines(stored, params.unfold_limit)
    by_line = file.settings["unit"] == "line"
    block = bytearray()
    start = end = size = 0
    found_any = False
    for line in lines_of(stored, content, file.span, params.max_record_bytes):
        found_any = True
        # Lines of nothing are left out: what is missing between two lines is a blank one.
        is_apart = by_line or not line.bytes.strip() or line.offset > end + 1
        if size and is_apart:
            yield _piece(start, bytes(block), size, params)
            size = 0
            block.clear()
        end = line.offset + line.size
        if not line.is_complete:
            if size:
                yield _piece(start, bytes(block), size, params)
            size = 0
            block.clear()
            yield unreadable(line.offset, str(content.failure), raw=line.bytes)
        elif line.bytes.strip():
            start = start if size else line.offset
            if size <= params.max_record_bytes:  # of more the beginning is enough
                block += line.bytes + b"\n"
            size += line.size + 1
    if size:
        yield _piece(start, bytes(block), size, params)
    if not found_any and is_blank(content, file.span, params.max_record_bytes):
        yield unreadable(0, "no line in it (byte 0)")


def has_plain_lines(head: bytes) -> bool:
    """Whether a text that begins with ``head`` may be cut at any LF: it is not in UTF-16, and its
    lines do not end with CR alone."""
    return find_utf16(head) is None and (b"\n" in head or b"\r" not in head)


def _open_lines(stored: BinaryIO, limit: UnfoldLimit) -> Decompressed:
    codec = find_codec(stored.read(8))
    head = Decompressed(stored, codec, limit=limit).read(_HEAD)
    if has_plain_lines(head):
        return Decompressed(stored, codec, limit=limit)
    return TextLines(stored, codec, find_utf16(head), limit=limit)


def _piece(start: int, block: bytes, size: int, params: InputParams) -> Record:
    raw = block.removesuffix(b"\n")
    if size - 1 > params.max_record_bytes:
        return Record(offset=start, raw=raw, raw_bytes=size - 1, skip_rule="too_large")
    return _document(start, raw)


def _document(offset: int, raw: bytes, key: str = "") -> Record:
    text = decode_text(raw)
    num_nuls = text.count("\0", 0, _HEAD)
    if num_nuls > 1 + len(text[:_HEAD]) // BYTES_PER_NUL:
        told = f"{num_nuls:,} NULs: binary content, or UTF-16 or UTF-32 without a byte order mark"
        return unreadable(offset, f"{told} (byte {offset})", key=key, raw=raw)
    text = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    return document_or_empty(Record(offset=offset, key=key, raw=raw, text=text))


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
