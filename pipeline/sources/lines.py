"""Lines of a stream, each with its offset, in bounded memory."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO

from pipeline.sources.compression import Decompressed

_CHUNK = 1 << 18


@dataclass(frozen=True, slots=True)
class Line:
    """One line without its end. ``bytes`` is only the beginning of one that is too long."""

    offset: int
    """Where it starts in the content."""
    bytes: bytes
    size: int
    is_complete: bool = True
    """False for what stood before a defect of the compression."""


def iterate_lines(
    content: Decompressed,
    max_bytes: int,
    end: int | None = None,
    *,
    with_blank: bool = False,
    separator: bytes = b"\n",
) -> Iterator[Line]:
    """Lines that begin before ``end``, blank ones left out unless wanted. Where the content breaks,
    the line is incomplete, and the next readable member of it begins the next one; what is lost
    counts as one byte. ``separator``: the byte between two lines."""
    start = 0
    while True:
        for line in _unbroken_lines(content, start, max_bytes, end, with_blank, separator):
            start = max(start, line.offset + line.size)
            yield line
        if not content.resume():
            return
        start = max(start, content.tell()) + 1


def _unbroken_lines(
    content: Decompressed,
    start: int,
    max_bytes: int,
    end: int | None,
    with_blank: bool,
    separator: bytes,
) -> Iterator[Line]:
    """Lines up to the end of the content, or to a defect in it."""
    buffer = bytearray()  # its first byte is at ``start``
    searched = 0
    overlong: Line | None = None
    while True:
        chunk = content.read(_CHUNK)
        if not chunk:
            break
        buffer += chunk
        consumed = 0
        while (at := buffer.find(separator, max(consumed, searched))) >= 0:
            if overlong is not None:
                yield Line(overlong.offset, overlong.bytes, start + at - overlong.offset)
                overlong = None
            else:
                line = bytes(buffer[consumed:at])
                if with_blank or (line and not line.isspace()):
                    yield Line(start + consumed, line, len(line))
            consumed = at + 1
            searched = 0
            if end is not None and start + consumed >= end:
                return
        del buffer[:consumed]
        start += consumed
        searched = len(buffer)
        if overlong is not None or len(buffer) > max_bytes:
            overlong = overlong or Line(start, bytes(buffer[:max_bytes]), 0)
            start += len(buffer)
            buffer.clear()
            searched = 0
    is_complete = content.failure is None
    if overlong is not None:
        yield Line(overlong.offset, overlong.bytes, start - overlong.offset, is_complete)
    elif not is_complete or (buffer and not buffer.isspace()):
        yield Line(start, bytes(buffer), len(buffer), is_complete)


class RereadLines:
    """Lines of a stream, blank ones and all, of which the last may be read again; but not those
    that are broken or above ``max_bytes``."""

    def __init__(self, lines: Iterator[Line], max_bytes: int) -> None:
        self._lines = lines
        self._max_bytes = max_bytes
        self._kept = bytearray()  # one stretch of the content
        self._start = 0  # its offset
        self._at = 0  # in it, where the next line begins
        self._put_back: Line | None = None

    def take(self) -> Line | None:
        """The next line; ``None`` at the end."""
        if self._at < len(self._kept):
            end = self._kept.index(b"\n", self._at)
            line = Line(self._start + self._at, bytes(self._kept[self._at : end]), end - self._at)
            self._at = end + 1
            return line
        if self._put_back is not None:
            held, self._put_back = self._put_back, None
            return held
        found = next(self._lines, None)
        if found is not None and found.is_complete and found.size <= self._max_bytes:
            if self._start + len(self._kept) != found.offset:
                self._kept.clear()
                self._start = found.offset
            self._kept += found.bytes
            self._kept += b"\n"
            self._at = len(self._kept)
        return found

    def put_back(self, line: Line) -> None:
        """Give a line back that is broken or too long: it comes behind those that are kept."""
        self._put_back = line

    def since(self, offset: int) -> bytes:
        """The lines from ``offset`` on that were taken, joined."""
        return bytes(self._kept[offset - self._start : self._at - 1])

    def go_back(self, offset: int) -> None:
        """Read on at ``offset``, which is not forgotten."""
        self._at = offset - self._start

    def forget(self) -> None:
        """Drop what was taken."""
        if self._at == len(self._kept) or self._at > max(_CHUNK, len(self._kept) // 2):
            del self._kept[: self._at]
            self._start += self._at
            self._at = 0


def iterate_span(stored: BinaryIO, span: tuple[int, int], max_bytes: int) -> Iterator[Line]:
    """Those lines of an uncompressed file that begin in a range of bytes, with their offsets in
    the file. However a file is cut into ranges, together they hold each line once."""
    start = _first_line_start(stored, *span)
    if start is None:
        return
    content = Decompressed(stored, None, start)
    for line in iterate_lines(content, max_bytes, end=span[1] - start):
        yield replace(line, offset=start + line.offset)


def lines_of(
    stored: BinaryIO, content: Decompressed, span: tuple[int, int] | None, max_bytes: int
) -> Iterator[Line]:
    """Lines of a stored file, whose content is ``content``, or those of a span of it."""
    if span is None:
        return iterate_lines(content, max_bytes)
    return iterate_span(stored, span, max_bytes)


def is_blank(content: Decompressed, span: tuple[int, int] | None, max_bytes: int) -> bool:
    """Whether a file of which ``content`` is left holds no line, told by its first span alone."""
    if span is not None and span[0] > 0:
        return False
    return next(iterate_lines(content, max_bytes), None) is None


def _first_line_start(stored: BinaryIO, start: int, end: int) -> int | None:
    """First place in a range of bytes where a line begins."""
    if start >= end:
        return None
    at = start - 1  # a line that begins at the first byte has its line end before
    while 0 <= at < end - 1:
        stored.seek(at)
        chunk = stored.read(min(_CHUNK, end - 1 - at))
        if not chunk:
            return None
        found = chunk.find(b"\n")
        if found >= 0:
            return at + found + 1
        at += len(chunk)
    return 0 if start == 0 else None
