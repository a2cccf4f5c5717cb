"""Rows of a StackExchange dump, one by one: a broken row spoils no other.

The dumps hold one ``<row .../>`` on each line, and no attribute can hold a ``<``; so a row ends
at the latest where the next begins, whatever is broken in it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

from pipeline.sources.compression import Decompressed
from pipeline.sources.lines import iterate_lines

_ROW = b"<row"
_FRAME = (b"<?xml", b"<posts", b"</posts", b"<!")
_BOM = b"\xef\xbb\xbf"


@dataclass(slots=True)
class Row:
    """Attributes of a row, or why it has none."""

    offset: int
    size: int
    raw: bytes | bytearray
    attributes: dict[str, str] = field(default_factory=dict)
    is_too_large: bool = False
    error: str | None = None


def read_rows(content: Decompressed, max_bytes: int) -> Iterator[Row]:
    """Every row of a dump in bounded memory; what stands between rows is a broken row."""
    pending: Row | None = None
    is_closed = is_foreign = False
    end = count = 0
    for line in iterate_lines(content, max_bytes):
        end = line.offset + line.size
        if line.size > len(line.bytes) or not line.is_complete:
            if pending is not None:
                yield _parse(pending, max_bytes)
                pending = None
            reason = None if line.is_complete else str(content.failure)
            yield Row(line.offset, line.size, line.bytes, {}, reason is None, reason)
            count += 1
            continue
        for offset, piece in _pieces(line.offset, line.bytes):
            is_start = piece.startswith(_ROW)
            if pending is not None and (is_start or len(pending.raw) > max_bytes):
                yield _parse(pending, max_bytes)
                pending = None
            if is_start:
                count += 1
                pending = Row(offset, len(piece), bytearray(piece))
            elif pending is not None:  # a line end inside an attribute
                pending.raw += b"\n" + piece
                pending.size = len(pending.raw)
            elif piece.startswith(_FRAME):
                is_closed |= piece.startswith(b"</posts")
            else:
                yield Row(offset, len(piece), piece, error="text between the rows")
                is_foreign = not count
            if pending is not None and pending.raw.endswith((b"/>", b"</row>", b"</posts>")):
                is_closed |= pending.raw.endswith(b"</posts>")
                pending.raw = bytes(pending.raw).removesuffix(b"</posts>").rstrip()
                yield _parse(pending, max_bytes)
                pending = None
    if pending is not None:
        yield _parse(pending, max_bytes)
    if content.failure is None and not (is_closed and count) and not (is_foreign and not count):
        what = "ends without </posts>" if count else "no row in it"
        yield Row(end, 0, b"", error=f"{what} (byte {end})")


def _pieces(offset: int, line: bytes) -> Iterator[tuple[int, bytes]]:
    """Parts of a line, each of which begins with a row, but for the first."""
    if line.startswith(_BOM):
        offset, line = offset + len(_BOM), line[len(_BOM) :]
    at = 0
    while at < len(line):
        following = line.find(_ROW, at + 1)
        stop = len(line) if following < 0 else following
        piece = line[at:stop].strip()
        if piece:
            yield offset + at + line[at:stop].index(piece), piece
        at = stop


def _parse(row: Row, max_bytes: int) -> Row:
    row.raw = bytes(row.raw)
    if row.size > max_bytes:
        row.is_too_large = True
        return row
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True, encoding="utf-8"
    )
    try:
        element = etree.fromstring(row.raw, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        reason = (str(error).splitlines() or ["unknown"])[0]
        row.error = f"broken row: {reason} (byte {row.offset})"
        return row
    row.attributes = {str(key): str(value) for key, value in element.items()}
    return row
