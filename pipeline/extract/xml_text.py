"""XML that others wrote, such as books and feeds: what parsers are told, what they trip over."""

import html
import re
from typing import TypedDict

_DECLARATION = re.compile(r"\s*<\?xml[^>]*\?>")
_REFERENCE = re.compile(r"&([A-Za-z][A-Za-z0-9]*);")
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


def name_characters(text: str) -> str:
    """Characters in the place of HTML's names of them, which XML does not know.

    >>> name_characters("R&amp;D&mdash;1&nosuch;")
    'R&amp;D—1&nosuch;'
    """
    return _REFERENCE.sub(_as_character, text)


def _as_character(reference: re.Match[str]) -> str:
    return reference[0] if reference[1] in _XML_ENTITIES else html.unescape(reference[0])
