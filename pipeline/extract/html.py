"""HTML -> the main text of the page."""

import json
import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.extract.binary_content import is_binary
from pipeline.extract.character_references import unescape
from pipeline.extract.encodings import decode_html
from pipeline.extract.html_columns import HEAD_SLOTS, LANGUAGE, LICENCE, LINKED_DATA, TITLE
from pipeline.extract.html_features import measure_blocks
from pipeline.extract.html_layout import lay_out
from pipeline.extract.html_model import Model, load_model
from pipeline.extract.html_scan import MAX_BLOCKS, scan
from pipeline.extract.html_syntax import is_xml
from pipeline.extract.xml_text import open_sections

MAX_BYTES = 16 << 20
"""What a page holds beyond this is not read: no page that people read comes near it."""
_MAX_BLOCKS = 1 << 20
"""Blocks of a fragment: those of the longest books are a tenth of it."""
_MAX_LINKED_DATA = 1 << 20
_NOSCRIPT = re.compile(rb"<(/?)noscript(?=[\s>])", re.I)
_LEAST_NOSCRIPT = 300
"""Characters that tell a page for readers without scripts from a request to turn them on."""
_NOTHING = np.empty(0, np.uint8)


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
    is_cut: bool = False
    """Whether more text follows behind the blocks that were read."""


@dataclass(frozen=True, slots=True)
class Blocks:
    """A page cut into blocks of text; the arrays are those of ``html_scan.scan``."""

    text: NDArray[np.uint8]
    blocks: NDArray[np.int64]
    nodes: NDArray[np.int64]
    rows: NDArray[np.float32]
    """Features of each block, float32 (num_blocks, NUM_FEATURES)."""
    title: str | None
    language: str | None
    licence: str | None


def extract_text(html: bytes, *, encoding: str | None = None, url: str | None = None) -> str:
    """Main text of a page.

    ``encoding`` is what the server declared; ``url`` is where the page was found. No bytes make
    this raise: of images, archives, PDF and other binary content nothing comes; what has no
    markup is taken as text. Of a page of more than ``MAX_BYTES`` the beginning is read.

    >>> extract_text(b"<html><body><nav><a href=/>Home</a></nav><article><h1>Tea</h1>"
    ...              b"<p>Pour hot water over the leaves and wait for three minutes.</p>"
    ...              b"<p>Drink it while it is hot, or let it cool for the summer.</p>"
    ...              b"</article></body></html>").split("\\n\\n")[-1]
    'Drink it while it is hot, or let it cool for the summer.'

    Raises:
        TypeError: ``html`` is text instead of bytes.
    """
    return extract_page(html, encoding=encoding, url=url).text


def extract_page(html: bytes, *, encoding: str | None = None, url: str | None = None) -> Page:
    """Main text of a page with what its head says.

    Raises:
        TypeError: ``html`` is text instead of bytes.
    """
    if not isinstance(html, bytes | bytearray):
        kind = type(html).__name__
        raise TypeError(f"html must be the bytes of a page, not {kind}; text: encode it as UTF-8")
    if is_binary(html, encoding):
        return Page("", None, None, None)
    page = read_blocks(html, encoding)
    text = choose_text(page)
    if not text and b"<noscript" in html.lower():
        page, text = _without_scripts(html, encoding, page)
    is_cut = len(page.blocks) >= MAX_BLOCKS
    return Page(text, page.title, page.language, page.licence, is_cut)


def _without_scripts(html: bytes, encoding: str | None, page: Blocks) -> tuple[Blocks, str]:
    """The page as those see it who run no scripts, if it says something."""
    data = decode_html(html[:MAX_BYTES], encoding).encode("utf-8", "replace")
    shown = read_blocks(_NOSCRIPT.sub(rb"<\1div", data), "utf-8")
    text = choose_text(shown)
    return (shown, text) if len(text) >= _LEAST_NOSCRIPT else (page, "")


def fragment_text(html: str) -> str:
    """All text of a piece of HTML, such as the content of a feed item or a page of a book.

    >>> fragment_text("<p>Rain &amp; wind</p><p>all day</p>")
    'Rain & wind\\n\\nall day'
    """
    if "<" not in html and "&" not in html:
        return html.strip()
    text, blocks, nodes, _ = scan(_as_array(html.encode("utf-8", "replace")), _MAX_BLOCKS)
    return lay_out(text, blocks, nodes, np.arange(len(blocks)))


def read_blocks(html: bytes, encoding: str | None = None) -> Blocks:
    """Cut a page into blocks and measure them."""
    data = decode_html(html[:MAX_BYTES], encoding).encode("utf-8", "replace")
    if b"<![CDATA[" in data and is_xml(_as_array(data)):
        data = open_sections(data)
    text, blocks, nodes, head = scan(_as_array(data))
    title = _head_text(data, head, TITLE)
    title_bytes = _as_array(title.encode("utf-8", "replace")) if title else _NOTHING
    body = _stated_body(data, head)
    rows = measure_blocks(text, blocks, nodes, title_bytes, body)
    return Blocks(
        text, blocks, nodes, rows, title, _head_text(data, head, LANGUAGE),
        _head_text(data, head, LICENCE),
    )  # fmt: skip


def choose_text(page: Blocks, model: Model | None = None) -> str:
    """The text of the blocks that the model (by default the one that comes with the code) keeps."""
    if len(page.blocks) == 0:
        return ""
    model = model or load_model()
    kept = model.choose(page.rows, page.blocks, page.nodes)
    return lay_out(page.text, page.blocks, page.nodes, kept)


def _as_array(data: bytes) -> NDArray[np.uint8]:
    return np.frombuffer(data, np.uint8)


def _head_text(data: bytes, head: NDArray[np.int64], slot: int) -> str | None:
    start, end = head[slot], head[slot + 1]
    if start < 0:
        return None
    text = unescape(data[start:end].decode("utf-8", "replace"))
    return " ".join(text.split()) or None


def _stated_body(data: bytes, head: NDArray[np.int64]) -> NDArray[np.uint8]:
    """The article as linked data (JSON-LD ``articleBody``) states it; empty without."""
    for slot in range(LINKED_DATA, HEAD_SLOTS, 2):
        start, end = head[slot], head[slot + 1]
        if start < 0:
            break
        piece = data[start : min(end, start + _MAX_LINKED_DATA)]
        if b'"articleBody"' not in piece:
            continue
        try:
            body = _find_body(json.loads(piece, strict=False), 0)
        except (ValueError, RecursionError):
            continue
        if body:
            return _as_array(unescape(body).encode("utf-8", "replace"))
    return _NOTHING


def _find_body(value: Any, depth: int) -> str | None:
    if depth > 5:
        return None
    if isinstance(value, dict):
        body = value.get("articleBody")
        if isinstance(body, str) and body:
            return body
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            if isinstance(inner, dict | list) and (body := _find_body(inner, depth + 1)):
                return body
    return None
