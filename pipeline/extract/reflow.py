"""Hard-wrapped lines -> paragraphs; verse and lists keep their lines.

A line break is *soft* when the first word of the next line would not have fit any more: the
wrapping put it there. A paragraph whose breaks are mostly soft is prose, and is joined. Verse,
tables of contents and addresses break where there was room, and stay as they are.
"""

import re
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
"""Narrower than most books are set: there it is verse, unless its lines run on."""
_NARROWEST_PROSE = 40
_NARROWEST_CHINESE = 50
_TELLING_LINES = 3
"""Lines of a Chinese paragraph from which on it tells its own width."""
_SHORT_LINE = 0.7
"""Share of the width below which a line in prose that had room left ends a paragraph."""
_SHORTEST_PIECE = 2.5
"""Lines per paragraph, on average, from which on indents begin paragraphs and not verses."""
_TABLE = re.compile(r"\S[^\S\n]{3,}\S")
_CHINESE_INDENT = "\u3000\u3000"
_BLANK = re.compile(r"\n[^\S\n]*(?:\n[^\S\n]*)+")
_WIDE = re.compile(
    r"[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60]"
)
_UNSPACED = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u9fff\uf900-\ufaff\ufe30-\ufe6f\uff00-\uffef]"
)
_RULE = re.compile(r"[-=_*~\u2014\u2500]{5,}")


def reflow(text: str) -> str:
    """Join the lines of prose; paragraphs are apart by one blank line afterwards.

    >>> print(reflow("It was a dark and stormy night; the rain fell in torrents, except at\\n"
    ...              "occasional intervals.\\n\\nTyger Tyger,\\nburning bright"))
    It was a dark and stormy night; the rain fell in torrents, except at occasional intervals.
    <BLANKLINE>
    Tyger Tyger,
    burning bright
    """
    lines = text.split("\n")
    width = _wrap_width(lines, _NARROWEST_PROSE if _runs_on(lines) else _NARROWEST)
    paragraphs = (part for part in _BLANK.split(text) if part.strip())
    return "\n\n".join(
        piece.strip("\n")
        for paragraph in paragraphs
        for piece in _reflow_paragraph(paragraph, width)
    )


def display_width(text: str) -> int:
    """Columns that a text takes in a fixed-width font: Chinese characters take two.

    >>> display_width("abc"), display_width("中文")
    (3, 4)
    """
    return len(text) if text.isascii() else len(text) + len(_WIDE.findall(text))


def _runs_on(lines: list[str]) -> bool:
    """Whether most lines go on in lower case, as prose does; verse begins with capitals."""
    begins = [
        after.strip()[0] for before, after in pairwise(lines) if before.strip() and after.strip()
    ]
    letters = [character for character in begins if character.isalpha()]
    return sum(map(str.islower, letters)) > max(1, len(letters)) / 2


def _wrap_width(lines: list[str], narrowest: int) -> int:
    """Columns at which lines were wrapped; 0 when they were not, or when nearly all is verse."""
    widths = [display_width(line.rstrip()) for line in lines if line.strip()]
    if not widths or np.percentile(widths, 99) > _WIDEST:
        return 0
    width = int(np.percentile(widths, _WRAPPED_WIDTH_PERCENTILE))
    return width if width >= narrowest else 0


def _reflow_paragraph(paragraph: str, width: int) -> list[str]:
    lines = [line.rstrip() for line in paragraph.strip("\n").split("\n")]
    is_chinese = _is_unspaced(lines[0].strip()[-1:]) or lines[0].startswith(_CHINESE_INDENT)
    if not width and not is_chinese:
        return ["\n".join(lines)]
    indents = [len(line) - len(line.lstrip()) for line in lines]
    common = min(indents)
    if len(lines) > 1 and indents[0] == common and min(indents[1:]) > common:  # hanging
        common = min(indents[1:])
    lines = [line[min(common, indent) :] for line, indent in zip(lines, indents, strict=True)]
    if common >= 2:  # set in: a quotation or a poem, narrower than the rest
        width = min(width, max(_NARROWEST, *map(display_width, lines)))
    pieces = _split_at_indents(lines)
    if not is_chinese and len(lines) < _SHORTEST_PIECE * len(pieces):
        pieces = [lines]  # verse with indented lines
    joined = []
    for piece in filter(None, pieces):
        if is_chinese and len(piece) >= _TELLING_LINES:
            # Chinese lines are full to the last character: they tell how wide they were set,
            # which changes from chapter to chapter.
            width = _wrap_width(piece[:-1], _NARROWEST_CHINESE) or width
        joined.append(_join(piece, width) if _is_prose(piece, width) else "\n".join(piece))
    return joined


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
        if _RULE.fullmatch(line):  # what stands over it is a heading
            pieces.append([])
        elif begins:
            pieces.append([line])
        else:
            pieces[-1].append(line)
    return pieces


def _is_prose(lines: list[str], width: int) -> bool:
    if len(lines) == 1:
        return True
    if not width:
        return False
    if sum(_TABLE.search(line) is not None for line in lines) > len(lines) / 2:
        return False
    soft = sum(_is_soft(line, following, width) for line, following in pairwise(lines))
    if soft >= _PROSE * (len(lines) - 1):
        return True
    # Set ragged: long lines of which most go on in lower case.
    mean = sum(map(display_width, lines[:-1])) / (len(lines) - 1)
    return mean >= _SHORT_LINE * width and _runs_on(lines)


def _is_soft(line: str, following: str, width: int) -> bool:
    gap = 0 if _is_unspaced(line[-1:]) else 1
    needed = display_width(line) + gap + display_width(_first_word(following))
    return needed > width - _RAGGED


def _first_word(line: str) -> str:
    line = line.lstrip()
    if _is_unspaced(line[:1]):
        return line[:1]
    return line.split(None, 1)[0] if line else ""


def _is_unspaced(character: str) -> bool:
    return bool(character) and _UNSPACED.match(character) is not None


def _join(lines: list[str], width: int) -> str:
    parts = [lines[0].strip()]
    for line, following in pairwise(lines):
        following = following.strip()
        if (
            display_width(line) < _SHORT_LINE * width
            and not _is_soft(line, following, width)
            and not following[:1].islower()
        ):
            parts.append("\n")  # the last line of a paragraph, or of an address
        elif not _joins_without_space(line[-1:], following[:1]):
            parts.append(" ")
        parts.append(following)
    return "".join(parts)


def _joins_without_space(before: str, after: str) -> bool:
    # well-\nknown, and a dash that had no spaces
    return before in ("-", "\u2014") or _is_unspaced(before) or _is_unspaced(after)
