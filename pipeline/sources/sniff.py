"""What the first bytes of a file say about its kind."""

import codecs
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from xml.parsers import expat

from pipeline.extract.encodings import find_utf16
from pipeline.sources.inputs import Format
from pipeline.sources.json_encoding import find_encoding_of_lines

_UNSUPPORTED_MAGIC = {
    b"PK\x03\x04": "a zip archive that is no EPUB and no WACZ",
    b"%PDF": "PDF is not supported yet",
    b"PARE": "an encrypted Parquet file",
    b"{\\rtf1": "RTF is not supported: save it as text",
}
_XML_SKIPPED = re.compile(r"\s+|<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>\[]*(\[.*?\]\s*)?>", re.S | re.I)
_XML_ELEMENT = re.compile(r"<([A-Za-z_][\w.\-]*:)?([A-Za-z_][\w.\-]*)")
_XML_ROOTS = {
    "mediawiki": Format.MEDIAWIKI,
    "rss": Format.FEED,
    "rdf": Format.FEED,
    "feed": Format.FEED,
    "posts": Format.STACKEXCHANGE,
}
_STACK_EXCHANGE_ROOTS = frozenset(
    {"comments", "users", "votes", "badges", "tags", "posthistory", "postlinks"}
)
_EPUB = re.compile(rb"application/epub\+zip|META-INF/container\.xml")
_WACZ = re.compile(rb"archive/[^/\0\r\n]{1,200}\.w?arc")
_JSON_FEED = re.compile(r"https?://(?:www\.)?jsonfeed\.org/version/")
_JSON_FEED_MARK = re.compile(r'"version"\s*:\s*"https?:\\?/\\?/(?:www\.)?jsonfeed\.org\\?/version')
_LINES_TRIED = 20
_JSON_START = re.compile(r'\{\s*"|\[\s*[\[{"]')
_ARRAY_START = re.compile(r"\[\s*\{\s*[\"}]")
_WHOLE = 1 << 17
"""Of longer files only the beginning is here."""
BYTES_PER_NUL = 1000
"""In a text a NUL is a stray up to one in so many, and one more."""
_WARC_TYPE = re.compile(rb"\nWARC-Type:\s*([a-z]+)", re.I)
_GUTENBERG = re.compile(rb"Project\s+Gutenberg|\*\s*END\s*\*?\s*THE SMALL PRINT", re.I)


@dataclass(frozen=True, slots=True)
class Finding:
    """What the content is: a format that we read, or the reason why it is none."""

    format: Format | None
    reason: str = ""
    keys: Mapping[str, Any] | None = None
    """What the first records of JSON lines hold; empty when none is in sight whole."""


def sniff(head: bytes, tail: bytes = b"", *, is_named_text: bool = False) -> Finding:
    """Recognise a format from the first and the last bytes of the decompressed content.

    ``is_named_text``: the file's name says that it is a text or a table, so that a bracket at
    its beginning is one of the text unless what follows really is JSON or XML, and a stray NUL
    is no sign of binary content.
    """
    if head.startswith(b"PK\x03\x04") and (_EPUB.search(head) or _EPUB.search(tail)):
        return Finding(Format.EPUB)
    if head.startswith(b"PK\x03\x04") and (_WACZ.search(head) or _WACZ.search(tail)):
        return Finding(Format.WARC)
    for magic, reason in _UNSUPPORTED_MAGIC.items():
        if head.startswith(magic):
            return Finding(None, reason)
    if head.startswith(b"PAR1"):
        return Finding(Format.PARQUET)
    if head.startswith(b"filedesc://"):  # ARC
        return Finding(Format.WARC)
    if head.startswith(b"WARC/"):
        return _sniff_warc(head)
    text = _as_text(head, is_named_text=is_named_text)
    if text is None:
        return Finding(None, "binary content of no known kind")
    start = text.lstrip("\ufeff \t\r\n")
    if not start:
        return Finding(None, "nothing but white space")
    if start[0] == "\x1e":  # RFC 7464
        return _sniff_values(start)
    if start[0] in "<{[":
        found = _sniff_structure(start)
        is_whole = len(head) < _WHOLE
        if not is_named_text or _is_structured(start, found, is_whole=is_whole):
            return found
    if not is_named_text and (lines := _sniff_broken_json(text)) is not None:
        return lines
    if _GUTENBERG.search(head) or _GUTENBERG.search(tail):
        return Finding(Format.GUTENBERG)
    return Finding(Format.PLAIN_TEXT)


def _sniff_structure(start: str) -> Finding:
    if start.startswith("<"):
        return _sniff_markup(start)
    if start.startswith("{"):
        return _sniff_json(start)
    if _ARRAY_START.match(start):
        return _sniff_values(start)
    lines = _sniff_json(start)  # the first of them may be broken
    return lines if lines.keys else Finding(None, "a JSON array of no objects")


def _is_structured(start: str, found: Finding, *, is_whole: bool) -> bool:
    """Whether what begins like JSON or XML is that; of a file that is not here to its end, whether
    nothing in its beginning speaks against it."""
    if start.startswith("<"):
        return (
            found.format is not None
            or found.reason.startswith("a single HTML")
            or _is_xml(start, is_whole=is_whole)
        )
    if found.keys or found.format is Format.FEED:
        return True
    if not is_whole:
        return _JSON_START.match(start) is not None
    try:
        json.loads(start)
    except (ValueError, RecursionError):
        return False
    return True


def _is_xml(start: str, *, is_whole: bool) -> bool:
    parser = expat.ParserCreate("utf-8")
    try:
        parser.Parse(start.encode("utf-8", "replace"), is_whole)
    except expat.ExpatError:
        return False
    return True


def _sniff_warc(head: bytes) -> Finding:
    kinds = {kind.lower() for kind in _WARC_TYPE.findall(head)}
    if b"conversion" in kinds and b"response" not in kinds:
        return Finding(Format.WET)
    if kinds <= {b"warcinfo", b"metadata"} and b"application/json" in head:
        return Finding(None, "WAT is not supported yet")
    return Finding(Format.WARC)


def _as_text(head: bytes, *, is_named_text: bool) -> str | None:
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return head.decode("utf-32", "replace")
    if (encoding := find_utf16(head)) is not None:
        return head.decode(encoding, "replace").removeprefix("\ufeff")
    # In a dump of records a stray NUL is one bad record, not the end of all others.
    is_dump = head.removeprefix(codecs.BOM_UTF8).lstrip().startswith((b"<", b"{"))
    strays = 1 + len(head) // BYTES_PER_NUL if is_named_text else 0
    if not is_dump and head.count(b"\0") > strays:
        return None
    # Beside the keys of JSON only structure matters; how a text is encoded its reader finds.
    return head.decode((find_encoding_of_lines(head) if is_dump else None) or "utf-8", "replace")


def _sniff_markup(start: str) -> Finding:
    at = 0
    while (skipped := _XML_SKIPPED.match(start, at)) and skipped.end() > at:
        at = skipped.end()
    element = _XML_ELEMENT.match(start, at)
    if element is None:
        return Finding(None, "markup without a root element")
    root = element[2].lower()
    if root in _XML_ROOTS:
        return Finding(_XML_ROOTS[root])
    if root in _STACK_EXCHANGE_ROOTS:
        return Finding(None, f"{root} of StackExchange, not its posts")
    if root == "html":
        return Finding(None, "a single HTML page, not a dump")
    return Finding(None, f"XML with root <{element[0][1:]}>")


def _sniff_json(start: str) -> Finding:
    """JSON lines: one of the first lines is an object, or the first is longer than the head."""
    lines = start.split("\n", _LINES_TRIED)
    keys: dict[str, Any] = {}
    for line in lines[:_LINES_TRIED]:
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict):
            keys = value | keys
    if _JSON_FEED.match(str(keys.get("version"))) or (not keys and _JSON_FEED_MARK.search(start)):
        return Finding(Format.FEED)
    if not keys and len(lines) > 1:
        return Finding(None, "JSON, but not one object per line")
    return _judge_keys(keys)


def _sniff_broken_json(text: str) -> Finding | None:
    """JSON lines of which the first is broken: most of the others are objects."""
    lines = text.split("\n", _LINES_TRIED)[1:_LINES_TRIED]
    objects = [line for line in lines if line.startswith("{")]
    if len(objects) < max(2, len(lines) // 2):
        return None
    found = _sniff_json("\n".join(objects))
    return found if found.keys else None


def _sniff_values(start: str) -> Finding:
    """An array of objects, or objects behind record separators: the first of them, or one that is
    longer than the head."""
    decoder = json.JSONDecoder()
    keys: dict[str, Any] = {}
    at = 0
    for _ in range(_LINES_TRIED):
        begin = start.find("{", at)
        if begin < 0 or start[at:begin].strip("[,\x1e \t\r\n"):
            break
        try:
            value, at = decoder.raw_decode(start, begin)
        except (ValueError, RecursionError):
            break
        keys = value | keys
    return _judge_keys(keys)


def _judge_keys(keys: Mapping[str, Any]) -> Finding:
    if "subreddit" in keys and ("body" in keys or "selftext" in keys):
        return Finding(Format.REDDIT, keys=keys)
    return Finding(Format.JSONL, keys=keys)
