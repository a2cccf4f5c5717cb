"""Words between blanks and copies of lines: what Dolma's and DCLM's numbers are made of."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pipeline.measures.parity_characters import ALPHABETIC, ALPHANUMERIC, SPACE, classes_of
from pipeline.measures.quality_repetition import count_use, table_size
from pipeline.text.utf8 import decode_one

HAS_LETTER = 1
HAS_SYMBOL = 2
"""A number sign or …."""
BEGINS_PLAIN = 4
"""Its first character is a letter or digit."""


@njit("int64(uint8[::1], int64, int64, uint32[::1])", cache=True, nogil=True)
def count_words(data: NDArray[np.uint8], first: int, last: int, table: NDArray[np.uint32]) -> int:
    """Number of words that ``str.split`` gives."""
    words = 0
    is_inside = False
    at = first
    while at < last:
        code, at = decode_one(data, at)
        is_blank = classes_of(table, code) & SPACE != 0
        words += not is_blank and not is_inside
        is_inside = not is_blank
    return words


@njit(
    "int64(uint8[::1], int64, int64, uint32[::1], boolean, uint64[::1], int64[::1], uint8[::1])",
    cache=True,
    nogil=True,
)
def split_at_blanks(
    data: NDArray[np.uint8],
    first: int,
    last: int,
    table: NDArray[np.uint32],
    is_folded: bool,
    hashes: NDArray[np.uint64],
    before: NDArray[np.int64],
    kinds: NDArray[np.uint8],
) -> int:
    """Words of ``data[first:last]`` as ``str.split`` gives them: hash (whatever the ASCII case when
    folded), characters before each (one entry more) and kind. Returns their number."""
    words = total = 0
    hashed = np.uint64(0xCBF29CE484222325)
    kind = np.uint8(0)
    length = 0
    at = first
    while at < last:
        code, after = decode_one(data, at)
        flags = classes_of(table, code)
        if not flags & SPACE:
            if length == 0:
                kind = np.uint8(BEGINS_PLAIN if flags & ALPHANUMERIC else 0)
            folded = code | 32 if is_folded and 65 <= code <= 90 else code
            hashed = (hashed ^ np.uint64(folded)) * np.uint64(0x100000001B3)
            if flags & ALPHABETIC:
                kind |= np.uint8(HAS_LETTER)
            if code == 35 or code == 0x2026:
                kind |= np.uint8(HAS_SYMBOL)
            length += 1
        if length and (flags & SPACE or after == last):
            hashes[words], before[words], kinds[words] = hashed, total, kind
            words += 1
            total += length
            length = 0
            hashed = np.uint64(0xCBF29CE484222325)
        at = after
    before[words] = total
    return words


@njit("Tuple((int64, int64))(uint64[::1], int64[::1], int64, uint64[::1])", cache=True, nogil=True)
def count_copies(
    hashes: NDArray[np.uint64],
    lengths: NDArray[np.int64],
    entries: int,
    table: NDArray[np.uint64],
) -> tuple[int, int]:
    """Entries whose hash occurs twice or more, all of its copies, and the sum of their lengths.

    ``table`` is scratch of ``table_size(entries)``.
    """
    size = table_size(entries)
    table[:size] = 0
    for entry in range(entries):
        count_use(table, size, hashes[entry])
    copies = characters = 0
    for entry in range(entries):
        # The count is one more now; more than two means that another entry has the hash.
        place = count_use(table, size, hashes[entry])
        table[place] -= np.uint64(1)
        if table[place] > 1:
            copies += 1
            characters += lengths[entry]
    return copies, characters
