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
_BLANK = re.compile(r"\n[^\S\n]*(?:\n[^\S\n]*)+")
_INDENT = re.compile(r"[^\S\n]*")
_WIDE = re.compile(
    r"[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60]"
)
_UNSPACED = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\u3000-\u303f\u2018-\u201d]"
)


def reflow(text: str) -> str:
    """Join the lines of prose; paragraphs are apart by one blank line afterwards.

    >>> print(reflow("It was a dark and stormy night; the rain\\nfell in torrents, except at "
    ...              "occasional\\nintervals.\\n\\nTyger Tyger,\\nburning bright"))
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
    """Columns at which lines were wrapped; 0 when they were not."""
    widths = [display_width(line.rstrip()) for line in text.split("\n") if line.strip()]
    if not widths:
        return 0
    if np.percentile(widths, 99) > _WIDEST:
        return 0
    return int(np.percentile(widths, _WRAPPED_WIDTH_PERCENTILE))


def _reflow_paragraph(paragraph: str, width: int) -> list[str]:
    lines = [line.rstrip() for line in paragraph.strip("\n").split("\n")]
    indents = [len(_INDENT.match(line)[0]) for line in lines]  # type: ignore[index]
    common = min(indents)
    lines = [line[common:] for line in lines]
    if common >= 2:  # set in: a quotation or a poem, narrower than the rest
        width = max(map(display_width, lines))
    # Without blank lines between them, paragraphs begin with an indented line.
    pieces: list[list[str]] = []
    for index, line in enumerate(lines):
        if pieces and not (indents[index] > common and indents[index - 1] == common):
            pieces[-1].append(line)
        else:
            pieces.append([line])
    if len(pieces) > 1 and not all(_is_prose(piece, width) for piece in pieces):
        pieces = [lines]  # verse with indented lines
    if len(pieces) == 1 and not _is_prose(pieces[0], width):
        return ["\n".join(lines)]
    return [_join(piece) for piece in pieces]


def _is_prose(lines: list[str], width: int) -> bool:
    if len(lines) == 1:
        return True
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
