"""Both ends of a file, and whether its records may be found though the beginning is damaged."""

import re
from pathlib import PurePosixPath
from typing import BinaryIO, NamedTuple

from pipeline.sources.compression import MAGIC, Codec, Decompressed, find_codec
from pipeline.sources.decoders import new_decoder
from pipeline.sources.inputs import Format
from pipeline.sources.names import content_suffixes, names_codec
from pipeline.sources.resync import find_next_member
from pipeline.sources.storage import StoredFile, open_file
from pipeline.sources.warc_framing import MEMBER_CODECS
from schemas.errors import ConfigError

_HEAD_BYTES = 1 << 17
_TAIL_BYTES = 1 << 15
_SEARCHED_BYTES = 64 << 20
"""Where the first compressed member is broken, how far the next is looked for."""
_CODECS = {
    ".gz": Codec.GZIP,
    ".bz2": Codec.BZIP2,
    ".zst": Codec.ZSTD,
    ".xz": Codec.XZ,
    ".lz4": Codec.LZ4,
}
_BINARY = re.compile(rb"[\x00-\x08]")
_TRIED_BYTES = 256
_RECORDS = {
    Format.WARC: re.compile(rb"WARC/[01]\.\d"),
    Format.WET: re.compile(rb"WARC/[01]\.\d"),
    Format.MEDIAWIKI: re.compile(rb"<page>\s*<title>"),
    Format.FEED: re.compile(rb"<(?:item|entry)[\s>]"),
    Format.STACKEXCHANGE: re.compile(rb'<row Id="\d+" PostTypeId="'),
    Format.JSONL: re.compile(rb'(?:^|\n)\{\s*"'),
    Format.REDDIT: re.compile(rb'(?:^|\n)\{\s*"'),
}
"""Formats that are read where the beginning is damaged, and what their records begin with."""
_ENDS_WITH_DIRECTORY = {Format.EPUB: b"PK\x05\x06", Format.PARQUET: b"PAR1"}
"""Formats whose directory is at the end, and what stands there: so the beginning may be damaged."""


class Ends(NamedTuple):
    """What is seen of a file before it is read."""

    head: bytes
    """First bytes of the content."""
    tail: bytes
    """Last bytes, where nothing is compressed."""
    defect: str
    """What broke before the head was whole."""
    codec: Codec | None
    start: int = 0
    """Where the first member begins that can be read, behind a beginning that is none."""


def read_ends(root: str, file: StoredFile) -> Ends:
    """The ends of a stored file; of compressed content the beginning, from the first member on
    that can be read.

    Raises:
        ConfigError: it cannot be opened.
    """
    try:
        with open_file(root, file.path) as stored:
            codec = find_codec(stored.read(8))
            content = Decompressed(stored, codec)
            head = content.read(_HEAD_BYTES)
            defect = str(content.failure or "")
            if codec is None and (found := _find_member(stored, file.path, head)) is not None:
                codec, start = found
                head = Decompressed(stored, codec, start).read(_HEAD_BYTES)
                return Ends(head, b"", f"no {codec} member (byte 0)", codec, start)
            if not head and content.resume(_SEARCHED_BYTES):
                head = content.read(_HEAD_BYTES)
            tail = b""
            if codec is None and file.size > _HEAD_BYTES:
                stored.seek(max(0, file.size - _TAIL_BYTES))
                tail = stored.read(_TAIL_BYTES)
    except OSError as error:
        raise ConfigError(f"{file.path}: cannot be read: {error.strerror or error}") from None
    return Ends(head, tail, defect, codec)


def _find_member(stored: BinaryIO, path: str, head: bytes) -> tuple[Codec, int] | None:
    """The first member of a file whose name promises compression, and whose beginning is damaged;
    archives of the web are left to their reader, which finds each record."""
    name = PurePosixPath(path)
    codec = _CODECS.get(names_codec(name) or "")
    if codec is None or not _BINARY.search(head[:_TRIED_BYTES]):
        return None
    if any(suffix in (".warc", ".arc", ".wet") for suffix in content_suffixes(name)):
        return None
    start = find_next_member(stored, codec, 1, lambda: new_decoder(codec), _SEARCHED_BYTES)
    return None if start is None else (codec, start)


def by_records(path: PurePosixPath, head: bytes) -> Format | None:
    """Format of XML whose beginning is damaged: that of the records in sight."""
    if ".xml" not in content_suffixes(path):
        return None
    kinds = (Format.MEDIAWIKI, Format.STACKEXCHANGE, Format.FEED)
    return next((kind for kind in kinds if _RECORDS[kind].search(head)), None)


def is_found_behind(format: Format, ends: Ends) -> bool:
    """Whether records may be found behind a beginning that is none of its format: in what follows
    in sight, or behind a member that is broken."""
    if not ends.head:
        return bool(ends.defect) and format in (Format.WARC, Format.WET)
    has_member = any(MAGIC[codec] in ends.head[1:] for codec in MEMBER_CODECS)
    if format in (Format.WARC, Format.WET) and has_member:
        return True
    if (sign := _ENDS_WITH_DIRECTORY.get(format)) is not None:
        return sign in (ends.tail or ends.head)[-_TAIL_BYTES:]
    pattern = _RECORDS.get(format)
    if pattern is None or not pattern.search(ends.head):
        return False
    # What begins as it should was judged by what is in it.
    return bool(ends.defect) or not pattern.match(ends.head)
