"""Wikitext -> plain text, in one pass whose time is linear in the page.

mwparserfromhell was measured first: 0.9 MB/s on the shared English dump, and on unclosed tags or
links its time explodes (20,000 times ``<ref>``: more than 25 s). A corpus needs no syntax tree,
so this keeps a stack of what is open and drops or renders it when it closes; the tests compare
the words that remain with mwparserfromhell's.

Dropped: references, files, categories, galleries, comments, infoboxes, navigation, and
templates that only their definition could tell. Kept: text, headings, list items, link labels,
templates that dress their text, code as it stands, the TeX of formulas between dollar signs, and
tables: a row is a line, its cells apart
by tabs. Lines of poems are lines.
"""

import re
from collections.abc import Collection

from pipeline.extract.character_references import unescape
from pipeline.extract.wiki_code import put_back, set_aside, within_row
from pipeline.extract.wiki_elements import VERSE, drop_elements, mark_verses
from pipeline.extract.wiki_markup import DROPPED_NAMESPACES, render_link
from pipeline.extract.wiki_tables import CELL, ROW, lay_out_row, render_table
from pipeline.extract.wiki_templates import render_template
from pipeline.extract.wiki_variants import resolve_variants

__all__ = ["DROPPED_NAMESPACES", "wikitext_to_text"]

_MAX_DEPTH = 100
"""Deeper openings are text: it bounds how often a piece is copied."""
_BRACKETS = re.compile(r"\{\{+|\}\}+|\[\[|\]\]|^[ \t:]*\{\||^[ \t]*\|\}(?!\})", re.M)
_EXTERNAL = re.compile(
    r"\[(?:https?:|ftp:|mailto:|//)[^\s\]\[<>\"]{0,2000}[ \t]*([^\]\[\n]{0,1000})\]"
)
_QUOTES = re.compile(r"'{2,5}")
_MAGIC_WORD = re.compile(r"__[A-Z]{3,20}__")
_BREAK = re.compile(r"<br\s*/?\s*>", re.I)
_TAG = re.compile(r"</?[A-Za-z][^<>]{0,1000}>")
_HEADING = re.compile(r"^(={1,6})[ \t]*(.+?)[ \t]*={1,6}[ \t]*$")
_LIST_ITEM = re.compile(r"^([*#]+)[:;]*[ \t]*")
_INDENTED = re.compile(r"^[:;]+[ \t]*")
_MARKS = re.compile(f"[{ROW}{CELL}{VERSE}]")
_RULE = re.compile(r"^-{4,}")
# What is left of a parenthesis whose templates are gone: "( ; , )".
_EMPTY_PARENTHESES = re.compile(r"[ \t\u00a0]*[(（][ \t\u00a0;,、，；:：/]*[)）]")
_PARENTHESIS_START = re.compile(r"(?<=[(（])[ \t\u00a0]*[;,，；][ \t\u00a0]*")
_SPACES = re.compile(r"[ \t\u00a0]{2,}")


def wikitext_to_text(
    wikitext: str, dropped_namespaces: Collection[str] = DROPPED_NAMESPACES
) -> str:
    """Readable text of a page.

    ``dropped_namespaces`` are the names, in lower case, whose links show no text (files,
    categories), in the language of the wiki.

    >>> print(wikitext_to_text("'''Tea''' is a [[drink|beverage]].{{citation needed}}<ref>B</ref>"
    ...                        "\\n== Kinds ==\\n* [[green tea|green]]\\n== Empty ==\\n"))
    Tea is a beverage.
    <BLANKLINE>
    Kinds
    <BLANKLINE>
    - green
    """
    text, code = set_aside(_MARKS.sub("", wikitext))
    text = resolve_variants(mark_verses(drop_elements(text)))
    text = _resolve_brackets(text, dropped_namespaces)
    text = _EXTERNAL.sub(r"\1", text)
    text = _MAGIC_WORD.sub("", _QUOTES.sub("", text))
    text = _TAG.sub("", _BREAK.sub("\n", text))
    text = unescape(text)
    text = _PARENTHESIS_START.sub("", _SPACES.sub(" ", text))
    return put_back(_lay_out(_EMPTY_PARENTHESES.sub("", text)), code)


def _resolve_brackets(text: str, dropped_namespaces: Collection[str]) -> str:
    out: list[str] = []
    frames: list[tuple[str, int]] = []  # what is open, and where its content begins in `out`
    at = 0
    for token in _BRACKETS.finditer(text):
        out.append(text[at : token.start()])
        at = token.end()
        mark = token[0].strip(" \t:")
        if mark.startswith("{{"):
            frames += [("{{", len(out))] * min(len(mark) // 2, _MAX_DEPTH - len(frames))
        elif mark in ("[[", "{|"):
            if len(frames) < _MAX_DEPTH:
                frames.append((mark, len(out)))
        elif mark.startswith("}}"):
            for _ in range(len(mark) // 2):
                if not _close(out, frames, "{{", dropped_namespaces):
                    break
        elif not _close(out, frames, "[[" if mark == "]]" else "{|", dropped_namespaces):
            out.append(token[0] if mark == "|}" else "")
    out.append(text[at:])
    return "".join(out)


def _close(
    out: list[str], frames: list[tuple[str, int]], kind: str, dropped_namespaces: Collection[str]
) -> bool:
    """Close the innermost frame of a kind; what is open inside it was never closed, and is
    text. A link does not reach out of a template or a table, nor a template out of a table."""
    barriers = {"[[": ("{{", "{|"), "{{": ("{|",), "{|": ()}[kind]
    for place in range(len(frames) - 1, -1, -1):
        if frames[place][0] == kind:
            break
        if frames[place][0] in barriers:
            return False
    else:
        return False
    start = frames[place][1]
    del frames[place:]
    content = "".join(out[start:])
    del out[start:]
    if kind == "[[":
        out.append(render_link(content, dropped_namespaces))
    elif kind == "{{":
        before = "".join(each[-6:] for each in out[-3:]).rstrip("'")[-1:]  # bold or not
        out.append(render_template(content, before))
    else:
        out.append(render_table(content))
    return True


def _lay_out(text: str) -> str:
    """Lines as paragraphs, headings and list items; headings without content go."""
    parts: list[str] = []  # what stands between, and what is said, in turn
    headings: list[tuple[int, str]] = []  # waiting for content
    in_list = in_table = in_verse = False
    for line in text.split("\n"):
        if line.startswith(ROW):
            if row := lay_out_row(line):
                parts += _waiting(headings)
                parts += ["\n" if in_table else "\n\n", within_row(row)]
                in_table, in_list = True, False
            continue
        in_table = False
        if line.startswith(VERSE):
            if verse := line.strip(VERSE + " \t"):
                parts += _waiting(headings)
                parts += ["\n" if in_verse else "\n\n", verse]
            in_verse, in_list = bool(verse), False
            continue
        in_verse = False
        line = line.strip(VERSE + " \t")
        if not line or line[0] in "|!" or _RULE.match(line):
            in_list = False
            continue
        if heading := _HEADING.match(line):
            level = len(heading[1])
            headings = [waiting for waiting in headings if waiting[0] < level]
            headings.append((level, heading[2]))
            in_list = False
            continue
        item = _LIST_ITEM.match(line)
        body = line[item.end() :] if item else _INDENTED.sub("", line)
        if not body.strip(" .,;:"):
            continue
        parts += _waiting(headings)
        parts += ["\n" if item and in_list else "\n\n", f"- {body}" if item else body]
        in_list = item is not None
    return "".join(parts[1:])


def _waiting(headings: list[tuple[int, str]]) -> list[str]:
    """The headings that waited for content, which are then said."""
    said = [part for _, title in headings for part in ("\n\n", title)]
    headings.clear()
    return said
