"""The elements that are open while a page is read, and what closes them."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pipeline.extract.html_tags import BARRIER, BLOCK, CELL, HEADING, KINDS, TAGS

MAX_DEPTH = 512
"""Browsers stop nesting there; deeper elements are text in the deepest."""
# Columns of the stack of open elements.
OPEN_TAG, OPEN_NODE, OPEN_BOXES, OPEN_FLAGS, OPEN_CELL, OPEN_ROW, OPEN_ITEM = range(7)
STACK_COLUMNS = 7
IN_LINK, IN_SKIP, IN_PRE, IN_BOLD, IN_ITALIC = 1, 2, 4, 8, 16

_P, _LI, _DIV, _ADDRESS, _DT, _DD = (TAGS[n] for n in ("p", "li", "div", "address", "dt", "dd"))
_TR, _TD, _TH, _TABLE = (TAGS[n] for n in ("tr", "td", "th", "table"))
_TBODY, _THEAD, _TFOOT = (TAGS[n] for n in ("tbody", "thead", "tfoot"))


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
        if not kind & BLOCK and other_kind & BLOCK:
            break
        if other_kind & BARRIER and not (
            kind & (CELL | BARRIER) or tag in (_TR, _TBODY, _THEAD, _TFOOT)
        ):
            break
    return depth
