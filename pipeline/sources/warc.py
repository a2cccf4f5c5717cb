"""WARC, ARC and WACZ: one record per crawled response, and one per all else that stands between."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import BinaryIO

from pipeline.extract.binary_content import has_binary_signature
from pipeline.extract.encodings import decode_html, decode_text, find_encoding, find_wide
from pipeline.extract.html import MAX_BYTES, extract_page
from pipeline.extract.html_scan import MAX_BLOCKS
from pipeline.extract.page_metadata import PageMetadata, complete_page
from pipeline.sources.arc_framing import iterate_arc_records
from pipeline.sources.arc_header import LONGEST_HEADER, begins_arc
from pipeline.sources.compression import Decompressed, UnfoldLimit, find_codec
from pipeline.sources.http_message import (
    HttpMessage,
    charset_of,
    decode_body,
    media_type_of,
    parse_response,
)
from pipeline.sources.inputs import InputFile, InputParams
from pipeline.sources.record import Record, document_or_empty, unread_rest, unreadable
from pipeline.sources.wacz import iterate_wacz_records
from pipeline.sources.warc_framing import Defect, WarcBlock, iterate_records
from pipeline.text.dates import parse_date
from schemas.errors import RecordError

_PAGES = frozenset({"text/html", "application/xhtml+xml", "application/xhtml"})
_PLAIN = "text/plain"


def read_warc(stored: BinaryIO, file: InputFile, params: InputParams) -> Iterator[Record]:
    """Records of a WARC, ARC or WACZ file, one for each that it holds and one for each defect; a
    page too large to be read to its end is followed by one that says so."""
    for found in _frame(stored, params.max_record_bytes, params.unfold_limit):
        if isinstance(found, Defect):
            yield unreadable(found.offset, found.message)
        else:
            record = read_record(found, params.max_record_bytes)
            yield record
            yield from unread_rest(record)


def _frame(stored: BinaryIO, max_bytes: int, limit: UnfoldLimit) -> Iterator[WarcBlock | Defect]:
    """Records of a WARC, ARC or WACZ file."""
    if stored.read(4) == b"PK\x03\x04":
        return iterate_wacz_records(stored, max_bytes, partial(_frame_single, limit=limit))
    return _frame_single(stored, max_bytes, limit)


def _frame_single(
    stored: BinaryIO, max_bytes: int, limit: UnfoldLimit
) -> Iterator[WarcBlock | Defect]:
    stored.seek(0)
    head = Decompressed(stored, find_codec(stored.read(8))).read(LONGEST_HEADER)
    stored.seek(0)
    frame = iterate_arc_records if begins_arc(head) else iterate_records
    return frame(stored, max_bytes, limit)


def read_record(found: WarcBlock, max_bytes: int) -> Record:
    """A page, a plain text, or why the record is neither."""
    try:
        return document_or_empty(_read(found, max_bytes))
    except RecordError as error:
        message = f"{error} (byte {found.offset})"
        record = unreadable(found.offset, message, key=found.key, raw=found.block)
        return replace(record, fetched=parse_date(found.headers.get("warc-date")))


def _read(found: WarcBlock, max_bytes: int) -> Record:
    address = found.headers.get("warc-target-uri", "").strip("<>")
    if found.type not in ("response", "resource", "conversion"):
        return _skip(found, "record_type")
    if found.content_length > max_bytes:
        return _skip(found, "too_large")
    if found.type == "conversion":
        language = found.headers.get("warc-identified-content-language")
        return _document(found, decode_text(found.block), PageMetadata(language=language))
    # Crawlers keep their own logs as resources under addresses such as metadata://.
    if not address.lower().startswith(("http://", "https://")):
        return _skip(found, "record_type")
    if found.type == "resource":
        content_type = found.headers.get("content-type", "")
        media_type = media_type_of(content_type)
        charset = charset_of(content_type)
        record = _by_media_type(found, media_type, charset, found.block)
        return replace(record, media_type=media_type or None, charset=charset)
    message = parse_response(found.block)
    return replace(
        _read_response(found, message, max_bytes),
        http_status=message.status,
        media_type=message.media_type or None,
        charset=message.charset,
    )


def _read_response(found: WarcBlock, message: HttpMessage, max_bytes: int) -> Record:
    if message.status != 200:
        return _skip(found, "http_status")
    # Most of a crawl that is no text is large: it is not even decompressed.
    if message.media_type and message.media_type not in _PAGES and message.media_type != _PLAIN:
        return _skip(found, "mime_type")
    body = decode_body(message, max_bytes + 1, is_truncated="warc-truncated" in found.headers)
    media_type = message.media_type or _guess(body.content)
    if len(body.content) > max_bytes and media_type not in _PAGES:
        return _skip(found, "too_large")
    record = _by_media_type(found, media_type, message.charset, body.content)
    if record.text is None and body.lost is not None:
        raise RecordError(body.lost)
    return replace(record, lost=record.lost or body.lost)


def _by_media_type(found: WarcBlock, media_type: str, charset: str | None, body: bytes) -> Record:
    if media_type in _PAGES:
        if _is_binary(body, charset):
            return _skip(found, "mime_type")
        # Decoded once, for the two that read it.
        data = decode_html(body[:MAX_BYTES], charset).encode("utf-8", "replace")
        page = extract_page(data, encoding="utf-8")
        lost = f"of {len(body):,} bytes the first {MAX_BYTES:,} are read"
        if page.is_cut:
            lost = f"behind {MAX_BLOCKS:,} blocks of text no more are read"
        record = _document(found, page.text, complete_page(page, data))
        return replace(record, lost=lost if page.is_cut or len(body) > MAX_BYTES else None)
    if media_type == _PLAIN and not _is_binary(body, charset):
        return _document(found, decode_text(body, charset))
    return _skip(found, "mime_type")


def _document(found: WarcBlock, text: str, stated: PageMetadata | None = None) -> Record:
    stated = stated or PageMetadata()
    return Record(
        offset=found.offset,
        key=found.key,
        raw=found.block,
        url=found.headers.get("warc-target-uri", "").strip("<>") or None,
        title=stated.title,
        author=stated.author,
        published=stated.published,
        language_hint=stated.language,
        licence=stated.licence,
        fetched=parse_date(found.headers.get("warc-date")),
        payload_digest=found.headers.get("warc-payload-digest"),
        text=text,
    )


def _skip(found: WarcBlock, rule: str) -> Record:
    return Record(
        offset=found.offset,
        key=found.key,
        raw=found.block,
        raw_bytes=found.content_length,
        url=found.headers.get("warc-target-uri", "").strip("<>") or None,
        fetched=parse_date(found.headers.get("warc-date")),
        payload_digest=found.headers.get("warc-payload-digest"),
        skip_rule=rule,
    )


def _guess(body: bytes) -> str:
    """Type of a body that came without one, as browsers sniff it."""
    start = body[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html", b"<head", b"<body", b"<!--", b"<p", b"<div")):
        return "text/html"
    return ""


def _is_binary(body: bytes, charset: str | None) -> bool:
    """Whether a body that is declared to be text is none.

    UTF-16 holds zeros: it shows by its mark, or is declared and holds no zero as a character.
    """
    if has_binary_signature(body):
        return True
    if b"\0" not in body[:1024] or body.startswith((b"\xff\xfe", b"\xfe\xff")) or find_wide(body):
        return False
    name = find_encoding(charset) or ""
    return not name.startswith("utf-16") or "\0" in body[:1024].decode(name, "replace")
