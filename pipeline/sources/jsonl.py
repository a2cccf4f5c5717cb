"""JSON lines: one document per line (or per object of an array), in columns of any name."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any, BinaryIO

from pipeline.sources.columns import RecordColumns
from pipeline.sources.inputs import InputFile, InputParams
from pipeline.sources.json_values import open_values
from pipeline.sources.lines import Line, is_blank
from pipeline.sources.record import Record, document_or_empty, unreadable
from pipeline.text.dates import parse_date

_FEW_BYTES = 16 << 20
_MOST_TOKENS = 8_000_000
"""Of one record: an empty object takes three bytes in a file and 72 in memory."""
_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[,{\[]', re.S)

MakeRecord = Callable[[Mapping[str, Any], Line], Record]


def read_jsonl(stored: BinaryIO, file: InputFile, params: InputParams) -> Iterator[Record]:
    """Records of a file of JSON lines; a line that is none becomes an unreadable record. Each has
    what it holds itself under the known names, whatever the others hold."""
    given = {"text": "text"} | file.columns
    columns = RecordColumns(given)
    return read_objects(
        stored,
        file,
        params,
        lambda value, line: document_or_empty(
            _document(columns.values(value), line, given["text"])
        ),
    )


def read_objects(
    stored: BinaryIO, file: InputFile, params: InputParams, make: MakeRecord
) -> Iterator[Record]:
    """Records that ``make`` builds from the objects of a file, or of a span of JSON lines."""
    content, lines = open_values(stored, params.max_record_bytes, params.unfold_limit, file.span)
    found_any = False
    for line in lines:
        found_any = True
        if not line.is_complete:
            yield unreadable(line.offset, str(content.failure), raw=line.bytes)
        elif line.size > params.max_record_bytes or has_too_many_values(line.bytes):
            yield Record(
                offset=line.offset, raw=line.bytes, raw_bytes=line.size, skip_rule="too_large"
            )
        elif not line.bytes:
            yield unreadable(line.offset, f"a JSON array that is not closed (byte {line.offset})")
        else:
            yield _parse(line, make)
    if not found_any and is_blank(content, file.span, params.max_record_bytes):
        yield unreadable(0, "no line in it (byte 0)")


def has_too_many_values(text: bytes) -> bool:
    """Whether JSON would take many times its size in memory; only long texts are looked at."""
    if len(text) < _FEW_BYTES or sum(map(text.count, (b",", b"{", b"[", b'"'))) < _MOST_TOKENS:
        return False
    return next(islice(_TOKEN.finditer(text), _MOST_TOKENS, None), None) is not None


def _parse(line: Line, make: MakeRecord) -> Record:
    try:
        value = json.loads(line.bytes.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        at = line.offset + error.start
        return unreadable(line.offset, f"line is not UTF-8 (byte {at})", raw=line.bytes)
    except json.JSONDecodeError as error:
        message = f"broken JSON: {error.msg} (byte {line.offset}, column {error.colno})"
        return unreadable(line.offset, message, raw=line.bytes)
    except (ValueError, RecursionError) as error:
        message = f"broken JSON: {error} (byte {line.offset})"
        return unreadable(line.offset, message, raw=line.bytes)
    if not isinstance(value, dict):
        message = f"line is no JSON object (byte {line.offset})"
        return unreadable(line.offset, message, raw=line.bytes)
    return make(value, line)


def _document(found: Mapping[str, Any], line: Line, text_column: str) -> Record:
    text = found.get("text")
    if (other := _other_than_text(text)) is not None:
        message = f"column {text_column} holds {other}, not a text"
        return unreadable(line.offset, f"{message} (byte {line.offset})", raw=line.bytes)
    url = as_text(found.get("url"))
    return Record(
        offset=line.offset,
        key=as_text(found.get("key")) or url or "",
        raw=line.bytes,
        url=url,
        title=as_text(found.get("title")),
        author=as_text(found.get("author")),
        published=parse_date(found.get("published")),
        language_hint=as_text(found.get("language")),
        licence=as_text(found.get("licence")),
        text=_as_document(text),
    )


def as_text(value: Any) -> str | None:
    """A scalar, or the scalars of a list, as one line of text; nothing else is one.

    >>> as_text(["A. Author", "B. Author"])
    'A. Author, B. Author'
    """
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, list):
        flat = (part for part in value if not isinstance(part, list))
        return ", ".join(text for part in flat if (text := as_text(part))) or None
    return None


def _other_than_text(value: Any) -> str | None:
    """What a value is that is neither a text, nor a list of texts, nor nothing. A number in a
    list is left out; what may hold texts in it is not.

    >>> _other_than_text([{"t": "one"}]), _other_than_text(["one", None])
    ('list of dict', None)
    """
    if value is None or isinstance(value, str):
        return None
    if not isinstance(value, list):
        return type(value).__name__
    others = (part for part in value if isinstance(part, dict | list))
    return next((f"list of {type(part).__name__}" for part in others), None)


def _as_document(value: Any) -> str:
    if isinstance(value, list):
        return "\n".join(part for part in value if isinstance(part, str))
    return value if isinstance(value, str) else ""
