"""Where the objects of a file of JSON begin and end, whatever stands between them.

Most files have an object in each line. Others are one array of objects, put a record separator in
front of each (RFC 7464), or are written in UTF-16 or in an encoding that plain texts have; all are
read in bounded memory.
"""

import codecs
import re
from collections.abc import Iterator
from enum import StrEnum
from typing import BinaryIO

from pipeline.extract.encodings import find_utf16
from pipeline.sources.compression import USUAL_LIMIT, Decompressed, UnfoldLimit, find_codec
from pipeline.sources.json_encoding import find_encoding_of_lines, in_utf8
from pipeline.sources.lines import Line, iterate_lines, lines_of
from pipeline.sources.transcoded import Transcoded

_HEAD = 1 << 17
"""As much as the scan sees, so that both judge alike."""
_CHUNK = 1 << 18
_SEPARATOR = b"\x1e"
_BLANKS = codecs.BOM_UTF8 + b" \t\r\n"
_ARRAY = re.compile(rb"\[\s*(?:\{|\])")
_OUTSIDE = re.compile(rb'["{}]')
_IN_STRING = re.compile(rb'["\\\n]')
_OUTSIDE_BROKEN = re.compile(rb'["{}\n]')
_LINE_OF_OBJECT = re.compile(rb"([ \t]{0,64})\{")
_INDENT = re.compile(rb"\n([ \t]{0,64})\Z")
_LONGEST_INDENT = 65
_BETWEEN = b", \t\r\n[]"


class Framing(StrEnum):
    """What tells the objects of a file apart."""

    LINES = "lines"
    RECORDS = "records"
    ARRAY = "array"


def find_framing(head: bytes) -> Framing:
    """Framing of content (in UTF-8) that begins with ``head``.

    >>> [find_framing(head).value for head in (b'{"a": 1}', b'[{"a": 1},', b"[1, 2]")]
    ['lines', 'array', 'lines']
    """
    start = head.lstrip(_BLANKS)
    # One separator in front of lines is a damage.
    if start.startswith(_SEPARATOR) and (start.count(_SEPARATOR) > 1 or b"\n{" not in start):
        return Framing.RECORDS
    return Framing.ARRAY if _ARRAY.match(start) else Framing.LINES


def has_plain_lines(head: bytes) -> bool:
    """Whether content that begins with ``head`` may be cut at any of its line ends."""
    return _find_utf16(head) is None and find_framing(head) is Framing.LINES


def _find_utf16(head: bytes) -> str | None:
    """The UTF-16 that JSON is in: a mark alone may be a damage."""
    name = find_utf16(head)
    if name is None:
        return None
    start = head.decode(name, "replace").lstrip("\ufeff \t\r\n")
    return name if start.startswith(("{", "[", _SEPARATOR.decode())) else None


def open_values(
    stored: BinaryIO,
    max_bytes: int,
    limit: UnfoldLimit = USUAL_LIMIT,
    span: tuple[int, int] | None = None,
) -> tuple[Decompressed, Iterator[Line]]:
    """Content of a stored file, and what should be an object each in it (or in a span of its
    lines), in order and in UTF-8; of those above ``max_bytes`` the beginning. An array that is not
    closed ends with an empty one."""
    stored.seek(0)
    codec = find_codec(stored.read(8))
    head = Decompressed(stored, codec, limit=limit).read(_HEAD)
    encoding = _find_utf16(head)
    of_lines = find_encoding_of_lines(head) if encoding is None else None
    if encoding is not None:
        head = head.decode(encoding, "replace").encode("utf-8", "replace")
    content = Transcoded(stored, codec, encoding, limit=limit)
    values = _values(stored, content, find_framing(head), max_bytes, span)
    return content, values if of_lines is None else in_utf8(values, of_lines)


def _values(
    stored: BinaryIO,
    content: Decompressed,
    framing: Framing,
    max_bytes: int,
    span: tuple[int, int] | None,
) -> Iterator[Line]:
    if span is not None:
        return lines_of(stored, content, span, max_bytes)
    match framing:
        case Framing.ARRAY:
            return _objects(content, max_bytes)
        case Framing.RECORDS:
            records = iterate_lines(content, max_bytes, separator=_SEPARATOR)
            return (line for line in records if line.bytes != codecs.BOM_UTF8)
        case Framing.LINES:
            return iterate_lines(content, max_bytes)


def _objects(content: Decompressed, max_bytes: int) -> Iterator[Line]:
    """The outermost objects, and what stands between them and does not belong there."""
    scanner = _Scanner(max_bytes)
    while chunk := content.read(_CHUNK):
        yield from scanner.scan(chunk)
    yield from scanner.finish(is_complete=content.failure is None)


class _Scanner:
    """State of a scan between two pieces of the content.

    A string holds no line end in JSON. Where one does, quotation marks are out of step: the object
    is broken, and the next begins on the next line that begins as the first object's does.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._offset = 0  # of the piece
        self._depth = 0  # of objects
        self._arrays = 0  # that are not closed
        self._is_in_string = False
        self._is_escaped = False
        self._is_broken = False
        self._indent: bytes | None = None  # of the first object, where it begins a line
        self._held = bytearray()  # what came before the piece, its beginning
        self._held_size = 0
        self._undecided = b""  # a line end and an indent that ended the piece

    def scan(self, chunk: bytes) -> Iterator[Line]:
        chunk, self._undecided = self._undecided + chunk, b""
        at = begin = 0
        while at < len(chunk):
            if self._is_escaped:
                self._is_escaped = False
                at += 1
                continue
            found = self._tokens().search(chunk, at)
            if found is None:
                break
            at = found.end()
            token = found[0]
            if token == b"\\":
                self._is_escaped = True
            elif token == b'"':
                self._is_in_string = not self._is_in_string
            elif token == b"\n":
                if _INDENT.fullmatch(chunk, at - 1):  # what the line begins with is yet to come
                    self._undecided = chunk[at - 1 :]
                    chunk = chunk[: at - 1]
                    break
                self._is_in_string, self._is_broken = False, True
                if self._begins_object(chunk, at):
                    yield self._take(chunk[begin:at], begin)
                    begin = at
                    self._depth, self._is_broken = 0, False
            elif token == b"{":
                if self._depth == 0:
                    yield from self._between(chunk[begin : at - 1], begin)
                    begin = at - 1
                    self._note_indent(chunk, begin)
                self._depth += 1
            elif self._depth:
                self._depth -= 1
                if self._depth == 0:
                    yield self._take(chunk[begin:at], begin)
                    begin = at
                    self._is_broken = False
        self._hold(chunk[begin:])
        self._offset += len(chunk)

    def _tokens(self) -> re.Pattern[bytes]:
        if self._is_in_string:
            return _IN_STRING
        return _OUTSIDE_BROKEN if self._is_broken else _OUTSIDE

    def _note_indent(self, chunk: bytes, begin: int) -> None:
        if self._indent is None:
            found = _INDENT.search(chunk[max(0, begin - _LONGEST_INDENT) : begin])
            self._indent = found[1] if found else None

    def _begins_object(self, chunk: bytes, at: int) -> bool:
        found = _LINE_OF_OBJECT.match(chunk, at)
        return found is not None and self._indent in (None, found[1])

    def finish(self, *, is_complete: bool) -> Iterator[Line]:
        self._hold(self._undecided)
        self._offset += len(self._undecided)
        if self._depth or not is_complete:
            line = self._take(b"", 0)
            yield Line(line.offset, line.bytes, line.size, is_complete)
            return
        yield from self._between(b"", 0)
        if self._arrays > 0:
            yield Line(self._offset, b"", 0)

    def _hold(self, piece: bytes) -> None:
        self._held += piece[: max(0, self._max_bytes - len(self._held))]
        self._held_size += len(piece)

    def _take(self, piece: bytes, begin: int) -> Line:
        """What is held, and a piece of the chunk behind it that begins there."""
        start = self._offset + begin - self._held_size
        self._hold(piece)
        line = Line(start, bytes(self._held), self._held_size)
        self._held.clear()
        self._held_size = 0
        return line

    def _between(self, piece: bytes, begin: int) -> Iterator[Line]:
        line = self._take(piece, begin)
        self._arrays += line.bytes.count(b"[") - line.bytes.count(b"]")
        stray = line.bytes.strip(_BETWEEN).removeprefix(codecs.BOM_UTF8).strip(_BETWEEN)
        if stray:
            at = line.offset + line.bytes.index(stray)
            yield Line(at, stray, len(stray) + line.size - len(line.bytes))
