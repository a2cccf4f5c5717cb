"""7z archives: which of their packed streams hold the dump.

py7zr reads the header of an archive, and no more: what it unpacks it pushes, in pieces of up to
128 MB, while a reader pulls. The header stands at the end, so an archive that was cut off has none;
its first stream is then unfolded by the usual parameters, which Wikimedia's archives have.
"""

import io
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, BinaryIO, cast

import py7zr
from py7zr.archiveinfo import HeaderStreamsInfo

from pipeline.sources.seven_zip_stream import ArchivedFile, Folder, Method
from schemas.errors import CorpusMillError, RecordError

_AES = b"\x06\xf1\x07\x01"
_JUMPS = (b"\x04", b"\x03\x03\x01\x03")
"""Makes jumps in x86 programs absolute. py7zr writes all its archives so."""
_SIGNATURE_HEADER = 32
_NEXT_HEADER = 12
_ENCODED_HEADER = b"\x17"
_MAX_HEADER = 1 << 20
"""Bytes, unfolded; a file needs at least one, and half a KiB of memory."""
_USUAL_LZMA = b"\x5d" + (256 << 20).to_bytes(4, "little")
_USUAL_LZMA2 = b"\x20"  # 256 MiB
"""Of a window as much memory is taken as the content fills."""
_POSTS = "Posts.xml"


@dataclass(frozen=True, slots=True)
class Archive:
    """What is read of an archive."""

    folders: tuple[Folder, ...]
    defect: RecordError | None = None
    """What is to be said behind them."""

    places: tuple[tuple[int, int], ...] | None = None
    """Where in the unfolded content the dump is; all of it, unless set."""

    def wanted(self, position: int, piece: bytes) -> bytes:
        """Of a piece of the unfolded content, which is at ``position``, what belongs to the
        dump."""
        if self.places is None:
            return piece
        cuts = ((max(0, start - position), max(0, end - position)) for start, end in self.places)
        return b"".join(piece[start:end] for start, end in cuts)


def read_archive(stored: BinaryIO) -> Archive:
    """The packed streams of an archive, in the order in which they are stored. Of the tables of a
    StackExchange site only the posts are wanted.

    Raises:
        RecordError: nothing of it can be read: it is encrypted, or holds more than dumps of XML.
    """
    try:
        folders = _folders(stored)
    except CorpusMillError:
        raise
    except py7zr.PasswordRequired:
        raise RecordError("an encrypted 7z archive (byte 0)") from None
    except Exception as error:  # py7zr raises nearly anything where a header is broken
        return _guess(stored, f"{type(error).__name__}: {error}")
    files = [file for folder in folders for file in folder.files]
    if not files:
        raise RecordError("a 7z archive without files (byte 0)")
    posts = _places_of_posts(files)
    others = [file.name for file in files if not file.name.lower().endswith(".xml")]
    if others and len(files) > 1:
        raise RecordError(
            f"a 7z archive of {len(files)} files, and {others[0]} is no XML: unpack it with 7z x "
            "(byte 0)"
        )
    return Archive(folders, places=posts or None)


def _bound_header(stored: BinaryIO) -> None:
    """Refuse a header of which some hundred bytes would fill the memory.

    Raises:
        RecordError: it is above the limit, as it stands or unfolded.
    """
    stored.seek(_NEXT_HEADER)
    start, size = struct.unpack("<QQ", stored.read(16))
    if start + size > stored.seek(0, io.SEEK_END):
        return  # broken, as py7zr will say
    if size <= _MAX_HEADER:
        stored.seek(_SIGNATURE_HEADER + start)
        header = io.BytesIO(stored.read(size))
        if header.read(1) == _ENCODED_HEADER:
            streams = cast(Any, HeaderStreamsInfo.retrieve(header))
            size = sum(sum(folder.unpacksizes) for folder in streams.unpackinfo.folders)
    if size > _MAX_HEADER:
        raise RecordError(
            f"a 7z archive with a header of {size} bytes: unpack it with 7z x (byte 0)"
        )


def _folders(stored: BinaryIO) -> tuple[Folder, ...]:
    _bound_header(stored)
    stored.seek(0)
    # py7zr tells the places of streams only in what it keeps for itself.
    archive = cast(Any, py7zr.SevenZipFile(cast(Any, stored)))
    streams = archive.header.main_streams
    if streams is None:
        return ()
    first = archive.afterheader + streams.packinfo.packpos
    held: dict[int, list[ArchivedFile]] = {}
    for file in archive.files:
        if file.folder is not None:
            held.setdefault(id(file.folder), []).append(
                ArchivedFile(file.filename, file.uncompressed, file.crc32)
            )
    folders = []
    for at, folder in enumerate(streams.unpackinfo.folders):
        files = tuple(held.get(id(folder), ()))
        method, properties, has_jumps = _methods(folder.coders)
        start, end = streams.packinfo.packpositions[at : at + 2]
        folders.append(Folder(first + start, end - start, method, properties, files, has_jumps))
    return tuple(folders)


def _methods(coders: Sequence[dict[str, Any]]) -> tuple[bytes, bytes, bool]:
    """The method that packs a stream, its properties, and whether jumps were filtered before."""
    methods = [coder["method"] for coder in coders]
    if _AES in methods:
        raise RecordError("an encrypted 7z archive (byte 0)")
    packing = [coder for coder in coders if coder["method"] not in _JUMPS]
    has_jumps = len(coders) == 2 and len(packing) == 1
    if len(coders) != 1 and not (has_jumps and packing[0]["method"] == Method.LZMA2):
        raise RecordError(f"a 7z archive with {len(coders)} filters: unpack it with 7z x (byte 0)")
    return packing[0]["method"], packing[0]["properties"] or b"", has_jumps


def _guess(stored: BinaryIO, reason: str) -> Archive:
    """The first packed stream of an archive whose header is lost or broken."""
    stored.seek(0, 2)
    size = stored.tell()
    stored.seek(_NEXT_HEADER)
    header = _SIGNATURE_HEADER + int.from_bytes(stored.read(8), "little")
    stored.seek(_SIGNATURE_HEADER)
    head = stored.read(4)
    if header >= size:
        told = f"ends in front of its header at byte {header}: truncated, or one of several volumes"
        defect = RecordError(f"a 7z archive that {told} (byte {size})", size)
    else:
        defect = RecordError(
            f"a 7z archive with a broken header: {' '.join(reason.split())} (byte {header})", header
        )
    if head.startswith(b"BZh"):
        method, properties = Method.BZIP2, b""
    elif head[:1] == b"\x00":
        method, properties = Method.LZMA, _USUAL_LZMA
    elif head[:1] == b"<":
        method, properties = Method.COPY, b""
    elif head[:1] == b"\x01" or head[:1] >= b"\xe0":
        method, properties = Method.LZMA2, _USUAL_LZMA2
    else:
        return Archive((), defect)
    return Archive((Folder(_SIGNATURE_HEADER, None, method, properties, ()),), defect)


def _places_of_posts(files: Sequence[ArchivedFile]) -> tuple[tuple[int, int], ...]:
    places = []
    start = 0
    for file in files:
        if PurePosixPath(file.name).name == _POSTS:
            places.append((start, start + file.size))
        start += file.size
    return tuple(places)
