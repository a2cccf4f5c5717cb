"""HTML -> the main text of the page, by resiliparse."""

import re
from dataclasses import dataclass

from resiliparse.extract.html2text import extract_plain_text
from resiliparse.parse.html import HTMLTree

from pipeline.extract.encodings import decode_html

_BLANK_LINES = re.compile(r"\n[ \t]*\n\s*\n")
_LINE_ENDS = re.compile(r"[ \t\u00a0]+(?=\n|\Z)")
_CELLS = re.compile(r"[ \u00a0]*\t[ \t\u00a0]*")
# resiliparse takes time in the square of the depth (40 ms at 1,000 <div>, 20 min at 200,000).
# Browsers stop nesting at 512; pages that people read stay below 200.
_MAX_DEPTH = 1000
_BLOCK_TAG = re.compile(
    r"<(/?)(?:div|section|article|main|aside|header|footer|nav|table|tbody|tr|td|th|ul|ol|dl"
    r"|blockquote|form|fieldset|figure|details|center|span|font)\b[^>]*>",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Page:
    """What a page says."""

    text: str
    """Main content: paragraphs apart by a blank line, list items with a bullet."""
    title: str | None
    language: str | None
    """What the page declares, such as ``zh-CN``."""
    licence: str | None
    """Address that a ``rel=license`` link points to."""


def extract_text(html: bytes, *, encoding: str | None = None, url: str | None = None) -> str:
    """Main text of a page.

    ``encoding`` is what the server declared; ``url`` is where the page was found. Nothing in
    ``html`` makes this raise: of what is no page nothing comes.

    >>> extract_text(b"<html><body><nav><a href=/>Home</a></nav><article><h1>Tea</h1>"
    ...              b"<p>Pour hot water over the leaves and wait.</p></article></body></html>")
    'Tea\\n\\nPour hot water over the leaves and wait.'
    """
    return extract_page(html, encoding=encoding, url=url).text


def extract_page(html: bytes, *, encoding: str | None = None, url: str | None = None) -> Page:
    """Main text of a page with what its head says."""
    tree = HTMLTree.parse(_flatten(decode_html(html, encoding)))
    return Page(
        text=_main_text(tree),
        title=_attribute(tree, "title", None),
        language=_attribute(tree, "html", "lang"),
        licence=_attribute(tree, "[rel~=license]", "href"),
    )


def fragment_text(html: str) -> str:
    """All text of a piece of HTML, such as the content of a feed item.

    >>> fragment_text("<p>Rain &amp; wind</p><p>all day</p>")
    'Rain & wind\\n\\nall day'
    """
    if "<" not in html and "&" not in html:
        return html.strip()
    tree = HTMLTree.parse(_flatten(f"<body>{html}</body>"))
    return _tidy(extract_plain_text(tree, main_content=False, alt_texts=False, links=False))


def _main_text(tree: HTMLTree) -> str:
    return _tidy(
        extract_plain_text(
            tree,
            main_content=True,
            preserve_formatting=True,
            list_bullets=True,
            alt_texts=False,
            links=False,
            form_fields=False,
            noscript=False,
            comments=False,
            post_meta=False,
        )
    )


def _flatten(html: str) -> str:
    """The page itself, or, when it is nested beyond reason, its text in one level."""
    if html.count("<") <= _MAX_DEPTH:
        return html
    depth = deepest = 0
    for tag in _BLOCK_TAG.finditer(html):
        depth = max(0, depth - 1) if tag[1] else depth + 1
        deepest = max(deepest, depth)
    return _BLOCK_TAG.sub("<p>", html) if deepest > _MAX_DEPTH else html


def _tidy(text: str) -> str:
    text = _LINE_ENDS.sub("", _CELLS.sub("\t", text))
    return _BLANK_LINES.sub("\n\n", text.replace("\n\t", "\n")).strip()


def _attribute(tree: HTMLTree, selector: str, name: str | None) -> str | None:
    document = tree.document
    node = document.query_selector(selector) if document is not None else None
    if node is None:
        return None
    value = node.text if name is None else node.getattr(name)
    return " ".join(value.split()) or None if value else None
