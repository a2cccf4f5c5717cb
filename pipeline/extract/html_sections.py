"""What the place of a block in its page tells: what heads it, what stands beside it."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pipeline.extract.html_boxes import SIGNATURES
from pipeline.extract.html_columns import (
    BESIDE,
    BESIDE_AT,
    BESIDE_COPIES,
    BOLD,
    CHARS,
    COLON,
    DEPTH,
    END,
    ENDS,
    IMAGES,
    KINDS_AT,
    LINKED,
    NODE,
    PARENT,
    PLACE_AT,
    SECTION_AT,
    SIGNATURE,
    START,
    TAG,
    WORDING_AT,
)
from pipeline.extract.html_tags import NUM_NOTICES, TAGS

_P, _DIV, _LI, _TD, _PRE = (TAGS[n] for n in ("p", "div", "li", "td", "pre"))
_H1, _H6 = TAGS["h1"], TAGS["h6"]


@njit(cache=True, nogil=True)
def measure_place(
    text: NDArray[np.uint8],
    blocks: NDArray[np.int64],
    nodes: NDArray[np.int64],
    goodness: NDArray[np.float64],
    rows: NDArray[np.float32],
) -> None:
    """Copies of a block on the page, and how far it stands from good text."""
    count = len(blocks)
    times = np.zeros(1 << 12, np.int32)
    buckets = np.empty(count, np.int64)
    good_of = np.zeros(SIGNATURES)
    all_of = np.zeros(SIGNATURES)
    first = last = -1
    for i in range(count):
        value = np.uint64(14695981039346656037)
        for at in range(blocks[i, START], min(blocks[i, END], blocks[i, START] + 200)):
            value = (value ^ np.uint64(text[at])) * np.uint64(1099511628211)
        buckets[i] = (value * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(52)
        times[buckets[i]] += 1
        slot = nodes[blocks[i, NODE], SIGNATURE] % SIGNATURES
        good_of[slot] += goodness[i]
        all_of[slot] += blocks[i, CHARS]
        if goodness[i] > 0:
            last = i
            if first < 0:
                first = i
    until = 50
    for i in range(count - 1, -1, -1):
        row = rows[i, PLACE_AT:]
        row[0] = times[buckets[i]]
        row[1] = until
        slot = nodes[blocks[i, NODE], SIGNATURE] % SIGNATURES
        row[2] = good_of[slot] / max(1.0, all_of[slot])
        row[3] = i - first
        row[4] = last - i
        parent = nodes[blocks[i, NODE], PARENT]
        row[5] = parent == nodes[blocks[i - 1, NODE], PARENT] if i else -1
        row[6] = parent == nodes[blocks[i + 1, NODE], PARENT] if i + 1 < count else -1
        row[7] = (
            nodes[blocks[i + 1, NODE], DEPTH] - nodes[blocks[i, NODE], DEPTH]
            if (i + 1 < count)
            else -99
        )
        until = 0 if goodness[i] > 0 else min(50, until + 1)


@njit(cache=True, nogil=True)
def measure_sections(
    blocks: NDArray[np.int64],
    nodes: NDArray[np.int64],
    goodness: NDArray[np.float64],
    rows: NDArray[np.float32],
) -> None:
    """What heads a block."""
    heading = -1
    since = 0.0
    for i in range(len(blocks)):
        row = rows[i, SECTION_AT:]
        row[0] = i - heading if heading >= 0 else -1
        if heading >= 0:
            head = blocks[heading]
            for kind in range(NUM_NOTICES):
                row[1 + kind] = min(head[KINDS_AT + kind], 3)
            at = 1 + NUM_NOTICES
            row[at] = tag_class(nodes[head[NODE], TAG])
            row[at + 1] = head[LINKED] / max(1.0, float(head[CHARS]))
            row[at + 2] = np.log1p(since)
            row[at + 3] = nodes[head[NODE], PARENT] == nodes[blocks[i, NODE], PARENT]
            row[at + 4] = head[CHARS]
        if is_heading(blocks[i], nodes):
            heading = i
            since = 0.0
        since += goodness[i]


@njit(cache=True, nogil=True)
def is_heading(block: NDArray[np.int64], nodes: NDArray[np.int64]) -> bool:
    """A heading by its tag, or a short line that is bold or ends with a colon."""
    tag = nodes[block[NODE], TAG]
    size = block[CHARS]
    if _H1 <= tag <= _H6 or (size < 50 and block[ENDS] == 3):
        return True
    return bool(size < 80 and block[BOLD] > 0.9 * size and block[LINKED] < 0.5 * size)


@njit(cache=True, nogil=True)
def look_beside(blocks: NDArray[np.int64], rows: NDArray[np.float32]) -> None:
    """Wording, pictures and copies of the blocks before and after."""
    count = len(blocks)
    for i in range(count):
        for k in range(len(BESIDE)):
            at = BESIDE_AT + k * BESIDE_COPIES
            j = i + BESIDE[k]
            if 0 <= j < count:
                for kind in range(4):
                    rows[i, at + kind] = blocks[j, KINDS_AT + kind]
                rows[i, at + 4] = rows[j, 9]
                rows[i, at + 5] = rows[j, WORDING_AT + 2 * NUM_NOTICES]
                rows[i, at + 6] = blocks[j, IMAGES]
                rows[i, at + 7] = blocks[j, COLON]
                rows[i, at + 8] = rows[j, PLACE_AT]
            else:
                rows[i, at : at + BESIDE_COPIES] = -1


@njit(cache=True, nogil=True)
def tag_class(tag: int) -> int:
    """A few kinds of tags, as a number."""
    if tag == _P:
        return 1
    if tag == _LI:
        return 2
    if _H1 <= tag <= _H6:
        return 3 + tag - _H1
    if tag == _TD:
        return 10
    if tag == _PRE:
        return 11
    if tag == _DIV:
        return 12
    return 13
