"""News feeds: RSS 0.9x, 1.0 (RDF) and 2.0, and Atom; one record per item."""

import html
import re
from collections.abc import Iterator
from typing import BinaryIO

from lxml import etree

from pipeline.extract.encodings import decode_html
from pipeline.extract.html import fragment_text
from pipeline.sources.dates import parse_date
from pipeline.sources.inputs import InputFile, InputParams
from pipeline.sources.plain_text import read_whole
from pipeline.sources.record import Record, document_or_empty, unreadable

_DECLARATION = re.compile(r"\s*<\?xml[^>]*\?>")
_REFERENCE = re.compile(r"&([A-Za-z][A-Za-z0-9]*);")
_BARE_AMPERSAND = re.compile(r"&(?!#[0-9]{1,7};|#x[0-9A-Fa-f]{1,6};|[A-Za-z][A-Za-z0-9]*;)")
# XML forbids these, also as references; feeds hold them, and feed readers pass over them.
_FORBIDDEN = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|&#0*(?:[0-8]|1[124-9]|2\d|3[01]|11|12);"
    r"|&#[xX]0*(?:[0-8]|[bBcCeEfF]|1[0-9a-fA-F]);"
)
_XML_ENTITIES = frozenset({"amp", "lt", "gt", "quot", "apos"})
_ITEMS = ("item", "entry")
# The fullest account of an item comes first.
_BODIES = ("encoded", "content", "body", "description", "summary", "subtitle")
_DATES = ("pubDate", "published", "date", "issued", "updated", "modified", "created")
_XHTML = "http://www.w3.org/1999/xhtml"
_LICENCES = ("license", "rights", "copyright")


def read_feed(stored: BinaryIO, file: InputFile, params: InputParams) -> Iterator[Record]:
    """Items of a feed, in its order; the offset is the position of the item.

    Where the XML breaks, what was complete before it stands, and one unreadable record says
    where. Entities are never expanded, nothing is fetched.
    """
    whole = read_whole(stored, file.path, params)
    if isinstance(whole, Record):
        yield whole
        return
    parser = etree.XMLPullParser(
        events=("start", "end"),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    count = 0
    language: str | None = None
    try:
        for event, element in _parse(parser, whole):
            name = _local_name(element)
            if event == "start":
                # xml:lang of Atom stands on the root, before any item.
                language = language or _declared_language(element)
            elif name in _ITEMS:
                yield document_or_empty(_item(element, count, language))
                count += 1
                element.clear()
            elif name == "language" and element.text:
                language = language or element.text.strip()
    except etree.XMLSyntaxError as error:
        yield unreadable(count, f"broken XML: {error.msg}", key=file.path, raw=whole)
        return
    if not count:
        yield Record(offset=0, key=file.path, raw=whole, skip_rule="empty_feed")


def _parse(parser: "etree.XMLPullParser", whole: bytes) -> Iterator[tuple[str, "etree._Element"]]:
    text = _DECLARATION.sub("", decode_html(whole), count=1).lstrip("\ufeff \t\r\n")
    text = _BARE_AMPERSAND.sub("&amp;", _FORBIDDEN.sub("", text))
    # Feeds use names of HTML that XML does not know; as characters they mean the same.
    encoded = _REFERENCE.sub(_as_character, text).encode("utf-8", "replace")
    for start in range(0, len(encoded), 1 << 16):
        try:
            parser.feed(encoded[start : start + (1 << 16)])
        finally:  # what was complete before a break is still to be had
            yield from parser.read_events()
    parser.close()
    yield from parser.read_events()


def _as_character(reference: re.Match[str]) -> str:
    name = reference[1]
    if name in _XML_ENTITIES:
        return reference[0]
    character = html.unescape(reference[0])
    return reference[0] if character == reference[0] else character


def _item(element: "etree._Element", position: int, language: str | None) -> Record:
    url = _link(element)
    title = fragment_text(_content(element, "title"))
    body = next((text for name in _BODIES if (text := _body(element, name))), "")
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


def _children(element: "etree._Element", name: str) -> Iterator["etree._Element"]:
    return (child for child in element if _local_name(child) == name)


def _content(element: "etree._Element", name: str) -> str:
    """Text of the first child of that name which has some."""
    for child in _children(element, name):
        text = "".join(child.itertext()).strip()
        if text:
            return text
    return ""


def _body(element: "etree._Element", name: str) -> str:
    """Readable text of the child that holds (a summary of) the article."""
    for child in _children(element, name):
        if child.get("type") == "xhtml" or any(_XHTML in str(node.tag) for node in child):
            for node in child.iter():
                node.tag = _local_name(node)
            etree.cleanup_namespaces(child)
            markup = etree.tostring(child, encoding="unicode", method="html", with_tail=False)
        else:
            markup = "".join(child.itertext())
        if text := fragment_text(markup):
            return text
    return ""


def _link(element: "etree._Element") -> str | None:
    for child in _children(element, "link"):
        if child.get("rel", "alternate") == "alternate":
            address = (child.get("href") or child.text or "").strip()
            if address:
                return address
    return None


def _author(element: "etree._Element") -> str | None:
    for child in (*_children(element, "author"), *_children(element, "creator")):
        name = _content(child, "name") or (child.text or "").strip()
        if name:
            return name
    return None


def _local_name(element: "etree._Element") -> str:
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def _declared_language(element: "etree._Element") -> str | None:
    return element.get("{http://www.w3.org/XML/1998/namespace}lang")
