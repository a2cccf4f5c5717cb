"""Hard-wrapped lines -> paragraphs; verse and lists keep their lines.

A line break is *soft* when the first word of the next line would not have fit any more: the
wrapping put it there. A paragraph whose breaks are mostly soft is prose, and is joined. Verse,
tables of contents and addresses break where there was room, and stay as they are.
"""

import re
import unicodedata
from itertools import pairwise

import numpy as np

_PROSE = 0.6
"""Share of soft breaks from which on a paragraph is prose."""
_RAGGED = 3
"""Columns that hand-set lines may stay short of the width."""
_WIDEST = 120
"""Text that goes further is not wrapped: each line is a paragraph already."""
_WRAPPED_WIDTH_PERCENTILE = 95
_NARROWEST = 55
"""Narrower than any book is set: there it is verse."""
_SHORTEST_PIECE = 2.5
"""Lines per paragraph, on average, from which on indents begin paragraphs and not verses."""
_TABLE = re.compile(r"\S[^\S\n]{3,}\S")
_CHINESE_INDENT = "\u3000\u3000"
_BLANK = re.compile(r"\n[^\S\n]*(?:\n[^\S\n]*)+")
_WIDE = re.compile(
    r"[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60]"
)
_UNSPACED = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\u3000-\u303f\u2018-\u201d]"
)


def reflow(text: str) -> str:
    """Join the lines of prose; paragraphs are apart by one blank line afterwards.

    >>> print(reflow("It was a dark and stormy night; the rain fell in torrents, except at\\n"
    ...              "occasional intervals.\\n\\nTyger Tyger,\\nburning bright"))
    It was a dark and stormy night; the rain fell in torrents, except at occasional intervals.
    <BLANKLINE>
    Tyger Tyger,
    burning bright
    """
    width = _wrap_width(text)
    paragraphs = (part for part in _BLANK.split(text) if part.strip())
    return "\n\n".join(
        piece.strip("\n")
        for paragraph in paragraphs
        for piece in (_reflow_paragraph(paragraph, width) if width else [paragraph.rstrip()])
    )


def display_width(text: str) -> int:
    """Columns that a text takes in a fixed-width font: Chinese characters take two.

    >>> display_width("abc"), display_width("中文")
    (3, 4)
    """
    return len(text) if text.isascii() else len(text) + len(_WIDE.findall(text))


def _wrap_width(text: str) -> int:
    """Columns at which lines were wrapped; 0 when they were not, or when nearly all is verse."""
    widths = [display_width(line.rstrip()) for line in text.split("\n") if line.strip()]
    if not widths or np.percentile(widths, 99) > _WIDEST:
        return 0
    width = int(np.percentile(widths, _WRAPPED_WIDTH_PERCENTILE))
    return width if width >= _NARROWEST else 0


def _reflow_paragraph(paragraph: str, width: int) -> list[str]:
    lines = [line.rstrip() for line in paragraph.strip("\n").split("\n")]
    indents = [len(line) - len(line.lstrip()) for line in lines]
    common = min(indents)
    if len(lines) > 1 and indents[0] == common and min(indents[1:]) > common:  # hanging
        common = min(indents[1:])
    lines = [line[min(common, indent) :] for line, indent in zip(lines, indents, strict=True)]
    if common >= 2:  # set in: a quotation or a poem, narrower than the rest
        width = min(width, max(_NARROWEST, *map(display_width, lines)))
    pieces = _split_at_indents(lines)
    is_chinese = any(line.startswith(_CHINESE_INDENT) for line in lines)
    if not is_chinese and len(lines) < _SHORTEST_PIECE * len(pieces):
        pieces = [lines]  # verse with indented lines
    return [_join(piece) if _is_prose(piece, width) else "\n".join(piece) for piece in pieces]


def _split_at_indents(lines: list[str]) -> list[list[str]]:
    """Paragraphs that only an indented first line tells apart."""
    pieces = [[lines[0]]]
    for index, line in enumerate(lines[1:], 1):
        begins = line[:1].isspace() and (
            not lines[index - 1][:1].isspace()
            and (index + 1 == len(lines) or not lines[index + 1][:1].isspace())
        )
        # Chinese sets paragraphs in by two wide spaces, and verse by more.
        if line.startswith(_CHINESE_INDENT):
            begins = not line.startswith(_CHINESE_INDENT + "\u3000")
        if begins:
            pieces.append([line])
        else:
            pieces[-1].append(line)
    return pieces


def _is_prose(lines: list[str], width: int) -> bool:
    if len(lines) == 1:
        return True
    if sum(_TABLE.search(line) is not None for line in lines) > len(lines) / 2:
        return False
    soft = 0
    for line, following in pairwise(lines):
        word = _first_word(following)
        gap = 0 if _is_unspaced(line[-1:]) else 1
        soft += display_width(line) + gap + display_width(word) > width - _RAGGED
    return soft >= _PROSE * (len(lines) - 1)


def _first_word(line: str) -> str:
    line = line.lstrip()
    if _is_unspaced(line[:1]):
        return line[:1]
    return line.split(None, 1)[0] if line else ""


def _is_unspaced(character: str) -> bool:
    return bool(character) and _UNSPACED.match(character) is not None


def _join(lines: list[str]) -> str:
    joined = lines[0].strip()
    for line in lines[1:]:
        line = line.strip()
        if not line:
            continue
        if _joins_without_space(joined[-1:], line[0]):
            joined += line
        else:
            joined += " " + line
    return joined


def _joins_without_space(before: str, after: str) -> bool:
    if before in ("-", "\u2014"):  # well-\nknown, and a dash that had no spaces
        return True
    if not (_is_unspaced(before) and _is_unspaced(after)):
        # A Chinese sentence may break beside a digit or a Latin name.
        return _is_wide(before) and _is_wide(after)
    return _is_wide(before) or _is_wide(after)


def _is_wide(character: str) -> bool:
    return bool(character) and (
        unicodedata.east_asian_width(character) in ("W", "F") or "\u0e00" <= character <= "\u17ff"
    )
