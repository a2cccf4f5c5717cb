"""ARC files -> their records, in the form of WARC records.

There is no mark at which a record begins, so a length is believed only when a header line, or
the end, stands behind the block.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO

from pipeline.sources.arc_header import LONGEST_HEADER, ArcHeader, parse_header
from pipeline.sources.compression import USUAL_LIMIT, Codec, Decompressed, UnfoldLimit, find_codec
from pipeline.sources.warc_framing import (
    MAX_DEFECTS,
    Defect,
    WarcBlock,
    find_member,
    with_offset,
)

_CHUNK = 1 << 16
_MAX_READ_AGAIN = 1 << 30
"""Bytes of blocks with a wrong length that are searched for records, so that a file made of such
blocks takes a time in proportion to its size."""
_LINE_ENDS = re.compile(rb"[\r\n]*")


def iterate_arc_records(
    stored: BinaryIO, max_bytes: int, limit: UnfoldLimit = USUAL_LIMIT
) -> Iterator[WarcBlock | Defect]:
    """Records and defects in the order of the file; offsets grow strictly."""
    codec = find_codec(stored.read(8))
    start: int | None = 0
    last = -1
    defects = 0
    while start is not None:
        content = Decompressed(stored, codec, start, limit=limit)
        for found in _records(content, max_bytes):
            # Several records in one gzip member have only its offset: they are counted on.
            last = max(found.offset, last + 1)
            yield with_offset(found, last)
            defects += isinstance(found, Defect)
            if defects >= MAX_DEFECTS:
                yield Defect(last + 1, f"more than {MAX_DEFECTS} defects; given up at byte {last}")
                return
        start = _resume_at(stored, codec, content)
    if last < 0:
        yield Defect(0, "no ARC record in it (byte 0)")


def _resume_at(stored: BinaryIO, codec: Codec | None, content: Decompressed) -> int | None:
    """Stored offset of the first member behind a break of the compression that begins a record."""
    if codec is None or content.failure is None:
        return None
    return find_member(stored, codec, content.last_member_start + 1, _member_begins_record)


def _member_begins_record(member: Decompressed) -> bool:
    return parse_header(member.read(LONGEST_HEADER).lstrip(b"\r\n").partition(b"\n")[0]) is not None


def _records(content: Decompressed, max_bytes: int) -> Iterator[WarcBlock | Defect]:
    stream = _Stream(content)
    is_told = False
    while line := stream.skip_line_ends().line():
        content.forget_before(stream.position)
        offset = content.stored_offset(stream.position)
        header = parse_header(line)
        if header is None:
            yield Defect(offset, f"no ARC record header (byte {offset})")
            stream.skip(1)
            stream.seek_header()
        else:
            stream.skip(len(line))
            found = _read_block(stream, header, offset, max_bytes)
            is_told = content.failure is not None
            yield from found
    if content.failure is not None and not is_told:
        yield Defect(content.failure.offset, str(content.failure))


def _read_block(
    stream: "_Stream", header: ArcHeader, offset: int, max_bytes: int
) -> tuple[WarcBlock | Defect, ...]:
    """The record behind a header; the stream stands at the next header then, or at the end."""
    if header.length is None:
        stream.seek_header()
        return (Defect(offset, f"ARC record without a valid length (byte {offset})"),)
    block = stream.take(min(header.length, max_bytes))
    passed = stream.skip(header.length - len(block)) if len(block) == max_bytes else 0
    read = len(block) + passed
    whole = _as_warc(header, offset, block)
    if read == header.length and stream.is_at_boundary():
        return (whole,)
    end = stream.stored_offset()
    if not passed:
        stream.put_back(block)
    is_followed = stream.seek_header()
    if read < header.length:
        reason = stream.failure or "the file ends"
        told = f"truncated record: {read} of {header.length} bytes (byte {offset}); {reason}"
        return (Defect(offset, told),)
    if is_followed:
        # One record, one row: its length is wrong, so what was read is not what it holds.
        told = f"ARC length {header.length} does not lead to the next record (byte {offset})"
        return (Defect(offset, told),)
    told = stream.failure or f"no ARC record after the one at byte {offset} (byte {end})"
    return whole, Defect(end, told)


def _as_warc(header: ArcHeader, offset: int, block: bytes) -> WarcBlock:
    assert header.length is not None
    kind = "warcinfo" if header.url.startswith("filedesc:") else "response"
    headers = {
        "warc-target-uri": header.url,
        "warc-date": header.date,
        "content-type": header.media_type,
    }
    return WarcBlock(offset, kind, headers, block, header.length)


class _Stream:
    """Content that is read forward and can be put back."""

    def __init__(self, content: Decompressed) -> None:
        self._content = content
        self._buffer = bytearray()
        self._put_back = 0
        self.position = 0
        """In the content, of the next byte."""

    @property
    def failure(self) -> str:
        """Why the content broke off; empty when it did not."""
        return str(self._content.failure or "")

    def stored_offset(self) -> int:
        """Where the next byte is in the stored file."""
        return self._content.stored_offset(self.position)

    def skip_line_ends(self) -> "_Stream":
        """Pass over empty lines."""
        self._drop(self._blanks())
        return self

    def line(self, start: int = 0) -> bytes:
        """The line that begins ``start`` bytes from here, with its end; its beginning where it is
        longer than a header can be; nothing at the end. It is not consumed."""
        searched = start
        while (end := self._buffer.find(b"\n", searched)) < 0:
            searched = len(self._buffer)
            if searched - start >= LONGEST_HEADER or not self._fill(searched + 1):
                return bytes(self._buffer[start : start + LONGEST_HEADER])
        return bytes(self._buffer[start : min(end + 1, start + LONGEST_HEADER)])

    def is_at_boundary(self) -> bool:
        """Whether a record header stands here, or the end."""
        line = self.line(self._blanks())
        return (not line and not self.failure) or parse_header(line) is not None

    def take(self, size: int) -> bytes:
        """The next ``size`` bytes, fewer at the end."""
        self._fill(size)
        piece = bytes(self._buffer[:size])
        self._drop(len(piece))
        return piece

    def skip(self, size: int) -> int:
        """Pass over ``size`` bytes; how many there were."""
        left = size
        while left and self._fill(1):
            piece = min(left, len(self._buffer))
            self._drop(piece)
            left -= piece
        return size - left

    def put_back(self, block: bytes) -> None:
        """Stand before the bytes that were just taken, unless too many were put back already."""
        if self._put_back + len(block) <= _MAX_READ_AGAIN:
            self._put_back += len(block)
            self._buffer[:0] = block
            self.position -= len(block)

    def seek_header(self) -> bool:
        """Go on to the next line that is a record header; false when there is none."""
        while self._fill(1):
            end = self._buffer.find(b"\n")
            if end < 0:
                self._drop(len(self._buffer))
                continue
            self._drop(end + 1)
            if parse_header(self.line()) is not None:
                return True
        return False

    def _blanks(self) -> int:
        """How many line ends stand here."""
        blanks = 0
        while self._fill(blanks + 1):
            found = _LINE_ENDS.match(self._buffer, blanks)
            end = found.end() if found else blanks
            if end < len(self._buffer) or end == blanks:
                return end
            blanks = end
        return blanks

    def _fill(self, size: int) -> bool:
        """Have ``size`` bytes in the buffer, if there are so many."""
        while len(self._buffer) < size:
            piece = self._content.read(max(_CHUNK, size - len(self._buffer)))
            if not piece:
                return False
            self._buffer += piece
        return True

    def _drop(self, size: int) -> None:
        del self._buffer[:size]
        self.position += size
