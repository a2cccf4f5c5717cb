"""WACZ: web archives in a zip archive (Web Archive Collection Zipped 1.1.1), without unpacking.

The archives lie in ``archive/`` as they are, so that they are read in place. One that is deflated
all the same goes through a temporary file. Index and page lists repeat what the records hold.
Where a checksum or hash of an archive is not what the file says, its records are followed by a
defect: who knows which of them is damaged.
"""

import io
import re
import struct
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from functools import partial
from typing import IO, BinaryIO, cast

from pipeline.sources.wacz_checks import find_damage, stated_hashes
from pipeline.sources.warc_framing import Defect, WarcBlock, with_offset
from pipeline.sources.zip_directory import DEFECTS, first_line, open_zip
from schemas.errors import RecordError

ARCHIVE_NAME = re.compile(r"archive/[^\0]{1,1000}\.w?arc(\.(gz|zst|lz4|bz2|xz))?", re.I)
"""Path in the zip archive of what is read."""
_FOLDER = re.compile("archive/", re.I)
MAX_RATIO = 200
"""A deflated entry that unfolds to more than this times its size is a bomb, and read so far."""
MAX_UNFOLDED = 8 << 30
"""Bytes of a deflated entry that may go through a temporary file."""
_LOCAL_HEADER = struct.Struct("<4s5H3I2H")
_SIZE_BEHIND = 1 << 3
"""Flag of an entry whose size stands behind it."""
_IN_ZIP64 = 0xFFFFFFFF
_CHUNK = 1 << 20

_Opened = BinaryIO | str | Callable[[], str | None]
Frame = Callable[[BinaryIO, int], Iterator[WarcBlock | Defect]]


def iterate_wacz_records(
    stored: BinaryIO, max_bytes: int, frame: Frame
) -> Iterator[WarcBlock | Defect]:
    """Records and defects of all archives in a WACZ file, in the order in which they are stored.

    Offsets grow strictly; that of a record in an archive that is stored as it is counts from the
    start of the WACZ file. ``frame`` reads a single archive.
    """
    last = -1
    is_damaged = False  # of the archive that was read last, whether a defect tells so
    for start, name, opened in _archives(stored):
        found_in: Iterator[WarcBlock | Defect]
        if callable(opened):
            told = None if is_damaged else opened()
            found_in = iter([Defect(0, told)] if told else [])
        elif isinstance(opened, str):
            found_in = iter([Defect(0, opened)])
        else:
            is_damaged = False
            found_in = frame(opened, max_bytes)
        for found in found_in:
            last = max(start + found.offset, last + 1)
            if isinstance(found, Defect):
                is_damaged = True
                yield Defect(last, f"{name}: {found.message}" if name else found.message)
            else:
                yield with_offset(found, last)


def _archives(stored: BinaryIO) -> Iterator[tuple[int, str, _Opened]]:
    """Start, name and content of each archive, and behind it a look for damage; or why it cannot
    be read."""
    try:
        opened = open_zip(stored)
    except RecordError as error:
        # Without its directory: what lies there as it is can be read all the same.
        entries = list(_walk(stored))
        for entry in entries:
            yield from _parts(None, stored, [entry])
        yield 0, "", f"{error} (byte {error.offset})"
        if not entries:  # another archive whose first bytes are damaged
            yield 0, "", stored
        return
    with closing(opened):
        entries = sorted(opened.infolist(), key=lambda entry: entry.header_offset)
        held = [entry for entry in entries if _FOLDER.match(entry.filename) and not entry.is_dir()]
        archives = [entry for entry in held if ARCHIVE_NAME.fullmatch(entry.filename)]
        if not archives:
            yield 0, "", "no web archive in archive/ of the WACZ file (byte 0)"
        yield from _parts(opened, stored, archives)
        for entry in held:
            if not ARCHIVE_NAME.fullmatch(entry.filename):
                at = entry.header_offset
                yield at, entry.filename, f"no web archive by its name (byte {at})"


def _parts(
    opened: zipfile.ZipFile | None, stored: BinaryIO, archives: Sequence[zipfile.ZipInfo]
) -> Iterator[tuple[int, str, _Opened]]:
    end = 0
    stated = stated_hashes(opened) if opened is not None else {}
    for entry in archives:
        at = entry.header_offset
        try:
            start = _content_start(stored, entry)
            if at < end:
                raise RecordError("shares its bytes with the entry before it")
            end = start + entry.compress_size
            if entry.flag_bits & 1:
                raise RecordError("encrypted")
            if entry.compress_type == zipfile.ZIP_STORED:
                content = cast(BinaryIO, _Part(stored, start, end - start))
                yield start, entry.filename, content
                checksum = entry.CRC if opened is not None else None
                damage = partial(find_damage, content, checksum, stated.get(entry.filename))
                yield at, entry.filename, damage
                continue
            with tempfile.TemporaryFile() as unfolded:
                content = cast(BinaryIO, unfolded)
                failure = _unfold(opened, entry, unfolded)
                yield start, entry.filename, content
                if failure:
                    yield start, entry.filename, f"{failure} (byte {at})"
                yield (
                    at,
                    entry.filename,
                    partial(find_damage, content, None, stated.get(entry.filename)),
                )
        except RecordError as error:
            yield at, entry.filename, f"{error} (byte {at})"


def _walk(stored: BinaryIO) -> Iterator[zipfile.ZipInfo]:
    """Archives by the headers before them, as far as one entry leads to the next."""
    size = stored.seek(0, io.SEEK_END)
    at = 0
    while at < size:
        stored.seek(at)
        head = stored.read(_LOCAL_HEADER.size)
        if len(head) < _LOCAL_HEADER.size or not head.startswith(b"PK\x03\x04"):
            return
        _, _, flags, method, _, _, _, length, _, name_length, extra_length = _LOCAL_HEADER.unpack(
            head
        )
        entry = zipfile.ZipInfo(stored.read(name_length).decode("utf-8", "replace") or "?")
        entry.header_offset, entry.flag_bits, entry.compress_type = at, flags, method
        start = at + _LOCAL_HEADER.size + name_length + extra_length
        is_known = length != _IN_ZIP64 and not flags & _SIZE_BEHIND
        entry.compress_size = min(length if is_known else size, max(0, size - start))
        if ARCHIVE_NAME.fullmatch(entry.filename):
            yield entry
        at = start + entry.compress_size


def _content_start(stored: BinaryIO, entry: zipfile.ZipInfo) -> int:
    stored.seek(max(0, entry.header_offset))
    head = stored.read(_LOCAL_HEADER.size)
    if (
        entry.header_offset < 0
        or len(head) < _LOCAL_HEADER.size
        or not head.startswith(b"PK\x03\x04")
    ):
        raise RecordError("broken zip entry: no header where the directory says")
    *_, name_length, extra_length = _LOCAL_HEADER.unpack(head)
    return int(entry.header_offset + _LOCAL_HEADER.size + name_length + extra_length)


def _unfold(opened: zipfile.ZipFile | None, entry: zipfile.ZipInfo, to: IO[bytes]) -> str:
    """Write what an entry holds, up to where it breaks, and say why it does."""
    if opened is None:
        raise RecordError("deflated, and the directory of the zip archive is broken")
    left = min(max(MAX_RATIO * entry.compress_size, _CHUNK), MAX_UNFOLDED)
    failure = ""
    if entry.file_size > left:
        failure = (
            f"unfolds to {entry.file_size} bytes from {entry.compress_size}: the limit is "
            f"{MAX_RATIO} times its size, and {MAX_UNFOLDED} bytes"
        )
    try:
        with opened.open(entry) as content:
            # What the directory says of the size may be false: the reader stops there.
            while piece := content.read(min(_CHUNK, left)):
                to.write(piece)
                left -= len(piece)
    except DEFECTS as error:
        failure = f"broken zip entry: {first_line(error)}"
    to.seek(0)
    return failure


class _Part(io.RawIOBase):
    """A stretch of a file, as a file."""

    def __init__(self, stored: BinaryIO, start: int, size: int) -> None:
        self._stored = stored
        self._start = start
        self._size = size
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = base + offset
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: "memoryview") -> int:  # type: ignore[override]
        self._stored.seek(self._start + self._at)
        piece = self._stored.read(max(0, min(len(buffer), self._size - self._at)))
        buffer[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)
