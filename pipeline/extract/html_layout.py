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
    NODE,
    PRE,
    ROW_NODE,
    START,
)

BULLET = "\u2022 "
_CELL_WIDTH = 200
"""Bytes up to which the text of a cell is a value; longer ones are paragraphs of a layout table."""
_PERMALINK = "\u00b6"
"""Sign that documentation puts behind its headings, as a link to them."""
_SPACES = re.compile(r"[ \u00a0]{2,}|\u00a0")


def lay_out(text: NDArray[np.uint8], blocks: NDArray[np.int64], kept: NDArray[np.int64]) -> str:
    """Text of the blocks at the places ``kept``, in their order.

    A blank line between paragraphs, list items behind a bullet, table cells apart by a tab, code
    as it was.
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
