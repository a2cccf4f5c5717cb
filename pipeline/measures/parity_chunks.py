"""A chunk between blanks -> where spaCy's English tokenizer cuts it."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pipeline.measures.parity_characters import (
    ENDS_MATCHED,
    IS_MATCHED,
    LONGEST_SPECIAL,
    SPECIAL_LENGTHS,
)
from pipeline.measures.parity_spacy import find_special, infix_at, is_url, prefix_of, suffix_of

_MOST_MERGED = 6


@njit("int64(uint8[::1], int64, int64)", cache=True, nogil=True)
def _cut_special(cuts: NDArray[np.uint8], special: int, first: int) -> int:
    """Mark where the tokens of a special case that begins at a place begin; their number."""
    at = first
    tokens = 0
    for token in range(3):
        if SPECIAL_LENGTHS[special, token]:
            cuts[at] = 1
            at += SPECIAL_LENGTHS[special, token]
            tokens += 1
    return tokens


@njit("void(uint32[::1], uint32[::1], int64, int64, uint8[::1])", cache=True, nogil=True)
def _cut_infixes(
    codes: NDArray[np.uint32],
    classes: NDArray[np.uint32],
    first: int,
    last: int,
    cuts: NDArray[np.uint8],
) -> None:
    tried_url = False
    at = first
    while at < last:
        infix = infix_at(codes, classes, at, first, last)
        if infix and at > first:
            if not tried_url:
                tried_url = True
                if is_url(codes, classes, first, last):
                    return
            cuts[at] = 1
            cuts[at + infix] = 1
        at += max(1, infix)


@njit("int64(uint32[::1], int64, uint8[::1], int64[::1], int64)", cache=True, nogil=True)
def _merge(
    codes: NDArray[np.uint32],
    length: int,
    cuts: NDArray[np.uint8],
    ends: NDArray[np.int64],
    tokens: int,
) -> int:
    """Put special cases that were cut apart together again, the longest first from each token."""
    is_changed = False
    token = 0
    while token < tokens:
        start = ends[token - 1] if token else 0
        cuts[start] = 1
        step = 1
        for more in range(min(_MOST_MERGED, tokens - token), 1, -1):
            end = ends[token + more - 1]
            if end - start > LONGEST_SPECIAL or not ENDS_MATCHED[min(codes[end - 1], 256)]:
                continue
            special = find_special(codes, start, end)
            if special >= 0 and IS_MATCHED[special]:
                _cut_special(cuts, special, start)
                is_changed = True
                step = more
                break
        token += step
    if is_changed:
        tokens = 0
        for at in range(1, length):
            if cuts[at]:
                ends[tokens] = at
                tokens += 1
        ends[tokens] = length
        tokens += 1
    cuts[:length] = 0
    return tokens


@njit("int64(uint32[::1], uint32[::1], int64, uint8[::1], int64[::1])", cache=True, nogil=True)
def split_chunk(
    codes: NDArray[np.uint32],
    classes: NDArray[np.uint32],
    length: int,
    cuts: NDArray[np.uint8],
    ends: NDArray[np.int64],
) -> int:
    """Cut ``codes[:length]`` into tokens: writes the end of each and returns their number.

    Args:
        codes, classes: code points of the chunk, and ``parity_characters.CLASSES`` of each.
        cuts: scratch (length + 1,), zeros; zeros again afterwards.
        ends: (length,).
    """
    first, last = 0, length
    special = -1
    size = 0
    while first < last and last - first != size:
        special = find_special(codes, first, last)
        if special >= 0:
            break
        size = last - first
        prefix = prefix_of(codes, classes, first, last)
        if prefix and prefix < size:
            special = find_special(codes, first + prefix, last)
            if special >= 0:
                cuts[first] = 1
                first += prefix
                break
        suffix = suffix_of(codes, classes, first + prefix, last)
        if suffix and suffix < size:
            special = find_special(codes, first, last - suffix)
            if special >= 0:
                last -= suffix
                cuts[last] = 1
                break
        if prefix:
            cuts[first] = 1
            first += prefix
        if suffix:
            last -= suffix
            cuts[last] = 1
    if first < last:
        cuts[first] = 1
        if special < 0:
            special = find_special(codes, first, last)
        if special >= 0:
            _cut_special(cuts, special, first)
        else:
            _cut_infixes(codes, classes, first, last, cuts)
    tokens = 0
    for at in range(1, length):
        if cuts[at]:
            ends[tokens] = at
            tokens += 1
            cuts[at] = 0
    cuts[0] = cuts[length] = 0
    ends[tokens] = length
    return _merge(codes, length, cuts, ends, tokens + 1)
