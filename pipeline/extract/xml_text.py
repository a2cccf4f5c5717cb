"""XML that others wrote, such as books and feeds: what parsers are told, what they trip over."""

import html
import re
from typing import TypedDict

_DECLARATION = re.compile(r"\s*<\?xml[^>]*\?>")
_REFERENCE = re.compile(r"&([A-Za-z][A-Za-z0-9]*);")
_SECTION = b"<![CDATA["
_XML_ENTITIES = frozenset({"amp", "lt", "gt", "quot", "apos"})


class ParserBounds(TypedDict):
    """Arguments of lxml's parsers."""

    resolve_entities: bool
    no_network: bool
    load_dtd: bool
    huge_tree: bool
    remove_comments: bool
    remove_pis: bool


PARSER_BOUNDS: ParserBounds = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "huge_tree": False,
    "remove_comments": True,
    "remove_pis": True,
}
"""Entities are not expanded, nothing is fetched, nesting is bounded."""


def strip_declaration(text: str) -> str:
    """Without the XML declaration, which speaks of bytes, and what stands around it.

    >>> strip_declaration("\\ufeff <?xml version='1.0' encoding='utf-16'?>\\n<a/>")
    '<a/>'
    """
    return _DECLARATION.sub("", text, count=1).lstrip("\ufeff \t\r\n")


def open_sections(data: bytes) -> bytes:
    """What stands in CDATA sections, as the text that it is; one that never ends is none.

    >>> open_sections(b"<p><![CDATA[1 < 2]]></p><![CDATA[")
    b'<p>1 &lt; 2</p><![CDATA['
    """
    parts = []
    at = 0
    while (start := data.find(_SECTION, at)) >= 0 and (end := data.find(b"]]>", start)) >= 0:
        text = data[start + len(_SECTION) : end]
        parts += [data[at:start], text.replace(b"&", b"&amp;").replace(b"<", b"&lt;")]
        at = end + len(b"]]>")
    return b"".join([*parts, data[at:]])


def name_characters(text: str) -> str:
    """Characters in the place of HTML's names of them, which XML does not know.

    >>> name_characters("R&amp;D&mdash;1&nosuch;")
    'R&amp;D—1&nosuch;'
    """
    return _REFERENCE.sub(_as_character, text)


def _as_character(reference: re.Match[str]) -> str:
    return reference[0] if reference[1] in _XML_ENTITIES else html.unescape(reference[0])
