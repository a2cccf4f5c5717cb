"""datatrove's counts of characters, lines and paragraphs, and its C4 verdict on a line."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pipeline.measures.parity_characters import TERMINAL, classes_of
from pipeline.measures.parity_lines import (
    BRACKET,
    JAVASCRIPT,
    LOREM_IPSUM,
    POLICY,
    TOO_FEW,
    TOO_LONG,
    UNENDED,
    ends_line,
    hash_pieces,
    split_at_newlines,
    strip,
)
from pipeline.measures.parity_tally import Tally
from pipeline.measures.quality_repetition import count_repeats
from pipeline.text.utf8 import decode_one


@njit(
    "void(uint8[::1], int64, int64, uint32[::1], int64[::1], int64[::1], uint64[::1],"
    " int64[::1], uint64[::1], int64[::1])",
    cache=True,
    nogil=True,
)
def count_repeated_lines(
    data: NDArray[np.uint8],
    first: int,
    last: int,
    table: NDArray[np.uint32],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    hashes: NDArray[np.uint64],
    lengths: NDArray[np.int64],
    slots: NDArray[np.uint64],
    row: NDArray[np.int64],
) -> None:
    """Lines and paragraphs that occur again, and FineWeb's three kinds of lines."""
    begin, end = strip(data, first, last, table)
    pieces = split_at_newlines(data, begin, end, 2, starts, ends)
    hash_pieces(data, starts, ends, pieces, hashes, lengths)
    row[Tally.PARAGRAPHS] = pieces
    row[Tally.DUPLICATE_PARAGRAPHS], row[Tally.DUPLICATE_PARAGRAPH_CHARACTERS] = count_repeats(
        hashes, lengths, pieces, slots
    )
    pieces = split_at_newlines(data, first, last, 1, starts, ends)
    hash_pieces(data, starts, ends, pieces, hashes, lengths)
    row[Tally.RUN_LINES] = pieces
    row[Tally.DUPLICATE_LINES], _ = count_repeats(hashes, lengths, pieces, slots)
    kept = 0
    for piece in range(pieces):
        start, end = strip(data, starts[piece], ends[piece], table)
        if start == end:
            continue
        hashes[kept], lengths[kept] = hashes[piece], lengths[piece]
        kept += 1
        at = ends[piece] - 1
        while data[at] & 0xC0 == 0x80:
            at -= 1
        code, _ = decode_one(data, at)
        row[Tally.TERMINAL_LINES] += classes_of(table, code) & TERMINAL != 0
        row[Tally.SHORT_LINES] += lengths[piece] <= 30
    row[Tally.VISIBLE_LINES] = kept
    _, row[Tally.DUPLICATE_VISIBLE_CHARACTERS] = count_repeats(hashes, lengths, kept, slots)


@njit(
    "void(uint8[::1], int64, int64, boolean, int64[::1])",
    cache=True,
    nogil=True,
)
def count_bullets(
    data: NDArray[np.uint8], first: int, last: int, is_empty: bool, row: NDArray[np.int64]
) -> None:
    """Bullet and ellipsis of one stripped line."""
    row[Tally.LINES] += 1
    if is_empty:
        return
    row[Tally.BULLET_LINES] += data[first] == 45 or (
        last - first >= 3
        and data[first] == 0xE2
        and data[first + 1] == 0x80
        and data[first + 2] == 0xA2
    )
    if last - first >= 3:
        end = (data[last - 3], data[last - 2], data[last - 1])
        row[Tally.ELLIPSIS_LINES] += end == (46, 46, 46) or end == (0xE2, 0x80, 0xA6)


@njit("void(int64, int64, int64[::1], boolean[::1])", cache=True, nogil=True)
def judge_line(
    faults: int, sentences: int, row: NDArray[np.int64], is_dropped: NDArray[np.bool_]
) -> None:
    """C4's rules on one line, in its order; with the rule on line ends and without it."""
    if faults & (TOO_LONG | TOO_FEW):
        return
    is_strict = not faults & UNENDED
    if faults & LOREM_IPSUM:
        row[Tally.LOREM_IPSUM] += 1
        is_dropped[0] |= is_strict
    elif faults & JAVASCRIPT:
        return
    elif faults & BRACKET:
        row[Tally.CURLY_BRACKETS] += 1
        is_dropped[0] |= is_strict
    elif not faults & POLICY:
        row[Tally.SENTENCES] += sentences
        if is_strict:
            row[Tally.PROSE_SENTENCES] += sentences


@njit("void(uint8[::1], int64, int64, int64[::1])", cache=True, nogil=True)
def count_characters(
    data: NDArray[np.uint8], first: int, last: int, row: NDArray[np.int64]
) -> None:
    """Characters, newlines, number signs and ellipses of a text."""
    characters = newlines = number_signs = ellipses = stops = 0
    for at in range(first, last):
        byte = data[at]
        characters += byte & 0xC0 != 0x80
        newlines += byte == 10
        number_signs += byte == 35
        stops = stops + 1 if byte == 46 else 0
        if stops == 3:
            ellipses += 1
            stops = 0
        if byte == 0xE2 and data[at + 1] == 0x80 and data[at + 2] == 0xA6:
            ellipses += 1
    row[Tally.CHARACTERS] = characters
    row[Tally.NEWLINES] = newlines
    row[Tally.HASHES] = number_signs
    row[Tally.ELLIPSES] = ellipses


@njit("int64(uint8[::1], int64, int64)", cache=True, nogil=True)
def line_end(data: NDArray[np.uint8], at: int, last: int) -> int:
    """First byte from a place on at which ``str.splitlines`` cuts, or the end."""
    while at < last:
        byte = data[at]
        if byte < 0x20:
            if ends_line(np.uint32(byte)):
                return at
        elif byte == 0xC2 or byte == 0xE2:
            code, _ = decode_one(data, at)
            if ends_line(code):
                return at
        at += 1
    return last
