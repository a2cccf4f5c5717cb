"""Elements of wikitext that show no text, or show it line by line."""

import re
from collections.abc import Callable

VERSE = "\x1d"
"""Begins a line that ends where it ends. XML cannot hold it, so no page brings its own."""

_OPAQUE = frozenset(
    {
        "ref", "references", "gallery", "timeline", "score", "imagemap", "templatedata",
        "templatestyles", "graph", "mapframe", "maplink", "hiero", "inputbox", "categorytree",
        "section", "indicator", "noinclude", "includeonly", "table",
    }
)  # fmt: skip
_TAG = re.compile(r"<(/?)([a-z][a-z0-9]{0,20})\b([^<>]{0,1000})>", re.I)
HIDDEN = re.compile(r"display[ \t]{0,9}:[ \t]{0,9}none", re.I)
"""The style of what is not shown."""
_ANY_POEM = re.compile(r"<poem", re.I)
_BREAK = re.compile(r"<br\s{0,9}/?\s{0,9}>\n?", re.I)
_LEVEL = re.compile(r"^[:*#;]+[ \t]*")


def drop_elements(text: str) -> str:
    """Without the elements whose content is no text, and those that a style hides; an unclosed
    tag of the former goes alone.

    >>> drop_elements('a<ref name="b">c</ref> <span style="display:none">0<span>1</span></span>d')
    'a d'
    """
    return _replace_elements(text, _is_dropped, lambda _: "")


def mark_verses(text: str) -> str:
    """With the lines of poems marked as such.

    >>> mark_verses("<poem>\\na\\n:b</poem>c")
    '\\n\\x1da\\n\\x1db\\nc'
    """
    if _ANY_POEM.search(text) is None:
        return text
    return _replace_elements(text, _is_poem, lambda content: f"\n{as_verse(content)}\n")


def as_verse(content: str) -> str:
    """Lines, each with its mark; an empty one parts two stanzas."""
    lines = _BREAK.sub("\n", content.strip("\n")).split("\n")
    return "\n".join(VERSE + _LEVEL.sub("", line.strip()) for line in lines)


def _is_dropped(name: str, attributes: str) -> bool:
    return name in _OPAQUE or HIDDEN.search(attributes) is not None


def _is_poem(name: str, attributes: str) -> bool:
    return name == "poem"


def _replace_elements(
    text: str, is_meant: Callable[[str, str], bool], replace: Callable[[str], str]
) -> str:
    """The text with something else for the outermost elements that are meant. Time is linear."""
    tags = list(_TAG.finditer(text))
    ends = _pair(tags)
    parts: list[str] = []
    at = 0
    for index, tag in enumerate(tags):
        if tag.start() < at:
            continue
        name = tag[2].lower()
        if not is_meant(name, tag[3]) and not (tag[1] and is_meant(name, "")):
            continue
        parts.append(text[at : tag.start()])
        at = tag.end()
        if (end := ends.get(index)) is not None:
            parts.append(replace(text[at : tags[end].start()]))
            at = tags[end].end()
    parts.append(text[at:])
    return "".join(parts)


def _pair(tags: list[re.Match[str]]) -> dict[int, int]:
    """Index of each opening tag -> that of the tag which closes it."""
    waiting: dict[str, list[int]] = {}
    ends: dict[int, int] = {}
    for index, tag in enumerate(tags):
        name = tag[2].lower()
        opened = waiting.setdefault(name, [])
        if tag[1]:
            if opened:
                # Those that are no more than text cannot be in one another: the first counts.
                ends[opened[0] if name in _OPAQUE else opened[-1]] = index
                if name in _OPAQUE:
                    opened.clear()
                else:
                    opened.pop()
        elif not tag[3].endswith("/"):
            opened.append(index)
    return ends
