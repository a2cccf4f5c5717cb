"""What DCLM's modifiers leave of a line, and its words as fastText cuts them.

Source: DCLM, ``baselines/mappers/modifiers.py`` with the settings of
``dclm_baseline_refinedweb.yaml``: lines of capitals, of digits, counters, single words, and three
pieces of navigation.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pipeline.measures.parity_characters import ALPHANUMERIC, CAPITAL, DIGIT, SPACE, classes_of
from pipeline.text.utf8 import decode_one

_COUNTED = (
    b"likes", b"shares", b"comments", b"retweets", b"reposts", b"quotes", b"bookmarks", b"upvotes",
    b"downvotes", b"downloads", b"views", b"followers",
)  # fmt: skip
_COUNTED_BYTES = np.frombuffer(b"".join(_COUNTED), np.uint8)
_COUNTED_OFFSETS = np.cumsum([0, *map(len, _COUNTED)]).astype(np.int64)
# A full stop stands for any character, as DCLM's expression has it.
_NAVIGATION = (b"items in cart", b"read more...", b"sign-in")
_CART, _MORE, _SIGN = (np.frombuffer(text, np.uint8) for text in _NAVIGATION)
_MOST_WORDS = 10


@njit("int64(uint8[::1], int64, int64, uint32[::1])", cache=True, nogil=True)
def fasttext_words(
    data: NDArray[np.uint8], first: int, last: int, table: NDArray[np.uint32]
) -> int:
    """Words between ASCII blanks that begin with a letter or digit."""
    words = 0
    is_inside = False
    at = first
    while at < last:
        byte = data[at]
        if byte == 32 or 9 <= byte <= 13 or byte == 0:
            is_inside = False
            at += 1
            continue
        code, at = decode_one(data, at)
        if not is_inside:
            words += classes_of(table, code) & ALPHANUMERIC != 0
        is_inside = True
    return words


@njit(cache=True, nogil=True)  # no signature: constants are arrays of a type of their own
def _matches(data: NDArray[np.uint8], at: int, last: int, phrase: NDArray[np.uint8]) -> bool:
    """Whether a phrase stands here, whatever its ASCII case."""
    if at + len(phrase) > last:
        return False
    for i in range(len(phrase)):
        byte = data[at + i]
        if 65 <= byte <= 90:
            byte |= 0x20
        if byte != phrase[i] and phrase[i] != 46:
            return False
    return True


@njit("boolean(uint8[::1], int64, int64, uint32[::1])", cache=True, nogil=True)
def is_counter(data: NDArray[np.uint8], first: int, last: int, table: NDArray[np.uint32]) -> bool:
    """Whether a line is a number and what it counts: ``3.5K likes``."""
    at = first
    while at < last:
        code, after = decode_one(data, at)
        if classes_of(table, code) & ALPHANUMERIC or code == 95:
            break
        at = after
    begin = at
    while at < last:
        code, after = decode_one(data, at)
        if not (classes_of(table, code) & DIGIT or (at > begin and (code == 44 or code == 46))):
            break
        at = after
    if at == begin:
        return False
    if at < last and data[at] | 32 in (107, 109, 98):  # K M B
        at += 1
    begin = at
    while at < last:
        code, after = decode_one(data, at)
        if not classes_of(table, code) & SPACE:
            break
        at = after
    if at == begin:
        return False
    for word in range(len(_COUNTED_OFFSETS) - 1):
        phrase = _COUNTED_BYTES[_COUNTED_OFFSETS[word] : _COUNTED_OFFSETS[word + 1]]
        if _matches(data, at, last, phrase):
            end = at + len(phrase)
            while end < last:
                code, after = decode_one(data, end)
                if classes_of(table, code) & ALPHANUMERIC or code == 95:
                    return False
                end = after
            return True
    return False


@njit("boolean(uint8[::1], int64, int64, uint32[::1])", cache=True, nogil=True)
def is_taken_away(
    data: NDArray[np.uint8], first: int, last: int, table: NDArray[np.uint32]
) -> bool:
    """Whether a line is mostly capitals, only digits, of fewer than two words, or a counter."""
    characters = capitals = digits = words = 0
    is_inside = False
    at = first
    while at < last:
        code, at = decode_one(data, at)
        flags = classes_of(table, code)
        characters += 1
        capitals += flags & CAPITAL != 0
        digits += flags & DIGIT != 0
        is_blank = flags & SPACE != 0
        words += not is_blank and not is_inside
        is_inside = not is_blank
    if characters == 0:
        return False
    if 2 * capitals > characters or digits == characters or words < 2:
        return True
    return bool(is_counter(data, first, last, table))


@njit("int64(uint8[::1], int64, int64, uint32[::1], uint8[::1])", cache=True, nogil=True)
def words_left(
    data: NDArray[np.uint8],
    first: int,
    last: int,
    table: NDArray[np.uint32],
    edited: NDArray[np.uint8],
) -> int:
    """fastText's words of what the modifiers leave of a line; ``edited`` is scratch for it."""
    if is_taken_away(data, first, last, table):
        return 0
    words = 0
    is_inside = False
    at = first
    while at < last and words <= _MOST_WORDS:
        code, at = decode_one(data, at)
        is_blank = classes_of(table, code) & SPACE != 0
        words += not is_blank and not is_inside
        is_inside = not is_blank
    if words > _MOST_WORDS:
        return int(fasttext_words(data, first, last, table))
    size = 0
    at = first
    while at < last:
        if _matches(data, at, last, _CART):
            # The blank before it goes, too.
            size -= size > 0 and (edited[size - 1] == 32 or edited[size - 1] == 9)
            at += len(_CART)
        else:
            edited[size] = data[at]
            size += 1
            at += 1
    if size >= len(_MORE) and _matches(edited, size - len(_MORE), size, _MORE):
        size -= len(_MORE)
    begin = len(_SIGN) if _matches(edited, 0, size, _SIGN) else 0
    return int(fasttext_words(edited, begin, size, table))
