"""The elements that are open while a page is read, and what closes them."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pipeline.extract.html_columns import (
    BEGINS,
    BOXES,
    CELL_NODE,
    DEPTH,
    HINTED,
    IMAGES,
    ITEM_NODE,
    LINE,
    LINK_STARTS,
    NODE,
    PARENT,
    PRE,
    ROW_NODE,
    SIGNATURE,
    TAG,
)
from pipeline.extract.html_syntax import (
    DIMMED,
    GONE,
    HINTS_FOUND,
    HREF_END,
    HREF_START,
    IS_FRAGMENT,
    SIGNATURE_FOUND,
)
from pipeline.extract.html_tags import (
    BARRIER,
    BLOCK,
    CELL,
    HEADING,
    HIDDEN_BIT,
    KINDS,
    SKIP,
    STRUCTURE_BITS,
    TAGS,
)

MAX_DEPTH = 512
"""Browsers stop nesting there; deeper elements are text in the deepest."""
# Columns of the stack of open elements.
OPEN_TAG, OPEN_NODE, OPEN_BOXES, OPEN_FLAGS, OPEN_CELL, OPEN_ROW, OPEN_ITEM = range(7)
STACK_COLUMNS = 7
IN_LINK, IN_SKIP, IN_PRE, IN_BOLD, IN_ITALIC = 1, 2, 4, 8, 16

_P, _LI, _DIV, _ADDRESS, _DT, _DD = (TAGS[n] for n in ("p", "li", "div", "address", "dt", "dd"))
_TR, _TD, _TH, _TABLE = (TAGS[n] for n in ("tr", "td", "th", "table"))
_TBODY, _THEAD, _TFOOT = (TAGS[n] for n in ("tbody", "thead", "tfoot"))
_BUTTON = TAGS["button"]
_A, _I, _EM, _B, _STRONG, _PRE = (TAGS[n] for n in ("a", "i", "em", "b", "strong", "pre"))


@njit(cache=True, nogil=True)
def open_implied(stack: NDArray[np.int64], depth: int, tag: int) -> int:
    """Depth of the stack after the elements that a start tag closes are gone."""
    if tag in (_LI, _DT, _DD):
        for at in range(depth - 1, -1, -1):
            other = stack[at, OPEN_TAG]
            if other == tag or (tag != _LI and (other in (_DT, _DD))):
                return at
            if KINDS[other] & BLOCK and other != _P and other != _DIV and other != _ADDRESS:
                break
    elif tag in (_TR, _TBODY, _THEAD, _TFOOT):
        lowest = depth
        for at in range(depth - 1, -1, -1):
            other = stack[at, OPEN_TAG]
            if other == _TABLE:
                return lowest
            if other == _TR or (tag != _TR and (other in (_TBODY, _THEAD))):
                lowest = at
        return depth
    elif tag in (_TD, _TH):
        for at in range(depth - 1, -1, -1):
            other = stack[at, OPEN_TAG]
            if other in (_TD, _TH):
                return at
            if other in (_TR, _TABLE):
                break
    for at in range(depth - 1, -1, -1):
        other = stack[at, OPEN_TAG]
        if KINDS[other] & BLOCK:
            if other == _P or (KINDS[other] & HEADING and KINDS[tag] & HEADING):
                return at
            break
    return depth


@njit(cache=True, nogil=True)
def close_down_to(
    stack: NDArray[np.int64], open_counts: NDArray[np.int64], depth: int, new_depth: int
) -> int:
    """Close all elements above a depth, and return it."""
    for i in range(new_depth, depth):
        open_counts[stack[i, OPEN_TAG]] -= 1
    return new_depth


@njit(cache=True, nogil=True)
def end_element(
    stack: NDArray[np.int64], open_counts: NDArray[np.int64], depth: int, tag: int
) -> int:
    """Depth of the stack after an end tag, which does not reach over cells and tables."""
    kind = KINDS[tag]
    for place in range(depth - 1, 0, -1):
        other = stack[place, OPEN_TAG]
        if other == tag:
            return close_down_to(stack, open_counts, depth, place)
        other_kind = KINDS[other]
        # What is no text ends whatever is open in it: else it would swallow the page.
        if not kind & (BLOCK | SKIP) and other_kind & BLOCK:
            break
        if other_kind & BARRIER and not (
            kind & (CELL | BARRIER) or tag in (_TR, _TBODY, _THEAD, _TFOOT)
        ):
            break
    return depth


@njit(cache=True, nogil=True)
def open_element(
    stack: NDArray[np.int64],
    nodes: NDArray[np.int64],
    depth: int,
    num_nodes: int,
    tag: int,
    found: NDArray[np.int64],
) -> int:
    """Put an element on the stack, and a node for it where it is a box; the number of nodes then.

    ``found`` is what ``read_attributes`` told of its tag.
    """
    kind = KINDS[tag]
    for column in range(STACK_COLUMNS):
        stack[depth, column] = stack[depth - 1, column]
    stack[depth, OPEN_TAG] = tag
    if tag == _A and found[HREF_END] > found[HREF_START]:
        # A heading that links to itself is a heading; other links within a page are its contents.
        if not (found[IS_FRAGMENT] and _is_in_heading(stack, depth)):
            stack[depth, OPEN_FLAGS] |= IN_LINK
        elif found[DIMMED]:  # a sign beside the heading, such as "#"
            stack[depth, OPEN_FLAGS] |= IN_SKIP
    elif tag in (_B, _STRONG) or kind & HEADING:
        stack[depth, OPEN_FLAGS] |= IN_BOLD
    elif tag == _PRE:
        stack[depth, OPEN_FLAGS] |= IN_PRE
    elif tag in (_I, _EM):
        stack[depth, OPEN_FLAGS] |= IN_ITALIC
    # A heading that opens and closes what is below it is a heading all the same.
    is_heading = tag == _BUTTON and KINDS[stack[depth - 1, OPEN_TAG]] & HEADING
    if (kind & SKIP and not is_heading) or (found[GONE] and not kind & BLOCK):
        stack[depth, OPEN_FLAGS] |= IN_SKIP
    stack[depth, OPEN_BOXES] |= found[HINTS_FOUND] | STRUCTURE_BITS[tag]
    if found[DIMMED] or found[GONE]:
        stack[depth, OPEN_BOXES] |= np.int64(1) << HIDDEN_BIT
    if not kind & BLOCK or num_nodes == len(nodes):
        return num_nodes
    nodes[num_nodes, PARENT] = stack[depth - 1, OPEN_NODE]
    nodes[num_nodes, TAG] = tag
    nodes[num_nodes, HINTED] = found[HINTS_FOUND] | STRUCTURE_BITS[tag]
    nodes[num_nodes, SIGNATURE] = (
        found[SIGNATURE_FOUND] * 131 + nodes[stack[depth - 1, OPEN_NODE], TAG]
    ) & 0xFFFFFFF
    nodes[num_nodes, DEPTH] = depth
    stack[depth, OPEN_NODE] = num_nodes
    if kind & CELL:
        stack[depth, OPEN_CELL] = num_nodes
    elif tag == _TR:
        stack[depth, OPEN_ROW] = num_nodes
        stack[depth, OPEN_CELL] = -1
    elif tag == _LI:
        stack[depth, OPEN_ITEM] = num_nodes
    elif tag == _TABLE:
        stack[depth, OPEN_CELL] = stack[depth, OPEN_ROW] = -1
    return num_nodes + 1


@njit(cache=True, nogil=True)
def _is_in_heading(stack: NDArray[np.int64], depth: int) -> bool:
    for at in range(depth - 1, 0, -1):
        kind = KINDS[stack[at, OPEN_TAG]]
        if kind & BLOCK:
            return bool(kind & HEADING or stack[at, OPEN_TAG] == _DT)
    return False


@njit(cache=True, nogil=True)
def begin_block(
    block: NDArray[np.int64], top: NDArray[np.int64], byte: int, line_breaks: int, images: int
) -> None:
    """Where a block stands: in the innermost open element, which is ``top``."""
    block[NODE] = top[OPEN_NODE]
    block[CELL_NODE] = top[OPEN_CELL]
    block[ROW_NODE] = top[OPEN_ROW]
    block[ITEM_NODE] = top[OPEN_ITEM]
    block[LINE] = line_breaks
    block[IMAGES] = images
    block[PRE] = 1 if top[OPEN_FLAGS] & IN_PRE else 0
    block[BEGINS] = byte
    block[BOXES] = top[OPEN_BOXES]
    block[LINK_STARTS] = top[OPEN_FLAGS] & IN_LINK
