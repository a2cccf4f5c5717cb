"""The HTTP message inside a WARC response record -> status, headers, decoded body."""

import re
import zlib
from dataclasses import dataclass
from email.message import Message

import brotli
import zstandard

from schemas.errors import RecordError

_HEADER_END = re.compile(rb"\r?\n\r?\n")
_CHUNK_HEAD = re.compile(rb"\s{0,2}([0-9a-fA-F]{1,15})[ \t]*(?:;[^\r\n]*)?\r?\n")
_STATUS_LINE = re.compile(r"(?:HTTP/[\d.]+|ICY)\s+(\d{3})\b", re.I)
_NEXT_HEAD = re.compile(rb"(?:HTTP/[\d.]+|ICY)[ \t]+\d{3}\b", re.I)
_BARE_PAGE = re.compile(rb"\s{0,64}<(?:!doctype\s+html|html|head|title|body)\b", re.I)
_MAX_INTERIM_HEADS = 10
_LISTS = frozenset({"content-encoding", "transfer-encoding"})
"""Headers whose repeated lines are one list."""
_GZIP_MAGIC = b"\x1f\x8b"
_MAX_HEAD = 1 << 18
"""Bytes of headers that are read, as in browsers; of a single one ``_MAX_VALUE`` characters."""
_MAX_VALUE = 1 << 13
_MAX_CODINGS = 5
_GZIP_WINDOW = 31
_INFLATE_BITE = 1 << 16
"""What stands behind a gzip member is copied for the next one: a bite of it, not all."""
_BITE = 1 << 12
"""Four bytes of zstd can unfold to 128 KiB: small bites bound what one of them unfolds."""


@dataclass(frozen=True, slots=True)
class HttpMessage:
    """A response as the crawler stored it."""

    status: int
    headers: dict[str, str]
    """By name in lower case; of repeated ones the first, of encodings all, joined by commas."""
    body: bytes
    """As stored: still in its transfer and content encodings."""

    @property
    def media_type(self) -> str:
        """Type of the body, such as ``text/html``; empty when not declared."""
        return media_type_of(self.headers.get("content-type", ""))

    @property
    def charset(self) -> str | None:
        """Encoding that the server declared, as it wrote it."""
        return charset_of(self.headers.get("content-type", ""))


def media_type_of(content_type: str) -> str:
    """The media type in a Content-Type, the first where servers wrote several.

    >>> media_type_of("text/HTML, text/html; charset=gbk")
    'text/html'
    """
    return re.split("[;,]", content_type, maxsplit=1)[0].strip().lower()


def charset_of(content_type: str) -> str | None:
    """The charset in a Content-Type.

    >>> charset_of('text/html; charset="GB2312"')
    'GB2312'
    """
    message = Message()
    message["content-type"] = content_type
    found = message.get_param("charset")
    return found.partition(",")[0].strip() if isinstance(found, str) else None


def parse_response(block: bytes) -> HttpMessage:
    """Split a response into status, headers and body.

    Heads that a proxy or an interim answer put before the response (``100 Continue``,
    ``200 Connection established``) are passed over. A page without any head is an answer of
    HTTP/0.9.

    Raises:
        RecordError: it does not begin with an HTTP status line.
    """
    if _BARE_PAGE.match(block):
        return HttpMessage(status=200, headers={}, body=block)
    for _ in range(_MAX_INTERIM_HEADS):
        end = _HEADER_END.search(block)
        head, body = (block[: end.start()], block[end.end() :]) if end else (block, b"")
        message = _parse_head(head[:_MAX_HEAD], body)
        if not _NEXT_HEAD.match(body):
            break
        if message.status >= 200 and "content-type" in message.headers:
            break  # a text that shows an HTTP message
        block = body
    return message


def _parse_head(head: bytes, body: bytes) -> HttpMessage:
    # Header values are bytes; Latin-1 keeps each of them.
    status_line, *lines = re.split(r"\r{0,2}\n", head.decode("latin-1"))
    status = _STATUS_LINE.match(status_line)
    if status is None:
        raise RecordError("no HTTP status line")
    headers: dict[str, str] = {}
    last = ""
    for line in lines:
        if line[:1] in (" ", "\t") and last:  # continued from the line before
            if len(headers[last]) < _MAX_VALUE:
                headers[last] += " " + line.strip()[:_MAX_VALUE]
            continue
        name, colon, value = line.partition(":")
        if colon:
            last = name.strip().lower()
            value = value.strip()[:_MAX_VALUE]
            if last in _LISTS and last in headers:
                if len(headers[last]) < _MAX_VALUE:
                    headers[last] += ", " + value
            else:
                headers.setdefault(last, value)
    return HttpMessage(status=int(status[1]), headers=headers, body=body)


@dataclass(frozen=True, slots=True)
class Body:
    """A body out of its encodings."""

    content: bytes
    lost: str | None = None
    """What it lacks, as far as the server's chunks and encodings tell."""


def decode_body(message: HttpMessage, max_bytes: int, *, is_truncated: bool = False) -> Body:
    """The body out of its transfer and content encodings, at most ``max_bytes`` of it.

    Crawlers often store a body decoded and leave the header as it was, so a body that does not
    begin as its header says is taken as it is. Of chunks that end without the last one, and of
    compressed data that breaks off, the content stands, as in browsers, and what it lacks is told.
    ``is_truncated`` (the crawler cut it) forgives an early end.

    Raises:
        RecordError: nothing of it is left, or what is encoded makes no sense.
    """
    body, lost = message.body, None
    # Chunks are outermost, and stand once however often a server says so.
    if "chunked" in message.headers.get("transfer-encoding", "").lower():
        body, lost = _join_chunks(body)
    for header in ("transfer-encoding", "content-encoding"):
        for coding in reversed(_codings(message, header)):
            body, is_cut = _decompress(body, coding, max_bytes)
            if is_cut:
                lost = lost or f"{coding} {header.replace('-', ' ')} breaks off"
    if is_truncated:
        return Body(body[:max_bytes])
    if lost is not None and not body:
        raise RecordError(lost)
    return Body(body[:max_bytes], lost)


def _codings(message: HttpMessage, header: str) -> list[str]:
    """Encodings that a header lists, the innermost first."""
    codings = [coding.strip() for coding in message.headers.get(header, "").lower().split(",")]
    if len(codings) > _MAX_CODINGS:
        raise RecordError(f"{len(codings)} {header.replace('-', ' ')}s, one in another")
    return codings


def _join_chunks(body: bytes) -> tuple[bytes, str | None]:
    """Content of the chunks, and what is wrong behind the last of them."""
    if not _CHUNK_HEAD.match(body):
        return body, None
    parts: list[bytes] = []
    at = 0
    while head := _CHUNK_HEAD.match(body, at):
        size = int(head[1], 16)
        if size == 0:
            return b"".join(parts), None
        parts.append(body[head.end() : head.end() + size])
        if head.end() + size > len(body):
            break
        at = head.end() + size
    what = "breaks off" if head else "has no valid size" if body[at:].strip() else "is missing"
    told = f"bad chunked encoding: chunk {what} at byte {at} of the body"
    if not any(parts):
        raise RecordError(told, at)
    return b"".join(parts), told


def _decompress(body: bytes, coding: str, max_bytes: int) -> tuple[bytes, bool]:
    """A body out of one encoding, and whether that breaks off."""
    if coding in ("gzip", "x-gzip"):
        if not body.startswith(_GZIP_MAGIC):
            return body, False
        return _inflate(body, _GZIP_WINDOW, max_bytes)
    if coding not in ("deflate", "br", "zstd") or not body:
        return body, False
    is_markup = body.lstrip().startswith(b"<")
    if coding == "deflate":
        # The standard wants a zlib header; some servers send raw deflate.
        has_header = body[0] & 0x0F == 8 and int.from_bytes(body[:2], "big") % 31 == 0
        try:
            content, is_cut = _inflate(body, 15 if has_header else -15, max_bytes)
        except RecordError:
            if is_markup:
                return body, False
            raise
        return (body, False) if is_cut and is_markup else (content, is_cut)
    if is_markup:  # no stream of a page begins so
        return body, False
    return _unbrotli(body, max_bytes) if coding == "br" else _unzstd(body, max_bytes)


def _inflate(body: bytes, window: int, max_bytes: int) -> tuple[bytes, bool]:
    decoder = zlib.decompressobj(wbits=window)
    parts: list[bytes] = []
    room = max_bytes
    at, piece = _INFLATE_BITE, body[:_INFLATE_BITE]
    try:
        while piece and room:
            if decoder.eof:
                # A body may be several gzip members; what else stands behind one is passed over.
                rest = piece if len(piece) > 1 else piece + body[at : at + 1]
                if window != _GZIP_WINDOW or not rest.startswith(_GZIP_MAGIC):
                    break
                decoder = zlib.decompressobj(wbits=window)
            parts.append(decoder.decompress(piece, room))
            room -= len(parts[-1])
            piece = decoder.unused_data
            if not piece:
                piece, at = body[at : at + _INFLATE_BITE], at + _INFLATE_BITE
    except zlib.error as error:
        raise RecordError(f"bad gzip or deflate content encoding: {error}") from None
    return b"".join(parts), not decoder.eof and room > 0


def _unbrotli(body: bytes, max_bytes: int) -> tuple[bytes, bool]:
    decoder = brotli.Decompressor()
    unfolded = bytearray()
    piece = body
    try:
        while len(unfolded) < max_bytes and not decoder.is_finished():
            room = max_bytes - len(unfolded)
            more = decoder.process(piece, output_buffer_limit=room)
            piece = b""
            unfolded += more
            if not more:
                break
    except brotli.error as error:
        raise RecordError(f"bad br content encoding: {error}") from None
    return bytes(unfolded[:max_bytes]), not decoder.is_finished() and len(unfolded) < max_bytes


def _unzstd(body: bytes, max_bytes: int) -> tuple[bytes, bool]:
    frames = zstandard.ZstdDecompressor(max_window_size=1 << 27)
    decoder = frames.decompressobj()
    unfolded = bytearray()
    at, piece = _BITE, body[:_BITE]
    try:
        while piece and len(unfolded) < max_bytes:
            if decoder.eof:  # a body may be several frames
                decoder = frames.decompressobj()
            unfolded += decoder.decompress(piece)
            piece = decoder.unused_data
            if not piece:
                piece, at = body[at : at + _BITE], at + _BITE
    except zstandard.ZstdError as error:
        raise RecordError(f"bad zstd content encoding: {error}") from None
    return bytes(unfolded[:max_bytes]), not decoder.eof and len(unfolded) < max_bytes
