"""Delimited tables (CSV, TSV): one document per row, line ends inside quotes and all."""

import re
from collections.abc import Iterator
from typing import BinaryIO

from pipeline.extract.encodings import find_utf16
from pipeline.sources.compression import Decompressed, find_codec
from pipeline.sources.csv_dialect import HEAD_BYTES, Dialect, Layout, read_layout
from pipeline.sources.inputs import InputFile, InputParams
from pipeline.sources.lines import RereadLines, iterate_lines
from pipeline.sources.record import Record, document_or_empty, unreadable
from pipeline.sources.transcoded import TextLines
from pipeline.text.dates import parse_date

_MAX_READ_AGAIN = 1 << 30
"""Bytes that rows with quotes never closed may have read again, each line counted as
``_LINE_COST`` more; then no row has more than ``_FEW_LINES``, so that time stays in proportion."""
_LINE_COST = 100
_FEW_LINES = 64
_MOST_DELIMITERS = 8_000_000
"""In a row: a cell takes two bytes in a file and 60 in memory."""
_SPACES = re.compile(rb" *")


def csv_columns(stored: BinaryIO) -> list[str]:
    """Names of the columns: of the header, or else their positions, from ``"1"`` on."""
    content = Decompressed(stored, find_codec(stored.read(8)))
    head = content.read(HEAD_BYTES)
    if (name := find_utf16(head)) is not None:
        head = head.decode(name, "ignore").encode("utf-8", "replace")
    return list(read_layout(head).names)


def read_csv(stored: BinaryIO, file: InputFile, params: InputParams) -> Iterator[Record]:
    """Records of a table; the offset is the byte where the row begins. Rows end with LF, CR LF
    or CR.

    A row of another width than the first is unreadable, unless only empty cells are too many.
    Where a quote that is never closed swallowed other rows, these are read again without it.
    """
    codec = find_codec(stored.read(8))
    head = Decompressed(stored, codec).read(HEAD_BYTES)
    if (encoding := find_utf16(head)) is not None:  # lines cannot be found in it as bytes
        head = head.decode(encoding, "ignore").encode("utf-8", "replace")
    layout = read_layout(head)
    if not layout.names:
        yield unreadable(0, "no row in it (byte 0)")
        return
    content = TextLines(stored, codec, encoding, limit=params.unfold_limit)
    found_any = False
    for record in _Table(layout, file, params.max_record_bytes).records(content):
        found_any = True
        yield record
    if not found_any:
        yield unreadable(0, "no row below the header (byte 0)")


class _Table:
    def __init__(self, layout: Layout, file: InputFile, max_bytes: int) -> None:
        self._layout = layout
        self._max_bytes = max_bytes
        self._columns = {
            role: layout.names.index(name)
            for role, name in file.columns.items()
            if name in layout.names
        }
        self._read_again = 0
        self._is_first = layout.has_header
        self._is_marked = layout.has_mark

    def records(self, content: Decompressed) -> Iterator[Record]:
        lines = RereadLines(
            iterate_lines(content, self._max_bytes, with_blank=True), self._max_bytes
        )
        start = count = 0
        is_open = False
        while True:
            if not count:
                lines.forget()
            line = lines.take()
            is_whole = line is not None and line.is_complete and line.size <= self._max_bytes
            if count and (line is None or not is_whole):
                if line is not None:
                    lines.put_back(line)
                yield from self._finish(lines, start, count, is_open)  # may have some read again
                count, is_open = 0, False
                continue
            if line is None:
                return
            if not line.is_complete:
                yield unreadable(line.offset, str(content.failure), raw=line.bytes)
            elif not is_whole:
                yield Record(
                    offset=line.offset, raw=line.bytes, raw_bytes=line.size, skip_rule="too_large"
                )
            elif count or line.bytes.strip():
                start = start if count else line.offset
                count += 1
                is_open = stays_open(line.bytes, is_open, self._layout.dialect)
                is_long = line.offset + line.size + 1 - start > self._max_bytes or (
                    count >= _FEW_LINES and self._read_again > _MAX_READ_AGAIN
                )
                if not is_open or is_long:
                    yield from self._finish(lines, start, count, is_open)
                    count, is_open = 0, False

    def _finish(
        self, lines: RereadLines, start: int, count: int, is_open: bool
    ) -> Iterator[Record]:
        """The record of a row; or, of one that runs over its end, its first line as a bad row,
        with the other lines to be read again."""
        if self._is_marked:
            self._is_marked = False
            return
        raw = lines.since(start)
        cells, error = self._cells(raw, start)
        if is_open:
            error = f"a quotation mark that is never closed (byte {start})"
        if error is not None:
            self._is_first = False
            first = raw.partition(b"\n")[0]
            lines.go_back(start + len(first) + 1)
            self._read_again += len(raw) + _LINE_COST * (count - 1)
            yield unreadable(start, error, raw=first)
        elif self._is_first:
            self._is_first = False
        else:
            yield document_or_empty(self._document(cells, start, raw))

    def _cells(self, raw: bytes, offset: int) -> tuple[list[str], str | None]:
        if raw.count(self._layout.dialect.delimiter.encode()) > _MOST_DELIMITERS:
            return [], f"row of more than {_MOST_DELIMITERS:,} delimiters (byte {offset})"
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError as error:
            if self._layout.encoding == "utf-8":
                return [], f"row is not UTF-8 (byte {offset + error.start})"
            text = raw.decode(self._layout.encoding, "replace")
        text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
        cells = self._layout.dialect.parse(text.removesuffix("\n"))
        wanted = len(self._layout.names)
        if not any(cells[wanted:]):  # delimiters behind the last cell
            del cells[wanted:]
        if len(cells) == wanted:
            return cells, None
        return [], f"row of {len(cells)} cells where there are {wanted} (byte {offset})"

    def _document(self, cells: list[str], offset: int, raw: bytes) -> Record:
        found = {role: cells[at].strip() or None for role, at in self._columns.items()}
        return Record(
            offset=offset,
            key=found.get("key") or found.get("url") or "",
            raw=raw,
            url=found.get("url"),
            title=found.get("title"),
            author=found.get("author"),
            published=parse_date(found.get("published")),
            language_hint=found.get("language"),
            licence=found.get("licence"),
            text=found.get("text") or "",
        )


def stays_open(line: bytes, is_open: bool, dialect: Dialect) -> bool:
    """Whether a quoted cell goes on behind a line, as the csv module would have it.

    >>> stays_open(b'1,"a', False, Dialect()), stays_open(b'1,5" disk', False, Dialect())
    (True, False)
    >>> stays_open(b'b"",c",2', True, Dialect())
    False
    """
    if not dialect.is_quoted or b'"' not in line:
        return is_open
    mark = dialect.delimiter.encode()
    at = 0
    while True:
        if not is_open:
            if dialect.skips_spaces and (spaces := _SPACES.match(line, at)):
                at = spaces.end()
            if line[at : at + 1] != b'"':
                at = line.find(mark, at) + 1
                if at == 0:
                    return False
                continue
            is_open = True
            at += 1
        at = _closing(line, at, dialect)
        if at < 0:
            return True
        is_open = False
        if line[at : at + 1] not in (mark, b""):  # text behind a quoted part, up to the delimiter
            at = line.find(mark, at)
            if at < 0:
                return False
        at += 1
        if at > len(line):
            return False


def _closing(line: bytes, at: int, dialect: Dialect) -> int:
    """Position behind the quotation mark that closes a cell, or -1."""
    while True:
        quote = line.find(b'"', at)
        if quote < 0:
            return -1
        if dialect.has_escapes:
            before = line[at:quote]
            if (len(before) - len(before.rstrip(b"\\"))) % 2:
                at = quote + 1
                continue
        elif line[quote + 1 : quote + 2] == b'"':
            at = quote + 2
            continue
        return quote + 1
