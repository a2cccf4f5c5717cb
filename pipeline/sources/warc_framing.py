"""WARC files -> their records, read by FastWARC; defects are told and passed over.

FastWARC ends in silence where a gzip member breaks off, and raises where a record does not
follow the one before. Neither may hide the rest of a dump: every defect is one ``Defect``, and
reading goes on at the next record that can be found behind it.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from fastwarc.warc import ArchiveIterator, WarcRecord

from pipeline.sources.compression import (
    MAGIC,
    USUAL_LIMIT,
    Codec,
    Decompressed,
    UnfoldLimit,
    find_codec,
)
from pipeline.sources.warc_unix import read_unix_record
from schemas.errors import RecordError

_SEARCH_CHUNK = 1 << 20
_MAX_HEADER_BYTES = 32 << 10
MAX_DEFECTS = 1000
"""A file with more is no dump any more; what follows is given up as one defect."""
_VERSION = b"WARC/"
_NEXT_RECORD = re.compile(rb"\nWARC/|WARC/[01]\.\d{1,2}\r?\n[A-Za-z]")
"""Where a record may begin: at the start of a line, or behind junk with its first header."""
_LONGEST_MATCH = 16
_HEAD_END = re.compile(rb"\r?\n\r?\n")


@dataclass(frozen=True, slots=True)
class WarcBlock:
    """One record: its headers and its block."""

    offset: int
    """Start of the record as stored; unique in the file and growing."""
    type: str
    headers: dict[str, str]
    """By name in lower case."""
    block: bytes
    """The block, or its beginning where it is longer than the limit."""
    content_length: int

    @property
    def key(self) -> str:
        """URL with fetch time, or, without a URL, the id that the crawler gave."""
        address = self.headers.get("warc-target-uri", "").strip("<>")
        if not address:
            return self.headers.get("warc-record-id", "")
        return f"{address} {self.headers.get('warc-date', '')}".strip()


@dataclass(frozen=True, slots=True)
class Defect:
    """A stretch of a file that cannot be read as a record."""

    offset: int
    message: str


def iterate_records(
    stored: BinaryIO, max_bytes: int, limit: UnfoldLimit = USUAL_LIMIT
) -> Iterator[WarcBlock | Defect]:
    """Records and defects in the order of the file; offsets grow strictly."""
    start = 0
    last = -1
    defects = 0
    while defects < MAX_DEFECTS:
        stored.seek(start)
        codec = find_codec(stored.read(8))  # files that were joined may be stored either way
        content = Decompressed(stored, codec, start, limit=limit)
        run = _Run(content, codec, stored, max_bytes, limit)
        for found in run:
            # Several records in one gzip member have only its offset: they are counted on.
            last = max(found.offset, last + 1)
            defects += isinstance(found, Defect)
            yield with_offset(found, last)
        if run.resume_at is None:
            break
        start = run.resume_at
    else:
        yield Defect(last + 1, f"more than {MAX_DEFECTS} defects; given up at byte {start}")
    if last < 0:
        yield Defect(0, "no WARC record in it (byte 0)")


def with_offset(found: WarcBlock | Defect, offset: int) -> WarcBlock | Defect:
    """The same at another offset."""
    if found.offset == offset:
        return found
    if isinstance(found, Defect):
        return Defect(offset, found.message)
    return WarcBlock(offset, found.type, found.headers, found.block, found.content_length)


class _ForwardOnly:
    """What FastWARC wants of a stream."""

    def __init__(self, content: Decompressed) -> None:
        self.read = content.read
        self.tell = content.tell

    def seek(self, offset: int, whence: int = 0) -> int:
        raise OSError("reads forward only")

    def close(self) -> None:
        """Nothing to close: the file belongs to the caller."""


class _Run:
    """Records from one place in a file to its end or to a defect."""

    def __init__(
        self,
        content: Decompressed,
        codec: Codec | None,
        stored: BinaryIO,
        max_bytes: int,
        limit: UnfoldLimit,
    ) -> None:
        self._content = content
        self._codec = codec
        self._stored = stored
        self._max_bytes = max_bytes
        self._limit = limit
        self.resume_at: int | None = None
        """Stored offset to go on from, when there is a record behind a defect."""

    def __iter__(self) -> Iterator[WarcBlock | Defect]:
        iterator = iter(
            ArchiveIterator(_ForwardOnly(self._content), parse_http=False, stream_detect=False)
        )
        # A record counts when the next one begins where it should; until then it is held back.
        held: WarcBlock | None = None
        position = 0
        while True:
            try:
                record = next(iterator, None)
            except (OSError, ValueError) as error:
                yield from self._lost(held, position, str(error))
                return
            if held is not None and record is not None:
                yield held
            if record is None:
                yield from self._ended(held)
                return
            position = record.stream_pos
            self._content.forget_before(position)
            try:
                held = self._take(record)
            except RecordError as error:
                offset = self._content.stored_offset(position)
                unix = read_unix_record(
                    self._stored, self._codec, offset, self._max_bytes, self._limit
                )
                if unix is not None:
                    kind = unix.headers.get("warc-type", "").lower()
                    yield WarcBlock(offset, kind, unix.headers, unix.block, len(unix.block))
                    self.resume_at = unix.resume_at
                    return
                yield Defect(error.offset, str(error))
                self._resume_behind(position)
                return

    def _take(self, record: WarcRecord) -> WarcBlock:
        offset = self._content.stored_offset(record.stream_pos)
        headers: dict[str, str] = {}
        for name, value in record.headers.items_bytes():
            headers.setdefault(
                name.decode("latin-1").strip().lower(), value.decode("utf-8", "replace").strip()
            )
        declared = headers.get("content-length", "")
        if not declared.isdecimal():
            self._refuse_cut_head(offset)
            raise RecordError(f"record without a valid Content-Length (byte {offset})", offset)
        length = int(declared)
        block = record.reader.read(min(length, self._max_bytes))
        read = len(block)
        if read == self._max_bytes:
            read += record.reader.consume()
        if read < length:
            if not read:
                self._refuse_cut_head(offset)  # its length may be cut, too
            reason = self._content.failure or "the file ends"
            raise RecordError(
                f"truncated record: {read} of {length} bytes (byte {offset}); {reason}", offset
            )
        kind = headers.get("warc-type", "").lower()
        return WarcBlock(offset, kind, headers, block, length)

    def _refuse_cut_head(self, offset: int) -> None:
        """Raise where the content ends within the head of a record that begins at ``offset``."""
        content = Decompressed(self._stored, self._codec, offset, limit=self._limit)
        head = content.read(_MAX_HEADER_BYTES)
        if len(head) < _MAX_HEADER_BYTES and _HEAD_END.search(head) is None:
            reason = content.failure or "the file ends"
            raise RecordError(
                f"truncated record: it breaks off in its headers (byte {offset}); {reason}", offset
            )

    def _ended(self, held: WarcBlock | None) -> Iterator[WarcBlock | Defect]:
        """The end of the content: the true one, or a break of the compression."""
        failure = self._content.failure
        if held is not None and held.offset == self._content.damaged_member:
            # One record, one row: its length is right, but its bytes are not what was stored.
            yield Defect(held.offset, f"damaged record: {failure}")
        else:
            if held is not None:
                yield held
            if failure is not None and self._goes_on_at(failure.offset):
                return
            if failure is not None:
                yield Defect(failure.offset, str(failure))
        if failure is None:
            return
        self._resume_behind(self._content.tell())

    def _lost(
        self, held: WarcBlock | None, position: int, reason: str
    ) -> Iterator[WarcBlock | Defect]:
        """No record where one should follow the one held back, which began at ``position``."""
        if held is None:
            offset = self._content.stored_offset(0)
            message = str(self._content.failure or f"{reason} (byte {offset})")
            yield Defect(offset, message)
            self._resume_behind(0)
            return
        if self._codec is None and self._goes_on_at(self._stored_end(held, position)):
            yield held
            return
        following = self._following(position)
        gap = self._gap(held, position, following)
        if gap is None:
            # Nothing known follows: the record is whole, and what stands behind it is none.
            yield held
            at = held.offset + 1 if self._codec else self._stored_end(held, position)
            told = f"{reason} after the record at byte {held.offset} (byte {at})"
            yield Defect(at, str(self._content.failure or told))
        elif gap == 0:
            yield held
        elif gap > 0 and self._is_closed(held, position):
            yield held
            at = held.offset + 1 if self._codec else self._stored_end(held, position) + 4
            yield Defect(at, f"{gap - 4} bytes that are no record (byte {at})")
        else:
            # One record, one row: its length is wrong, so what was read is not what it holds.
            direction = "short of" if gap > 0 else "into"
            yield Defect(
                held.offset,
                f"Content-Length {held.content_length} leads {abs(gap)} bytes {direction} the "
                f"next record (byte {held.offset})",
            )
        self.resume_at = following[1] if following else None

    def _goes_on_at(self, offset: int) -> bool:
        """Whether a record begins there that is stored in the other way: compressed behind
        records that are not, or the reverse. Then reading goes on with it."""
        self._stored.seek(offset)
        head = self._stored.read(_LONGEST_MATCH)
        at = offset + len(head) - len(head.lstrip(b"\r\n"))
        codec = find_codec(head.lstrip(b"\r\n"))
        if (codec is None) == (self._codec is None):
            return False
        if not _begins_record(Decompressed(self._stored, codec, at)):
            return False
        self.resume_at = at
        return True

    def _resume_behind(self, position: int) -> None:
        following = self._following(position)
        self.resume_at = following[1] if following else None

    def _following(self, position: int) -> tuple[int, int] | None:
        """Position in the content (-1: unknown) and stored offset of the next record."""
        if self._codec is None:
            start = self._content.stored_offset(position)
            found = _find(self._stored, _NEXT_RECORD, start + 1)
            if found is None:  # the rest may be compressed
                members = (
                    find_member(self._stored, codec, start + 1, _begins_record)
                    for codec in MEMBER_CODECS
                )
                found = min((at for at in members if at is not None), default=None)
            return None if found is None else (position + found - start, found)
        member = self._content.next_member(position)
        while member is not None:
            if _begins_record(Decompressed(self._stored, self._codec, member[1])):
                return member
            member = self._content.next_member(member[0])
        behind = self._content.last_member_start + 1
        at = find_member(self._stored, self._codec, behind, _begins_record)
        if at is None:  # the rest may not be compressed, nor may it ever have been
            at = _find(self._stored, _NEXT_RECORD, behind)
        return None if at is None else (-1, at)

    def _end_of(self, held: WarcBlock, position: int) -> int:
        again = Decompressed(self._stored, self._codec, held.offset)
        head = again.read(_MAX_HEADER_BYTES)
        end = _HEAD_END.search(head)
        return position + (end.end() if end else 0) + held.content_length

    def _stored_end(self, held: WarcBlock, position: int) -> int:
        return held.offset + self._end_of(held, position) - position

    def _is_closed(self, held: WarcBlock, position: int) -> bool:
        """Whether a record is whole: the blank lines that close one follow its block, and an HTTP
        response in it has its head (a length that ends there leaves out its body)."""
        size = self._end_of(held, position) - position
        stored = Decompressed(self._stored, self._codec, held.offset).read(size + 4)
        is_response = held.block.startswith(b"HTTP/")
        return stored[size:] == b"\r\n\r\n" and not (
            is_response and _HEAD_END.search(held.block) is None
        )

    def _gap(self, held: WarcBlock, position: int, following: tuple[int, int] | None) -> int | None:
        """Bytes from the end of a record to the next one: 0 when only line ends stand between,
        negative when it ends inside the next; ``None`` when the next is out of sight."""
        if following is None or not 0 <= following[0] - position <= self._max_bytes:
            return None
        size = self._end_of(held, position) - position
        between = Decompressed(self._stored, self._codec, held.offset).read(following[0] - position)
        if size > len(between):
            return len(between) - size
        return len(between) - size if between[size:].strip() else 0


def _find(stored: BinaryIO, pattern: re.Pattern[bytes], start: int) -> int | None:
    """First place in a stored file from ``start`` on of a pattern, whose leading line
    end does not count and which matches at most ``_LONGEST_MATCH`` bytes."""
    overlap = _LONGEST_MATCH - 1
    at = start
    carried = b""
    while True:
        stored.seek(at)
        chunk = stored.read(_SEARCH_CHUNK)
        if not chunk:
            return None
        found = pattern.search(carried + chunk)
        if found is not None:
            return at - len(carried) + found.end() - len(found[0].lstrip())
        carried = (carried + chunk)[-overlap:]
        at += len(chunk)


MEMBER_CODECS = (Codec.GZIP, Codec.ZSTD)
"""In which crawlers write a member for each record."""


def find_member(
    stored: BinaryIO, codec: Codec, start: int, begins_record: Callable[[Decompressed], bool]
) -> int | None:
    """Stored offset of the first compressed member from ``start`` on that begins a record."""
    magic = re.compile(re.escape(MAGIC[codec]))
    at = _find(stored, magic, start)
    while at is not None and not begins_record(Decompressed(stored, codec, at)):
        at = _find(stored, magic, at + 1)
    return at


def _begins_record(member: Decompressed) -> bool:
    return member.read(len(_VERSION)) == _VERSION
