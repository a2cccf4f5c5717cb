"""What the words of a block tell: of the title, of copies, of the site and not of its subject."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pipeline.extract.html_columns import (
    ADDRESSES,
    ATS,
    BARS,
    CHARS,
    COLON,
    END,
    ITALIC,
    KINDS_AT,
    LINK_ENDS,
    LINK_STARTS,
    OPENS,
    QUOTES,
    START,
    WORDING_AT,
)
from pipeline.extract.html_tags import NUM_NOTICES

_HASHES = 1 << 15
_LONGEST = 3000
"""Bytes of a block whose words are compared with the title's and the stated body's."""


@njit(cache=True, nogil=True)
def hash_words(text: NDArray[np.uint8], start: int, end: int, out: NDArray[np.uint64]) -> int:
    """Hashes of the words of a text, lower case; beyond ASCII each character is a word.

    Returns the number of words, at most ``len(out)``.
    """
    count = 0
    value = np.uint64(14695981039346656037)
    inside = False
    for at in range(start, end):
        byte = text[at]
        if byte < 128:
            letter = (97 <= (byte | 32) <= 122) or 48 <= byte <= 57
            if letter:
                value = (value ^ np.uint64(byte | 32)) * np.uint64(1099511628211)
                inside = True
                continue
        if inside and (byte < 128 or byte >= 0xC0):
            if count == len(out):
                return count
            out[count] = value
            count += 1
            value = np.uint64(14695981039346656037)
            inside = False
        if byte >= 128:
            value = (value ^ np.uint64(byte)) * np.uint64(1099511628211)
            inside = True
    if inside and count < len(out):
        out[count] = value
        count += 1
    return count


@njit(cache=True, nogil=True)
def _trigram_filter(text: NDArray[np.uint8], words: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Which buckets of hashes hold a run of three words of the text."""
    seen = np.zeros(_HASHES, np.bool_)
    count = hash_words(text, 0, len(text), words)
    for i in range(count - 2):
        seen[_trigram(words, i)] = True
    return seen


@njit(inline="always")
def _trigram(words: NDArray[np.uint64], i: int) -> np.uint64:
    mixed = (words[i] * np.uint64(31) + words[i + 1]) * np.uint64(31) + words[i + 2]
    return np.uint64((mixed * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(64 - 15))


@njit(cache=True, nogil=True)
def compare_words(
    text: NDArray[np.uint8],
    blocks: NDArray[np.int64],
    title: NDArray[np.uint8],
    body: NDArray[np.uint8],
    rows: NDArray[np.float32],
) -> None:
    """Share of a block's words in the title, of the title's in the block, of the block's runs of
    three words in the stated body (-1 without one), and whether an earlier block reads the same.
    """
    title_words = np.empty(40, np.uint64)
    num_title = hash_words(title, 0, len(title), title_words)
    words = np.empty(max(400, len(body) // 2 + 1), np.uint64)
    has_body = len(body) > 200
    seen_body = _trigram_filter(body, words) if has_body else np.zeros(1, np.bool_)
    duplicates = np.zeros(1 << 12, np.uint64)
    for i in range(len(blocks)):
        row = rows[i]
        start, end = blocks[i, START], blocks[i, END]
        num_words = hash_words(text, start, min(end, start + _LONGEST), words[:400])
        if num_words and num_title:
            common = 0
            for j in range(min(num_words, 40)):
                for k in range(num_title):
                    if words[j] == title_words[k]:
                        common += 1
                        break
            row[27] = common / min(num_words, 40)
            row[28] = common / num_title
        row[29] = -1.0
        if has_body:
            found = 0
            for j in range(num_words - 2):
                found += seen_body[_trigram(words, j)]
            row[29] = found / (num_words - 2) if num_words > 2 else 0.5
        mixed = np.uint64(num_words)
        for j in range(min(num_words, 24)):
            mixed = mixed * np.uint64(31) + words[j]
        place = (mixed * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(52)
        row[30] = 1 if duplicates[place] == mixed else 0
        duplicates[place] = mixed


@njit(cache=True, nogil=True)
def measure_wording(blocks: NDArray[np.int64], rows: NDArray[np.float32]) -> None:
    """Words that are about the site, signs, and links at either end."""
    for i in range(len(blocks)):
        block = blocks[i]
        row = rows[i, WORDING_AT:]
        size = max(1.0, float(block[CHARS]))
        for kind in range(NUM_NOTICES):
            row[kind] = min(block[KINDS_AT + kind], 20)
            row[NUM_NOTICES + kind] = block[OPENS] >> kind & 1
        at = 2 * NUM_NOTICES
        row[at] = block[ITALIC] / size
        row[at + 1] = min(block[COLON], 60)
        row[at + 2] = block[ATS]
        row[at + 3] = block[ADDRESSES]
        row[at + 4] = block[BARS]
        row[at + 5] = block[QUOTES]
        row[at + 6] = block[LINK_STARTS]
        row[at + 7] = block[LINK_ENDS]
