"""What every reader yields, and how it becomes batches of DOCUMENTS."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import pyarrow as pa

from pipeline.sources.inputs import InputFile, InputParams
from schemas.documents import DOCUMENTS, document_id


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """One record of a dump, in exactly one of three states.

    ``text``: a document. ``skip_rule``: readable, but no document. ``error``: unreadable.
    """

    offset: int
    """Unique in its file: byte offset as stored, or in the content, or a count."""
    key: str = ""
    """What the source calls the record: URL with fetch time, id, title with revision."""
    raw: bytes = b""
    """The record as it came; its digest is part of the document's identity."""
    raw_bytes: int | None = None
    """Size of the record where ``raw`` is only its beginning."""
    url: str | None = None
    title: str | None = None
    author: str | None = None
    published: datetime | None = None
    language_hint: str | None = None
    licence: str | None = None
    fetched: datetime | None = None
    http_status: int | None = None
    media_type: str | None = None
    """Type that the server declared, such as ``text/html``."""
    charset: str | None = None
    """Encoding that the server declared, as it wrote it."""
    payload_digest: str | None = None
    """As the crawler wrote it: ``sha1:...``."""
    text: str | None = None
    lost: str | None = None
    """What of the record ``text`` lacks, where it is too large to be read to its end."""
    skip_rule: str | None = None
    error: str | None = None

    def __post_init__(self) -> None:
        states = (self.text, self.skip_rule, self.error)
        if sum(state is not None for state in states) != 1:
            raise ValueError(f"record at {self.offset}: one state wanted, found {states}")


def unreadable(offset: int, message: str, *, key: str = "", raw: bytes = b"") -> Record:
    """A record that cannot be read; the message becomes one line."""
    return Record(offset=offset, key=key, raw=raw, error=" ".join(message.split())[:500])


def unread_rest(record: Record) -> Iterator[Record]:
    """The unreadable record that tells what is lost of another one, if anything is; it stands one
    place behind it."""
    if record.lost:
        rest = unreadable(
            record.offset + 1, record.lost, key=f"{record.key} (rest)", raw=record.raw
        )
        yield replace(rest, raw_bytes=0)  # its bytes count once


def document_or_empty(record: Record) -> Record:
    """The record itself, or, where its text holds nothing, the same skipped as ``empty_text``."""
    if record.text is None or not (record.text == "" or record.text.isspace()):
        return record
    return replace(record, text=None, skip_rule="empty_text")


_TEXT_COLUMNS = (
    "url", "title", "author", "language_hint", "licence", "media_type", "charset",
    "payload_digest", "text",
)  # fmt: skip


@dataclass(slots=True)
class _Builder:
    file: InputFile
    columns: dict[str, list[Any]] = field(
        default_factory=lambda: {name: [] for name in DOCUMENTS.schema.names}
    )
    size: int = 0
    rows: int = 0

    def add(self, record: Record) -> None:
        source = self.file.source.value
        row: dict[str, Any] = {
            "doc_id": document_id(source, record.key or self._nameless(record), record.raw),
            "source": source,
            "format": self.file.format.value,
            "source_file": self.file.path,
            "record_offset": record.offset,
            "source_key": _clean(record.key),
            "raw_bytes": len(record.raw) if record.raw_bytes is None else record.raw_bytes,
            "published": record.published,
            "fetched": record.fetched,
            "http_status": record.http_status,
            "skip_rule": record.skip_rule,
            "error": _clean(record.error),
        }
        row |= {name: _clean(getattr(record, name)) for name in _TEXT_COLUMNS}
        for name in ("title", "author"):
            row[name] = " ".join(row[name].split()) or None if row[name] else None
        for name, values in self.columns.items():
            values.append(row[name])
        self.rows += 1
        self.size += 200 + len((row["text"] or "").encode())

    def _nameless(self, record: Record) -> str:
        # What has neither a key nor content is told apart by where it is.
        return "" if record.raw else f"{self.file.path}#{record.offset}"

    def finish(self) -> pa.RecordBatch:
        arrays = [pa.array(self.columns[f.name], f.type) for f in DOCUMENTS.schema]
        return pa.RecordBatch.from_arrays(arrays, schema=DOCUMENTS.schema)


def _clean(value: str | None) -> str | None:
    """The text without what UTF-8 cannot hold: a lone surrogate becomes U+FFFD."""
    if value is None:
        return None
    try:
        value.encode()
    except UnicodeEncodeError:
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return value


def record_batches(
    records: Iterable[Record], file: InputFile, params: InputParams
) -> Iterator[pa.RecordBatch]:
    """Batches of DOCUMENTS from the records of one file, bounded in rows and bytes."""
    builder = _Builder(file)
    for record in records:
        builder.add(record)
        if builder.rows >= params.batch_rows or builder.size >= params.batch_bytes:
            yield builder.finish()
            builder = _Builder(file)
    if builder.rows:
        yield builder.finish()
