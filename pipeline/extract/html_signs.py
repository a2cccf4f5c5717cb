"""Words, signs and characters beyond ASCII, counted as a block of text is read."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pipeline.extract.html_columns import (
    ATS,
    BARS,
    COMMAS,
    DIGITS,
    KINDS_AT,
    NOTICED,
    OPENS,
    QUOTES,
    STOPS,
    WORDS,
)
from pipeline.extract.html_tags import NOTICE_KEYS, NOTICE_VALUES, NUM_NOTICES, look_up

# What the last character of a block is.
ENDS_LETTER, ENDS_SENTENCE, ENDS_CLAUSE, ENDS_COLON, ENDS_SIGN, ENDS_ELLIPSIS, ENDS_BRACKET = range(
    7
)


def _by_byte(values: dict[str, int], default: int) -> NDArray[np.int64]:
    table = np.full(128, default, np.int64)
    for signs, value in values.items():
        for sign in signs:
            table[ord(sign)] = value
    return table


SIGN_COLUMNS = _by_byte(
    {".!?": STOPS, ",;": COMMAS, "0123456789": DIGITS, "@": ATS, "|/": BARS, '"': QUOTES}, 0
)
"""Column of a block that counts a sign of ASCII; 0: none does."""
SIGN_ENDS = _by_byte(
    {
        ".!?": ENDS_SENTENCE,
        ",;": ENDS_CLAUSE,
        ":": ENDS_COLON,
        "0123456789": ENDS_LETTER,
        ")]": ENDS_BRACKET,
    },
    ENDS_SIGN,
)
SIGN_KEEPS_END = _by_byte({")]'\"": 1}, 0)
"""Signs behind which a sentence has still ended."""


@njit(cache=True, nogil=True)
def note_word(block: NDArray[np.int64], word: np.uint64, length: int) -> None:
    """Count a word that is about the site."""
    if length < 2:
        return
    bits = look_up(NOTICE_KEYS, NOTICE_VALUES, word)
    if bits:
        block[NOTICED] += 1
        if block[WORDS] <= 2:
            block[OPENS] |= bits
        for kind in range(NUM_NOTICES):
            block[KINDS_AT + kind] += bits >> kind & 1


@njit(cache=True, nogil=True)
def sign_beyond_ascii(byte: int, second: int, third: int) -> tuple[int, int]:
    """Column of a block that counts the character of these bytes (0: none), and what it is as the
    block's end (-1: nothing); each Chinese or Japanese one counts as a letter."""
    if 0xE3 <= byte <= 0xEA:
        if byte == 0xE3 and second == 0x80 and third == 0x82:
            return STOPS, ENDS_SENTENCE
        return COMMAS if byte == 0xE3 and second == 0x80 and third == 0x81 else 0, ENDS_LETTER
    if byte == 0xEF and second == 0xBC:
        if third == 0x8C or third == 0x9B:
            return COMMAS, ENDS_CLAUSE
        if third == 0x81 or third == 0x9F:
            return STOPS, ENDS_SENTENCE
        return 0, ENDS_COLON if third == 0x9A else -1
    if byte == 0xE2 and second == 0x80:
        if third == 0xA6:
            return 0, ENDS_ELLIPSIS
        if 0x98 <= third <= 0x9F:
            return QUOTES, -1
        return BARS if third == 0xA2 else 0, -1
    return 0, ENDS_LETTER
