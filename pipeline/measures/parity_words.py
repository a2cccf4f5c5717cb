"""Words of a text as spaCy's English tokenizer cuts them, for datatrove's definitions."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pipeline.measures.parity_characters import (
    ALPHABETIC,
    CLASSES,
    PUNCTUATION,
    SENTENCE_MARK,
    SPACE,
    SPECIAL_WORD_LENGTHS,
    SYMBOL,
    classes_of,
    hash_of,
)
from pipeline.measures.parity_chunks import split_chunk
from pipeline.measures.quality_words import STOP_WORDS
from pipeline.text.utf8 import decode_one

IS_MARK = 1
"""Kind of a token that ends a sentence."""
IS_PUNCTUATION = 2
"""Kind of a token that begins none."""
IS_SYMBOL = 4
"""Kind of a token that is no word to datatrove."""
IS_ALPHABETIC = 8
"""Kind of a token with a letter."""


_STOP_HASHES = np.array([hash_of(word) for word in STOP_WORDS], np.uint64)


@njit("int64(uint64)", cache=True, nogil=True)
def stop_word(hashed: np.uint64) -> int:
    """Bit of the stop word that has the hash; 0 for all other words."""
    for word in range(len(_STOP_HASHES)):
        if _STOP_HASHES[word] == hashed:
            return 1 << word
    return 0


@njit("Tuple((int64, int64))(uint8[::1], int64, int64, uint32[::1])", cache=True, nogil=True)
def most_tokens(
    data: NDArray[np.uint8], first: int, last: int, table: NDArray[np.uint32]
) -> tuple[int, int]:
    """No text has more tokens than this, nor a longer chunk (in characters)."""
    others = chunks = characters = longest = length = 0
    at = first
    while at < last:
        code, at = decode_one(data, at)
        characters += 1
        if classes_of(table, code) & SPACE:
            length = 0
            continue
        chunks += length == 0
        length += 1
        longest = max(longest, length)
        if not (97 <= (code | 32) <= 122 and code < 128):
            others += 1
    return min(characters, 3 * chunks + 2 * others), longest


@njit(
    "int64(uint8[::1], int64, int64, uint32[::1], uint32[::1], uint32[::1], int64[::1],"
    " uint8[::1], int64[::1], uint64[::1], int64[::1], int64[::1], uint8[::1])",
    cache=True,
    nogil=True,
)
def tokenize(
    data: NDArray[np.uint8],
    first: int,
    last: int,
    table: NDArray[np.uint32],
    codes: NDArray[np.uint32],
    classes: NDArray[np.uint32],
    places: NDArray[np.int64],
    cuts: NDArray[np.uint8],
    ends: NDArray[np.int64],
    hashes: NDArray[np.uint64],
    lengths_before: NDArray[np.int64],
    starts: NDArray[np.int64],
    kinds: NDArray[np.uint8],
) -> int:
    """Tokens of ``data[first:last]``: hash, characters before it, first byte and kind of each.

    ``codes``, ``classes``, ``places``, ``cuts`` (zeros) and ``ends`` are scratch for the longest
    chunk, one entry more than its characters. Returns the number of tokens.
    """
    tokens = 0
    total = 0
    at = first
    while at < last:
        byte = data[at]
        # Most chunks are plain words: one token unless they are a special case ("cannot").
        start = at
        hashed = np.uint64(0xCBF29CE484222325)
        while at < last and 97 <= data[at] | 32 <= 122:
            hashed = (hashed ^ np.uint64(data[at])) * np.uint64(0x100000001B3)
            at += 1
        length = at - start
        if (
            length
            and (at == last or data[at] == 32 or data[at] == 10)
            and (length > 13 or not SPECIAL_WORD_LENGTHS[byte] >> np.uint32(length) & 1)
        ):
            hashes[tokens] = hashed
            lengths_before[tokens] = total
            starts[tokens] = start
            kinds[tokens] = IS_ALPHABETIC
            total += length
            tokens += 1
            at += 1
            continue
        at = start
        size = 0
        while at < last:
            code, after = decode_one(data, at)
            flags = classes_of(table, code)
            if flags & SPACE:
                break
            codes[size], classes[size], places[size] = code, flags, at
            size += 1
            at = after
        if size == 0:
            _, at = decode_one(data, at)
            continue
        pieces = split_chunk(codes, classes, size, cuts, ends)
        begin = 0
        for piece in range(pieces):
            end = ends[piece]
            hashed = np.uint64(0xCBF29CE484222325)
            every = np.uint32(PUNCTUATION | SYMBOL)
            some = np.uint32(0)
            for place in range(begin, end):
                hashed = (hashed ^ np.uint64(codes[place])) * np.uint64(0x100000001B3)
                every &= classes[place]
                some |= classes[place]
            hashes[tokens] = hashed
            lengths_before[tokens] = total
            starts[tokens] = places[begin]
            kinds[tokens] = (
                (IS_MARK if end - begin == 1 and some & SENTENCE_MARK else 0)
                | (IS_PUNCTUATION if every & PUNCTUATION else 0)
                | (IS_SYMBOL if every & SYMBOL else 0)
                | (IS_ALPHABETIC if some & ALPHABETIC else 0)
            )
            total += end - begin
            tokens += 1
            begin = end
    lengths_before[tokens] = total
    return tokens


@njit("int64(uint8[::1], int64, int64)", cache=True, nogil=True)
def count_sentences(kinds: NDArray[np.uint8], first: int, last: int) -> int:
    """Sentences of the tokens ``first`` to ``last``, as spaCy's sentencizer cuts them."""
    sentences = 1
    is_ended = False
    for token in range(first, last):
        if kinds[token] & IS_MARK:
            is_ended = True
        elif is_ended and not kinds[token] & IS_PUNCTUATION:
            sentences += 1
            is_ended = False
    return sentences


def split_words(text: str) -> list[str]:
    """Tokens of one text, for tests and for reading.

    >>> split_words("They don't (yet).")
    ['They', 'do', "n't", '(', 'yet', ')', '.']
    """
    data = np.frombuffer(text.encode(), np.uint8).copy()
    most, longest = most_tokens(data, 0, len(data), CLASSES)
    starts, before = np.empty(most + 1, np.int64), np.empty(most + 1, np.int64)
    tokens = tokenize(
        data,
        0,
        len(data),
        CLASSES,
        np.empty(longest + 1, np.uint32),
        np.empty(longest + 1, np.uint32),
        np.empty(longest + 1, np.int64),
        np.zeros(longest + 1, np.uint8),
        np.empty(longest + 1, np.int64),
        np.empty(most + 1, np.uint64),
        before,
        starts,
        np.empty(most + 1, np.uint8),
    )
    lengths = np.diff(before[: tokens + 1])
    return [
        bytes(data[start:]).decode()[:length]
        for start, length in zip(starts[:tokens], lengths, strict=True)
    ]
