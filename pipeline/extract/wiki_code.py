"""Code and other text of a wiki page that is no wikitext, set aside while the rest is read.

What stands in ``<syntaxhighlight>``, ``<source>``, ``<pre>`` and ``<nowiki>`` is shown as it is:
brackets in it are no links, ``#`` begins no list, and indentation counts. Of a formula the TeX
source is kept, between dollar signs: without it sentences have holes.
"""

import re
from bisect import bisect_left
from collections.abc import Sequence

from pipeline.extract.character_references import unescape

_BEGIN, _END, _END_IN_ROW = "\x02", "\x03", "\x04"
# XML cannot hold them, so no page brings its own; unlike others they are no white space.
_MARKS = re.compile(f"[{_BEGIN}{_END}{_END_IN_ROW}]")
_PLACE = re.compile(f"{_BEGIN}([0-9]+)([{_END}{_END_IN_ROW}])")
_FORMULAS = ("math", "chem", "ce")
_NAMES = "|".join(("syntaxhighlight", "source", "pre", "nowiki", *_FORMULAS))
_OPENING = re.compile(rf"<!--|<({_NAMES})\b([^<>]{{0,1000}})>", re.I)
_CLOSING = re.compile(rf"</({_NAMES})\s{{0,100}}>", re.I)
_NOWIKI = re.compile(r"</?nowiki\s*/?>", re.I)
_INLINE = re.compile(r"\binline\b", re.I)


def set_aside(text: str) -> tuple[str, list[str]]:
    """The page without comments, a placeholder for each piece of code; and the pieces.

    Time is linear in the page. An element that is not closed is none.

    >>> set_aside("a <nowiki>[[b]]</nowiki> <!-- <pre> -->c</pre>")
    ('a \\x020\\x03 c</pre>', ['[[b]]'])
    """
    text = _MARKS.sub("", text)
    closings: dict[str, list[re.Match[str]]] = {}
    for closing in _CLOSING.finditer(text):
        closings.setdefault(closing[1].lower(), []).append(closing)
    starts = {name: [each.start() for each in found] for name, found in closings.items()}
    pieces: list[str] = []
    parts: list[str] = []
    at = 0
    for opening in _OPENING.finditer(text):
        if opening.start() < at:
            continue
        parts.append(text[at : opening.start()])
        at = opening.start()
        if opening[1] is None:
            end = text.find("-->", opening.end())
            at = end + len("-->") if end >= 0 else len(text)
            continue
        name = opening[1].lower()
        place = bisect_left(starts.get(name, ()), opening.end())
        if opening[2].endswith("/") or place == len(starts.get(name, ())):
            continue
        closing = closings[name][place]
        at = closing.end()
        code = _as_shown(name, text[opening.end() : closing.start()])
        if code.strip():
            mark = f"{_BEGIN}{len(pieces)}{_END}"
            is_inline = name in ("nowiki", *_FORMULAS) or _INLINE.search(opening[2])
            parts.append(mark if is_inline else f"\n{mark}\n")
            pieces.append(code)
    parts.append(text[at:])
    return "".join(parts), pieces


def within_row(row: str) -> str:
    """A row of a table whose pieces of code are to stand on its one line."""
    return row.replace(_END, _END_IN_ROW)


def put_back(text: str, pieces: Sequence[str]) -> str:
    """The text with the pieces in their places.

    >>> put_back("a \\x020\\x03", ["[[b]]"])
    'a [[b]]'
    """

    def piece(place: re.Match[str]) -> str:
        code = pieces[int(place[1])]
        return " ".join(code.split()) if place[2] == _END_IN_ROW else code

    return _PLACE.sub(piece, text)


def _as_shown(name: str, content: str) -> str:
    if name in _FORMULAS:
        tex = " ".join(unescape(content).split())
        return f"${tex}$" if tex and name == "math" else tex
    if name == "nowiki":
        return unescape(content)
    if name == "pre":
        content = unescape(_NOWIKI.sub("", content))
    return content.strip("\n").rstrip()
