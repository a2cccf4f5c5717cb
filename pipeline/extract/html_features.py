"""Blocks of a page -> what tells main text from the rest: one row of numbers per block.

Everything is counted in one pass over blocks and nodes; nothing looks at the words' meaning
except for a short list of notices (html_tags.NOTICES) and the names of boxes.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pipeline.extract.html_boxes import measure_boxes
from pipeline.extract.html_columns import (
    AROUND_AT,
    BEGINS,
    BOLD,
    BOXES,
    CAPITALS,
    CHARS,
    COMMAS,
    DEPTH,
    DIGITS,
    ENDS,
    IMAGES,
    LINE,
    LINKED,
    LINKS,
    NEIGHBOUR_COPIES,
    NEIGHBOURS,
    NODE,
    NOTICED,
    NUM_FEATURES,
    NUM_HINTS,
    SHAPE_AT,
    SIGNATURE,
    STOPS,
    TAG,
    UPPER,
    WIDE,
    WORDS,
)
from pipeline.extract.html_sections import look_beside, measure_place, measure_sections, tag_class
from pipeline.extract.html_tags import STRUCTURES, TAGS
from pipeline.extract.html_words import compare_words, measure_wording

_H1 = TAGS["h1"]
_EXCLUDED = 1 | 1 << 2 | 1 << 4 | 1 << 6 | 1 << 7 | 1 << 15
for _name in ("nav", "aside", "footer"):
    _EXCLUDED |= 1 << (NUM_HINTS + STRUCTURES.index(_name))


@njit(nogil=True, cache=True)
def measure_blocks(
    text: NDArray[np.uint8],
    blocks: NDArray[np.int64],
    nodes: NDArray[np.int64],
    title: NDArray[np.uint8],
    body: NDArray[np.uint8],
) -> NDArray[np.float32]:
    """Features of each block.

    Args:
        text, blocks, nodes: what ``scan`` returned.
        title: uint8, the title of the page.
        body: uint8, the text of the article as the page's linked data states it; empty without.

    Returns:
        float32 (num_blocks, NUM_FEATURES).
    """
    rows = np.zeros((len(blocks), NUM_FEATURES), np.float32)
    goodness = _find_good(blocks)
    _measure_counts(blocks, nodes, rows)
    _measure_course(blocks, nodes, goodness, rows)
    compare_words(text, blocks, title, body, rows)
    measure_boxes(blocks, nodes, goodness, rows)
    _measure_windows(blocks, nodes, goodness, rows)
    _look_around(rows)
    measure_wording(blocks, rows)
    measure_place(text, blocks, nodes, goodness, rows)
    measure_sections(blocks, nodes, goodness, rows)
    look_beside(blocks, rows)
    return rows


@njit(cache=True, nogil=True)
def _find_good(blocks: NDArray[np.int64]) -> NDArray[np.float64]:
    """Size of what is no link in blocks that read like sentences of an article; 0 for others."""
    goodness = np.zeros(len(blocks))
    for i in range(len(blocks)):
        block = blocks[i]
        size = float(block[CHARS])
        free = size - block[LINKED]
        if (
            free >= 60
            and block[STOPS] + block[COMMAS] > 0
            and free > 0.5 * size
            and block[BOXES] & _EXCLUDED == 0
        ):
            goodness[i] = free
    return goodness


@njit(cache=True, nogil=True)
def _measure_counts(
    blocks: NDArray[np.int64], nodes: NDArray[np.int64], rows: NDArray[np.float32]
) -> None:
    """What was counted in a block, mostly as shares of it."""
    for i in range(len(blocks)):
        block = blocks[i]
        row = rows[i]
        size = float(block[CHARS])
        words = max(1, block[WORDS])
        row[0] = np.log1p(size)
        row[1] = block[LINKED] / max(1.0, size)
        row[2] = block[WORDS]
        row[3] = size / words
        row[4] = block[DIGITS] / max(1.0, size)
        row[5] = block[UPPER] / max(1.0, size)
        row[6] = block[STOPS]
        row[7] = block[COMMAS]
        row[8] = block[ENDS]
        row[9] = block[BOLD] / max(1.0, size)
        row[10] = block[NOTICED]
        row[11] = block[NOTICED] / words
        row[12] = block[LINE]
        row[17] = block[LINKS]
        row[18] = block[IMAGES]
        row[19] = nodes[block[NODE], DEPTH]
        row[20] = tag_class(nodes[block[NODE], TAG])
        row[21] = block[CAPITALS] / words
        row[22] = block[WIDE] * 3 / max(1.0, size)
        begins = block[BEGINS]
        row[23] = (
            1 if 65 <= begins <= 90 else 2 if 97 <= begins <= 122 else 3 if begins >= 128 else 0
        )


@njit(cache=True, nogil=True)
def _measure_course(
    blocks: NDArray[np.int64],
    nodes: NDArray[np.int64],
    goodness: NDArray[np.float64],
    rows: NDArray[np.float32],
) -> None:
    """Where in the course of the page a block stands, and how much there is of it."""
    count = len(blocks)
    all_text = all_good = 0.0
    first_h1 = -1
    for i in range(count):
        all_text += blocks[i, CHARS]
        all_good += goodness[i]
        if first_h1 < 0 and nodes[blocks[i, NODE], TAG] == _H1:
            first_h1 = i
    text_before = good_before = h1_good = 0.0
    since_good = 50
    for i in range(count):
        row = rows[i]
        row[13] = i
        row[14] = i / count
        row[15] = text_before / max(1.0, all_text)
        row[16] = good_before / max(1.0, all_good)
        row[24] = i - first_h1 if first_h1 >= 0 else -99
        row[25] = (good_before - h1_good) / max(1.0, all_good)
        row[26] = since_good
        if i == first_h1:
            h1_good = good_before
        row[31] = np.log1p(all_good)
        row[32] = np.log1p(count)
        row[33] = all_good / max(1.0, all_text)
        text_before += blocks[i, CHARS]
        good_before += goodness[i]
        since_good = 0 if goodness[i] > 0 else min(50, since_good + 1)


@njit(cache=True, nogil=True)
def _measure_windows(
    blocks: NDArray[np.int64],
    nodes: NDArray[np.int64],
    goodness: NDArray[np.float64],
    rows: NDArray[np.float32],
) -> None:
    """Good text near a block, and whether the block before is of its kind."""
    for i in range(len(blocks)):
        row = rows[i, SHAPE_AT:]
        node = blocks[i, NODE]
        row[8] = _window(goodness, i, 3)
        row[9] = _window(goodness, i, 8)
        row[10] = nodes[node, SIGNATURE] == (nodes[blocks[i - 1, NODE], SIGNATURE] if i else -1)
        row[11] = node == (blocks[i - 1, NODE] if i else -1)
        row[12] = goodness[i] > 0
        row[13] = _after(goodness, i, 3)
        row[14] = _after(goodness, i, 10)
        row[15] = _before(goodness, i, 10)


@njit(cache=True, nogil=True)
def _look_around(rows: NDArray[np.float32]) -> None:
    """The counts of the blocks before and after that tell most."""
    count = len(rows)
    for i in range(count):
        for k in range(len(NEIGHBOURS)):
            at = AROUND_AT + k * NEIGHBOUR_COPIES
            j = i + NEIGHBOURS[k]
            if 0 <= j < count:
                rows[i, at] = rows[j, 0]
                rows[i, at + 1] = rows[j, 1]
                rows[i, at + 2] = rows[j, 8]
                rows[i, at + 3] = rows[j, 20]
                rows[i, at + 4] = rows[j, SHAPE_AT]
                rows[i, at + 5] = rows[j, 6]
                rows[i, at + 6] = rows[j, 11]
            else:
                rows[i, at : at + NEIGHBOUR_COPIES] = -1


@njit(cache=True, nogil=True)
def _window(values: NDArray[np.float64], at: int, reach: int) -> float:
    return _before(values, at, reach) + _after(values, at, reach)


@njit(cache=True, nogil=True)
def _before(values: NDArray[np.float64], at: int, reach: int) -> float:
    total = 0.0
    for i in range(max(0, at - reach), at):
        total += values[i]
    return total


@njit(cache=True, nogil=True)
def _after(values: NDArray[np.float64], at: int, reach: int) -> float:
    total = 0.0
    for i in range(at + 1, min(len(values), at + 1 + reach)):
        total += values[i]
    return total
