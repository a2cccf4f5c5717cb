"""News feeds: RSS 0.9x, 1.0 (RDF) and 2.0, Atom, and JSON Feed; one record per item."""

import base64
import binascii
import codecs
import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO

from lxml import etree

from pipeline.extract.encodings import decode_html, decode_text, find_utf16
from pipeline.extract.html import fragment_text
from pipeline.extract.xml_text import PARSER_BOUNDS, name_characters, strip_declaration
from pipeline.sources.feed_json import absolute, read_json_feed
from pipeline.sources.feed_recovery import bind_prefixes, items_alone
from pipeline.sources.inputs import InputFile, InputParams
from pipeline.sources.jsonl import has_too_many_values
from pipeline.sources.plain_text import read_whole
from pipeline.sources.record import Record, document_or_empty, unreadable
from pipeline.text.dates import parse_date
from schemas.errors import RecordError

_BARE_AMPERSAND = re.compile(r"&(?!#[0-9]{1,7};|#x[0-9A-Fa-f]{1,6};|[A-Za-z][A-Za-z0-9]*;)")
# XML forbids these, also as references; feeds hold them, and feed readers pass over them.
_FORBIDDEN = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|&#0*(?:[0-8]|1[124-9]|2\d|3[01]|11|12);"
    r"|&#[xX]0*(?:[0-8]|[bBcCeEfF]|1[0-9a-fA-F]);"
)
_ITEMS = ("item", "entry")
# The fullest account of an item comes first.
_BODIES = ("encoded", "content", "body", "description", "summary", "subtitle")
# These vocabularies tell of what goes with an article (a picture, an episode): last, if at all.
_ATTACHED = re.compile(
    r"\{https?://(?:search\.yahoo\.com/mrss|www\.itunes\.com/dtds/podcast-1\.0\.dtd"
    r"|www\.google\.com/schemas/play-podcasts/1\.0)/?\}",
    re.I,
)
_ATTACHED_BODIES = ("summary", "description", "subtitle")
_DATES = ("pubDate", "published", "date", "issued", "updated", "modified", "created")
# Atom: markup in it is meant as it stands.
_XML_BASE = "{http://www.w3.org/XML/1998/namespace}base"
_PLAIN = ("text", "text/plain")
_XHTML = "http://www.w3.org/1999/xhtml"
_MAX_NAMESPACES = 16 << 10
"""Characters of the namespaces that stand around an item: each item by itself declares them all, so
that time grows with the product of their size and the number of items."""
_MOST_MARKS = 4_000_000
"""Tags and references: one takes two to four bytes in a file and more than 100 in memory."""
_LICENCES = ("license", "rights", "copyright")


def read_feed(stored: BinaryIO, file: InputFile, params: InputParams) -> Iterator[Record]:
    """Items of a feed, in its order; the offset is the position of the item.

    Where the XML breaks, all items that are whole by themselves stand, and each that is not is
    an unreadable record. Entities are never expanded, nothing is fetched.
    """
    whole = read_whole(stored, file.path, params)
    if isinstance(whole, Record):
        yield whole
        return
    if whole.count(b"<") + whole.count(b"&") > _MOST_MARKS or has_too_many_values(whole):
        yield Record(offset=0, key=file.path, raw=whole, skip_rule="too_large")
        return
    if (encoding := find_utf16(whole)) is not None:
        text = whole.decode(encoding, "replace").removeprefix("\ufeff")
        if text.lstrip().startswith(("<", "{")):  # else the mark is a damage
            whole = text.encode()
    if whole.removeprefix(codecs.BOM_UTF8).lstrip().startswith(b"{"):
        yield from read_json_feed(decode_text(whole), file.path)
        return
    text = _tidy(decode_html(whole))
    reading = _Reading()
    try:
        yield from reading.items(text)
    except (etree.XMLSyntaxError, _ItemInItemError) as error:
        yield from _behind_the_break(text, reading, error.msg, file.path, whole)
        return
    except RecordError as error:
        yield unreadable(reading.count, str(error), key=file.path, raw=whole)
        return
    if not reading.count:
        yield Record(offset=0, key=file.path, raw=whole, skip_rule="empty_feed")


class _ItemInItemError(Exception):
    """An item begins before the one before it is closed."""

    msg = "an item that is not closed in front of the next"


@dataclass(slots=True)
class _Reading:
    """How far a feed is read, and what it says of all its items."""

    count: int = 0
    language: str | None = None
    base: str = ""
    author: str | None = None
    """Of each item that names none (RFC 4287, 4.2.1)."""

    def items(self, text: str) -> Iterator[Record]:
        """Records of the items, as they come to their end."""
        within: str | None = None
        for event, element in _parse(text):
            name = _local_name(element)
            if event == "start":
                # xml:lang of Atom stands on the root, before any item.
                self.language = self.language or _declared_language(element)
                self.base = self.base or element.get(_XML_BASE, "")
                if within is not None and str(element.tag) == within:
                    raise _ItemInItemError
                if within is None and name in _ITEMS:
                    within = str(element.tag)
                    _bound_namespaces(element)
            elif within is not None:
                if str(element.tag) == within:
                    yield document_or_empty(self._item(element))
                    self.count += 1
                    within = None
                    element.clear()
            elif name == "link" and not self.base and _is_of_feed(element):
                address = (element.get("href") or element.text or "").strip()
                self.base = address if "://" in address else ""
            elif name == "author" and _is_of_feed(element):
                self.author = self.author or _name(element)
            elif name == "language" and element.text:
                self.language = self.language or element.text.strip()

    def _item(self, element: "etree._Element") -> Record:
        item = _item(element, self.count, self.language, self.base)
        return item if item.author else replace(item, author=self.author)


def _behind_the_break(
    text: str, reading: _Reading, broken: str | None, key: str, whole: bytes
) -> Iterator[Record]:
    """The items that are not read yet, each by itself; at least one record is unreadable."""
    is_told = False
    for item in items_alone(text, reading.count):
        try:
            records = list(replace(reading).items(item))
            found = records[0] if len(records) == 1 else None
            reason = "an item in an item"
        except etree.XMLSyntaxError as defect:
            found, reason = None, str(defect.msg)
        if found is None:
            raw = item.encode("utf-8", "replace")
            found = unreadable(reading.count, f"broken XML: {reason}", key=key, raw=raw)
            is_told = True
        yield found
        reading.count += 1
    if not is_told:  # what broke is outside the items
        yield unreadable(reading.count, f"broken XML: {broken}", key=key, raw=whole)


def _tidy(text: str) -> str:
    """XML as parsers take it: without what feed readers pass over."""
    text = _BARE_AMPERSAND.sub("&amp;", _FORBIDDEN.sub("", strip_declaration(text)))
    # Feeds use names of HTML that XML does not know; as characters they mean the same.
    return bind_prefixes(name_characters(text))


def _parse(text: str) -> Iterator[tuple[str, "etree._Element"]]:
    parser = etree.XMLPullParser(events=("start", "end"), **PARSER_BOUNDS)
    encoded = text.encode("utf-8", "replace")
    for start in range(0, len(encoded), 1 << 16):
        try:
            parser.feed(encoded[start : start + (1 << 16)])
        finally:  # what was complete before a break is still to be had
            yield from parser.read_events()
    parser.close()
    yield from parser.read_events()


def _item(element: "etree._Element", position: int, language: str | None, base: str = "") -> Record:
    url = absolute(_link(element), element.get(_XML_BASE) or base)
    title = fragment_text(_content(element, "title") or _content(element, "title", _attached))
    body = next((text for name in _BODIES if (text := _body(element, name))), "") or next(
        (text for name in _ATTACHED_BODIES if (text := _body(element, name, _attached))), ""
    )
    parts = [title] if title and not body.startswith(title) else []
    published = next(
        (date for name in _DATES if (date := parse_date(_content(element, name)))), None
    )
    identifier = _content(element, "guid") or _content(element, "id") or url or title
    return Record(
        offset=position,
        key=identifier,
        raw=etree.tostring(element, with_tail=False),
        url=url,
        title=title or None,
        author=_author(element),
        published=published,
        language_hint=_declared_language(element) or language,
        licence=next((text for name in _LICENCES if (text := _content(element, name))), None),
        text="\n\n".join(filter(None, [*parts, body])),
    )


_Children = Callable[["etree._Element", str], Iterator["etree._Element"]]


def _children(element: "etree._Element", name: str) -> Iterator["etree._Element"]:
    """Children of that name, of the item itself."""
    return (child for child in _named(element, name) if not _ATTACHED.match(str(child.tag)))


def _attached(element: "etree._Element", name: str) -> Iterator["etree._Element"]:
    """Children of that name, of what goes with the item."""
    return (child for child in _named(element, name) if _ATTACHED.match(str(child.tag)))


def _named(element: "etree._Element", name: str) -> Iterator["etree._Element"]:
    return (child for child in element if _local_name(child) == name)


def _content(element: "etree._Element", name: str, children: _Children = _children) -> str:
    """Text of the first child of that name which has some."""
    for child in children(element, name):
        text = "".join(child.itertext()).strip()
        if text:
            return text
    return ""


def _body(element: "etree._Element", name: str, children: _Children = _children) -> str:
    """Readable text of the child that holds (a summary of) the article."""
    for child in children(element, name):
        if child.get("type") == "xhtml" or any(_XHTML in str(node.tag) for node in child):
            for node in child.iter():
                node.tag = _local_name(node)
            etree.cleanup_namespaces(child)
            markup = etree.tostring(child, encoding="unicode", method="html", with_tail=False)
        elif child.get("type") in _PLAIN:
            markup = html.escape("".join(child.itertext()))
        else:
            markup = _unpacked(child)
        if text := fragment_text(markup):
            return text
    return ""


def _unpacked(element: "etree._Element") -> str:
    """Content of an element; Atom 0.3 can hold it in base64."""
    content = "".join(element.itertext())
    if element.get("mode") == "base64":
        try:
            return decode_text(base64.b64decode(content))
        except binascii.Error:
            return ""
    return content


def _link(element: "etree._Element") -> str | None:
    for child in _children(element, "link"):
        if child.get("rel", "alternate") == "alternate":
            address = (child.get("href") or child.text or "").strip()
            if address:
                return address
    # What identifies an item is its address, unless it says that it is none.
    for child in (*_children(element, "guid"), *_children(element, "id")):
        address = (child.text or "").strip()
        if address.startswith(("http://", "https://")) and child.get("isPermaLink") != "false":
            return address
    return None


def _bound_namespaces(element: "etree._Element") -> None:
    size = sum(len(prefix or "") + len(address) for prefix, address in element.nsmap.items())
    if size > _MAX_NAMESPACES:
        raise RecordError(f"more than {_MAX_NAMESPACES:,} characters of namespaces around an item")


def _is_of_feed(element: "etree._Element") -> bool:
    around = element.getparent()
    return around is not None and _local_name(around).lower() in ("channel", "feed")


def _author(element: "etree._Element") -> str | None:
    own = (*_children(element, "author"), *_children(element, "creator"))
    for child in (*own, *_attached(element, "author")):
        if name := _name(child):
            return name
    return None


def _name(person: "etree._Element") -> str:
    return _content(person, "name") or (person.text or "").strip()


def _local_name(element: "etree._Element") -> str:
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def _declared_language(element: "etree._Element") -> str | None:
    return element.get("{http://www.w3.org/XML/1998/namespace}lang")
