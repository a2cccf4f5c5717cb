"""Chosen blocks -> readable text: paragraphs, lists, tables and code keep their shape."""

import re

import numpy as np
from numpy.typing import NDArray

from pipeline.extract.character_references import unescape
from pipeline.extract.html_columns import (
    CELL_NODE,
    END,
    ITEM_NODE,
    LINE,
    LINKED,
    LINKS,
    NODE,
    PRE,
    ROW_NODE,
    START,
    TAG,
)
from pipeline.extract.html_tags import HEADING, KINDS

BULLET = "\u2022 "
_CELL_WIDTH = 200
"""Bytes up to which the text of a cell is a value; longer ones are paragraphs of a layout table."""
_PERMALINK = "\u00b6"
"""Sign that documentation puts behind its headings, as a link to them."""
_SIGN_BEFORE = re.compile("(?:[\u00b6\U0001f517\u2693\u200b]\ufe0f?|# )\\s*(?=\\S)")
# A section sign before a heading is that of a law, and C# and F# are names.
_SIGN_BEHIND = re.compile(
    "(?<=\\S)(?:\\s*[\u00b6\u00a7\U0001f517\u2693\u200b]\ufe0f?|\\s+#|(?<!\\b[A-Za-z])#)$"
)
_MOST_LINKED = 2
"""Characters that are linked in a heading whose link is such a sign."""
_EDIT = re.compile(
    r"(?<=\S)\s*\[\s*(?:edit|bearbeiten|modifier|editar|modifica|bewerken|edytuj|redigera|правити?"
    r"|править|编辑|編輯|編集|편집)\b[^\[\]]{0,40}\]$",
    re.I,
)
"""What wikis put behind the headings of their sections."""
_SPACES = re.compile(r"[ \u00a0]{2,}|\u00a0")


def lay_out(
    text: NDArray[np.uint8],
    blocks: NDArray[np.int64],
    nodes: NDArray[np.int64],
    kept: NDArray[np.int64],
) -> str:
    """Text of the blocks at the places ``kept``, in their order.

    A blank line between paragraphs, list items behind a bullet, table cells apart by a tab, code
    as it was. Headings are without the links to themselves.
    """
    data = text.tobytes()
    parts: list[str] = []
    before: list[int] | None = None
    for block in blocks[kept].tolist():
        piece = unescape(data[block[START] : block[END]].decode("utf-8", "replace"))
        if block[PRE]:
            piece = piece.strip("\n").rstrip()
        else:
            piece = _SPACES.sub(" ", piece).strip().removesuffix(_PERMALINK).rstrip()
            if block[LINKS] and KINDS[nodes[block[NODE], TAG]] & HEADING:
                piece = _without_links(piece, block)
        if not piece:
            continue
        begins_item = block[ITEM_NODE] >= 0 and (
            before is None or before[ITEM_NODE] != block[ITEM_NODE]
        )
        if before is not None:
            parts.append(_gap(before, block))
        if begins_item and not (parts and parts[-1] == "\t"):
            parts.append(BULLET)
        parts.append(piece)
        before = block
    return "".join(parts)


def _without_links(heading: str, block: list[int]) -> str:
    """A heading without the sign that links to it, and without that to edit its section."""
    if block[LINKED] <= _MOST_LINKED:  # links that stay on the page do not count
        heading = _SIGN_BEHIND.sub("", heading)
        if sign := _SIGN_BEFORE.match(heading):
            heading = heading[sign.end() :]
    return _EDIT.sub("", heading)


def _gap(before: list[int], block: list[int]) -> str:
    if block[ROW_NODE] >= 0 and before[ROW_NODE] >= 0 and block[CELL_NODE] != before[CELL_NODE]:
        if max(before[END] - before[START], block[END] - block[START]) <= _CELL_WIDTH:
            return "\t" if before[ROW_NODE] == block[ROW_NODE] else "\n"
        return "\n\n"
    if block[ITEM_NODE] >= 0 and before[ITEM_NODE] >= 0:
        return "\n"
    if block[LINE] == 1 and before[NODE] == block[NODE]:
        return "\n"
    return "\n\n"
