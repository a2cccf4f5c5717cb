"""What belongs together stays together: lists, tables of data, code, and series of like parts.

Their ends stand next to menus and score as such; the ninetieth post of a thread is far from all
that tells main text, but it stands in the same boxes as the first.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pipeline.extract.html_boxes import add_to_parents
from pipeline.extract.html_columns import CHARS, LINKED, NODE, PARENT, SIGNATURE, TAG
from pipeline.extract.html_tags import TAGS

_UL, _OL, _DL, _TABLE, _PRE = (TAGS[n] for n in ("ul", "ol", "dl", "table", "pre"))
_FEWEST_ITEMS, _FEWEST_CELLS = 3, 6
"""Blocks of a list, and of a table, from which on it is one."""
_WIDEST = 60
"""Characters of a cell, on average, up to which a table holds data; others lay out a page."""
_SHARE = 0.7
"""Part of the score asked of a block that all of a list or table must have on average."""
_SIZE, _MASS, _COUNT, _KEPT, _TABLES = range(5)
_BARELY = 0.05
"""The same where it has no links and stands right behind kept text in the same box."""
_FEW_LINKED = 0.1
"""Share of characters in links up to which there are none."""
_MOST_ITEMS = 40
"""Blocks up to which a list or code belongs to the text before it."""
_FEWEST_PARTS = 10
"""Blocks in equal boxes from which on they are a series."""
_MAJORITY = 0.5
"""Share of a series' characters that must be kept for the rest to be."""
_LEAST = 0.3
"""Part of the score asked that a block of a kept series must have itself."""


@njit(cache=True, nogil=True)
def keep_wholes(
    kept: NDArray[np.bool_],
    scores: NDArray[np.float32],
    asked: float,
    blocks: NDArray[np.int64],
    nodes: NDArray[np.int64],
) -> None:
    """Add to the kept blocks, bool (num_blocks,), those of each list or table of data of which
    some are kept and whose blocks score, weighted by their characters, nearly what is ``asked``."""
    sums = np.zeros((len(nodes), 5))
    for i in range(len(blocks)):
        held = sums[blocks[i, NODE]]
        held[_SIZE] += blocks[i, CHARS]
        held[_MASS] += blocks[i, CHARS] * scores[i]
        held[_COUNT] += 1
        held[_KEPT] += kept[i]
    for node in range(1, len(nodes)):
        sums[node, _TABLES] = nodes[node, TAG] == _TABLE
    add_to_parents(nodes, sums)
    is_whole = np.zeros(len(nodes), np.bool_)
    for node in range(1, len(nodes)):
        held = sums[node]
        tag = nodes[node, TAG]
        is_whole[node] = is_whole[nodes[node, PARENT]] or (
            held[_KEPT] > 0
            and held[_MASS] >= _SHARE * asked * held[_SIZE]
            and (
                (tag in (_UL, _OL, _DL) and held[_COUNT] >= _FEWEST_ITEMS)
                or (
                    tag == _TABLE
                    and held[_TABLES] == 1  # a table of tables lays out a page
                    and held[_COUNT] >= _FEWEST_CELLS
                    and held[_SIZE] <= _WIDEST * held[_COUNT]
                )
            )
        )
    for i in range(len(blocks)):
        kept[i] |= is_whole[blocks[i, NODE]]


@njit(cache=True, nogil=True)
def keep_attached(
    kept: NDArray[np.bool_],
    scores: NDArray[np.float32],
    asked: float,
    blocks: NDArray[np.int64],
    nodes: NDArray[np.int64],
) -> None:
    """Add to the kept blocks, bool (num_blocks,), each list, table of data or code without links
    that stands right behind a kept block in the same box: short cells and items score low, but
    what a text announces is part of it."""
    outermost = np.zeros(len(nodes), np.int64)
    for node in range(1, len(nodes)):
        tag, above = nodes[node, TAG], outermost[nodes[node, PARENT]]
        is_one = tag in (_UL, _OL, _DL, _TABLE, _PRE)
        outermost[node] = node if is_one and above == 0 else above
    begin = 0
    while begin < len(blocks):
        whole = outermost[blocks[begin, NODE]]
        size = mass = linked = 0.0
        end = begin
        while end < len(blocks) and outermost[blocks[end, NODE]] == whole:
            chars = float(blocks[end, CHARS])
            size += chars
            mass += chars * scores[end]
            linked += blocks[end, LINKED]
            end += 1
        count = end - begin
        if nodes[whole, TAG] == _TABLE:
            fits = count >= _FEWEST_CELLS and size <= _WIDEST * count
        else:
            fits = count <= _MOST_ITEMS
        fits = fits and linked <= _FEW_LINKED * size and mass >= _BARELY * asked * size
        if whole and begin and kept[begin - 1] and fits:
            box, node = nodes[whole, PARENT], blocks[begin - 1, NODE]
            while node > 0 and node != box:
                node = nodes[node, PARENT]
            if node == box:
                kept[begin:end] = True
        begin = end


@njit(cache=True, nogil=True)
def keep_series(
    kept: NDArray[np.bool_],
    scores: NDArray[np.float32],
    asked: float,
    blocks: NDArray[np.int64],
    nodes: NDArray[np.int64],
) -> None:
    """Add to the kept blocks, bool (num_blocks,), the others of each series most of which is kept.

    Blocks are a series where all boxes around them, up to the page's, are of equal elements and
    classes.
    """
    paths = np.zeros(len(nodes), np.uint64)
    for node in range(1, len(nodes)):
        above = paths[nodes[node, PARENT]]
        paths[node] = (above ^ above >> np.uint64(29)) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(
            nodes[node, SIGNATURE]
        )
    count = len(blocks)
    order = np.argsort(paths[blocks[:, NODE]])
    begin = 0
    while begin < count:
        path = paths[blocks[order[begin], NODE]]
        size = mass = kept_size = 0.0
        end = begin
        while end < count and paths[blocks[order[end], NODE]] == path:
            i = order[end]
            chars = float(blocks[i, CHARS])
            size += chars
            mass += chars * scores[i]
            kept_size += chars * kept[i]
            end += 1
        if (
            end - begin >= _FEWEST_PARTS
            and kept_size >= _MAJORITY * size
            and mass >= _SHARE * asked * size
        ):
            for place in range(begin, end):
                kept[order[place]] |= scores[order[place]] >= _LEAST * asked
        begin = end
