"""One page of an electronic book (XHTML) -> its text, without what leads through the book."""

import re
from collections.abc import Collection, Iterator

import lxml.html
from lxml import etree

from pipeline.extract.character_references import unescape
from pipeline.extract.encodings import decode_html
from pipeline.extract.html import fragment_text
from pipeline.extract.reflow import reflow
from pipeline.extract.xml_text import PARSER_BOUNDS, name_characters, strip_declaration

_DOCTYPE = re.compile(r"\s*<!DOCTYPE[^>\[]*>", re.I)
_MARKUP = re.compile(r"<[A-Za-z!/?]")
_APPARATUS = frozenset(
    {
        "cover", "toc", "copyright-page", "landmarks", "loi", "lot", "page-list", "pagebreak",
        "noteref",
    }
)  # fmt: skip
_LICENCE_CLASSES = frozenset({"pgheader", "pg-boilerplate", "pg_trailer", "pgfooter"})
_DROPPED = frozenset({"nav", "script", "style", "iframe", "rt", "rp", "object", "head"})
_BLOCKS = frozenset(
    {"p", "li", "tr", "dt", "dd", "h1", "h2", "h3", "h4", "h5", "h6", "div", "blockquote", "pre"}
)
_CONTENTS = frozenset(
    {
        "contents", "table of contents", "inhalt", "inhaltsverzeichnis", "table des matières",
        "sommaire", "índice", "contenido", "indice", "sumário", "inhoud", "содержание",
        "оглавление", "目录", "目錄", "目次", "차례", "المحتويات", "chapters",
    }
)  # fmt: skip
_SHORTEST_CONTENTS = 3
"""Blocks in a row that are nothing but links into the book: fewer are no table of contents."""
_GONE = "gone"
"""Name of elements that are to be taken out."""
_REMAINDER = 200
"""Characters beside a licence which are still only its frame."""


def book_page_text(page: bytes) -> str:
    """Text of a page. Broken XHTML is read as browsers read HTML; nothing raises.

    >>> book_page_text(b"<html xmlns='http://www.w3.org/1999/xhtml'><body><h1>One</h1>"
    ...                b"<p>It was&mdash;late.<a id='p2'/></p></body></html>")
    'One\\n\\nIt was—late.'
    """
    text = _DOCTYPE.sub("", strip_declaration(decode_html(page)), count=1).replace("\x00", "")
    if not _MARKUP.search(text):  # a plain text: its lines are all that it has
        return reflow(unescape(text)).strip()
    root = _parse(text)
    if root is None:
        return fragment_text(text)
    had_licence = _prune(root)
    _prune_contents(root)
    _plain_svg(root)
    for element in root.iter(etree.Element):
        element.tag = _name(element)
    etree.cleanup_namespaces(root)
    markup = etree.tostring(root, encoding="unicode", method="html", with_tail=False)
    result = fragment_text(markup)
    return "" if had_licence and len(result) < _REMAINDER else result


def _parse(text: str) -> "etree._Element | None":
    """As XML, where ``<a id="x"/>`` is an empty element; else as HTML; ``None`` is neither."""
    parser = etree.XMLParser(**PARSER_BOUNDS)
    try:
        return etree.fromstring(name_characters(text).encode("utf-8", "replace"), parser)
    except (etree.XMLSyntaxError, ValueError):
        pass
    browser = lxml.html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    try:
        root = lxml.html.document_fromstring(text.encode("utf-8", "replace"), parser=browser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return None
    # libxml2 leaves out what is nested deeper than it goes.
    is_cut = any(error.type_name == "ERR_RESOURCE_LIMIT" for error in browser.error_log)
    return None if is_cut else root


def _name(element: "etree._Element") -> str:
    tag = element.tag
    return tag.rpartition("}")[2].lower() if isinstance(tag, str) else ""


def _kinds(element: "etree._Element") -> set[str]:
    """Values of ``epub:type``, and of ``role`` in its words of digital publishing."""
    kinds: set[str] = set()
    for key, value in element.items():
        name = key.rpartition("}")[2].rpartition(":")[2]
        if name == "type" and ("epub" in key or "idpf" in key):
            kinds |= set(value.lower().split())
        elif name == "role":
            kinds |= {word.removeprefix("doc-") for word in value.lower().split()}
    return kinds


def _drop(root: "etree._Element", dropped: Collection["etree._Element"]) -> None:
    """Take elements out, all at once: one by one, the text around them is copied each time."""
    for element in dropped:
        element.tag = _GONE
    if root.tag == _GONE:
        root.clear()
    etree.strip_elements(root, _GONE, with_tail=False)


def _prune(root: "etree._Element") -> bool:
    """Take navigation and licences out; whether there was a licence."""
    had_licence = False
    dropped = []
    for element in root.iter(etree.Element):
        marks = {*element.get("class", "").split(), element.get("id", "")}
        is_licence = bool(marks & _LICENCE_CLASSES)
        had_licence |= is_licence
        if is_licence or _name(element) in _DROPPED or _kinds(element) & _APPARATUS:
            dropped.append(element)
    _drop(root, dropped)
    return had_licence


def _plain_svg(root: "etree._Element") -> None:
    """Pages of fixed layout draw their lines: each becomes a paragraph, its spans apart."""
    for element in list(root.iter(etree.Element)):
        if _name(element) == "text" and any(_name(above) == "svg" for above in _above(element)):
            words = " ".join(" ".join(element.itertext()).split())
            tail = element.tail
            element.clear()
            element.text, element.tail = words, tail
            element.tag = "p"
    for element in root.iter(etree.Element):
        if _name(element) in ("svg", "g"):
            element.tag = "div"
            element.attrib.clear()


def _above(element: "etree._Element") -> Iterator["etree._Element"]:
    return element.iterancestors()


def _prune_contents(root: "etree._Element") -> None:
    """Take out rows of blocks that are links into the book, and the heading above them."""
    previous: etree._Element | None = None
    heading: etree._Element | None = None
    run: list[etree._Element] = []
    dropped: list[etree._Element] = []
    for element in [*_innermost_blocks(root), None]:
        if element is not None and _is_link(element):
            if not run:
                heading = previous
            run.append(element)
            continue
        if len(run) >= _SHORTEST_CONTENTS:
            dropped += run
            if heading is not None and _words(heading).casefold().rstrip(".:") in _CONTENTS:
                dropped.append(heading)
        run = []
        previous = element
    _drop(root, dropped)


def _innermost_blocks(root: "etree._Element") -> list["etree._Element"]:
    """Blocks with words in them and no other block inside."""
    blocks = []
    for element in root.iter(etree.Element):
        if _name(element) in _BLOCKS and not any(
            _name(child) in _BLOCKS for child in element.iterdescendants(etree.Element)
        ):
            blocks.append(element)
    return [block for block in blocks if _words(block)]


def _words(element: "etree._Element") -> str:
    return " ".join("".join(element.itertext()).split())


def _is_link(block: "etree._Element") -> bool:
    linked = open_links = 0
    for event, element in etree.iterwalk(block, events=("start", "end")):
        leads_inward = (
            _name(element) == "a" and element.get("href") and "://" not in element.get("href", "")
        )
        if event == "start":
            open_links += bool(leads_inward)
            text = element.text
        else:
            open_links -= bool(leads_inward)
            text = element.tail if element is not block else None
        if open_links and text:
            linked += len("".join(text.split()))
    whole = len("".join(_words(block).split()))
    # A number or dots may stand beside the link; "3 Of water" is none with a link at "3" only.
    return linked > 0 and linked >= 0.7 * whole
