"""Which lines ftfy could change and which texts are not in normal form, from UTF-8 bytes alone.

The scan may doubt what is fine (it is then looked at in Python); what it does not doubt is proven
fine. ftfy changes a line only by

- an entity ``&...;``;
- a character that it always changes: controls, ligatures, foreign line ends;
- mojibake, which it looks for only where its heuristic ``ftfy.badness`` matches. Every alternative
  of that expression contains two neighbours of the kinds in ``normalize_tables.MOJIBAKE_PAIRS``.

NFC changes characters that it always changes, marks out of canonical order, and characters that
compose with the starter before them, or that may do so once that starter is taken apart (Unicode
Standard Annex 15, section 9, which answers "maybe" for all that compose with any starter).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pipeline.text.normalize_tables import (
    BEFORE_NON_LETTER,
    BLANKS,
    COMPOSED,
    COMPOSES,
    ENTITY,
    FTFY,
    TIDY,
    load_tables,
)
from pipeline.text.tidy import MOST_MARKS
from pipeline.text.utf8 import Utf8Batch, decode_one


@dataclass(frozen=True, slots=True)
class Scan:
    """What the scan of a batch found.

    Attributes:
        flags: uint8 (num_texts,), ``TIDY | FTFY | BLANKS``; 0 is proven to be in normal form.
        line_texts, line_starts, line_ends: the lines in doubt for ftfy: index of their text
            (ascending), first byte, and byte after their line end.
    """

    flags: NDArray[np.uint8]
    line_texts: NDArray[np.int64]
    line_starts: NDArray[np.int64]
    line_ends: NDArray[np.int64]

    def rows_in_doubt(self) -> list[int]:
        """Indexes of the texts that may not be in normal form."""
        return [int(index) for index in np.flatnonzero(self.flags)]

    def lines_of(self, index: int) -> Iterator[tuple[int, int]]:
        """Spans of the lines of one text that are in doubt for ftfy."""
        first, last = np.searchsorted(self.line_texts, [index, index + 1])
        for line in range(int(first), int(last)):
            yield int(self.line_starts[line]), int(self.line_ends[line])


def scan(batch: Utf8Batch) -> Scan:
    """Look at every character of a batch once."""
    tables = load_tables()
    lines = int(np.count_nonzero(batch.bytes == 10)) + len(batch)
    flags = np.zeros(len(batch), np.uint8)
    spans = np.empty((3, max(1, lines)), np.int64)
    count = _scan(
        batch.bytes,
        batch.offsets,
        tables.kinds,
        tables.effects,
        tables.combining,
        tables.leads,
        tables.follows,
        tables.compositions,
        flags,
        spans,
    )
    return Scan(flags, *(spans[row, :count] for row in range(3)))


@njit("boolean(uint8[::1], int64, int64)", cache=True, nogil=True)
def _is_entity(data: NDArray[np.uint8], at: int, last: int) -> bool:
    """Whether ``&#?[0-9A-Za-z]{1,24};`` matches at an ampersand."""
    at += 1
    if at < last and data[at] == 35:
        at += 1
    length = 0
    while at < last and length <= 24:
        byte = data[at]
        if byte == 59:
            return length > 0
        if not (48 <= byte <= 57 or 65 <= byte <= 90 or 97 <= byte <= 122):
            return False
        length += 1
        at += 1
    return False


@njit("boolean(int64[::1], int64)", cache=True, nogil=True)
def _contains(ordered: NDArray[np.int64], value: int) -> bool:
    position = np.searchsorted(ordered, value)
    return bool(position < len(ordered) and ordered[position] == value)


@njit(
    "Tuple((int64, uint32, int64))(uint8[::1], int64, int64, uint16[::1], int64, boolean)",
    cache=True,
    nogil=True,
)
def _skip_plain(
    data: NDArray[np.uint8],
    at: int,
    last: int,
    kinds: NDArray[np.uint16],
    line_start: int,
    line_in_doubt: bool,
) -> tuple[int, np.uint32, int]:
    """Go over characters without any property, single blanks between them, and the line ends
    between them of lines that are not in doubt: none of it can change.

    Returns the place behind the last such character, that character, and where its line begins;
    the place itself when none stands there.
    """
    starter = np.uint32(0)
    while at < last:
        byte = data[at]
        if 33 <= byte < 0x80:
            if kinds[byte]:
                break
            starter = np.uint32(byte)
            at += 1
        elif byte >= 0x80:
            code, after = decode_one(data, at)
            if code >= 0x20000 or kinds[code]:
                break
            starter = code
            at = after
        elif starter and (byte == 32 or (byte == 10 and not line_in_doubt)):
            if at + 1 >= last or not 33 <= data[at + 1] < 0x80 or kinds[data[at + 1]]:
                break
            at += 1
            if byte == 10:
                line_start = at
        else:
            break
    return at, starter, line_start


@njit(
    "int64(uint8[::1], int64[::1], uint16[::1], uint8[::1], uint8[::1], uint32[::1], uint32[::1],"
    " int64[::1], uint8[::1], int64[:, ::1])",
    cache=True,
    nogil=True,
)
def _scan(
    data: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    kinds: NDArray[np.uint16],
    effects: NDArray[np.uint8],
    combining: NDArray[np.uint8],
    leads: NDArray[np.uint32],
    follows: NDArray[np.uint32],
    compositions: NDArray[np.int64],
    flags: NDArray[np.uint8],
    spans: NDArray[np.int64],
) -> int:
    count = 0
    for index in range(len(offsets) - 1):
        at, last = offsets[index], offsets[index + 1]
        flag = 0
        line_start = at
        line_in_doubt = False
        newlines = 0
        indented = at < last  # only blanks so far in this line
        blank_before = False
        starter = np.uint32(0)
        is_composed = False
        order = np.uint8(0)
        marks = 0
        lead = np.uint32(0)
        if at < last and (data[at] == 32 or data[at] == 9 or data[at] == 10):
            flag |= BLANKS
        while at < last:
            byte = data[at]
            if lead == 0:
                # Most of most texts: what has no property, with single blanks in between.
                plain, starter_here, line_start = _skip_plain(
                    data, at, last, kinds, line_start, line_in_doubt
                )
                if plain > at:
                    at, starter = plain, starter_here
                    order = np.uint8(0)
                    marks = newlines = 0
                    is_composed = indented = blank_before = False
                    continue
            if byte < 0x80:
                code, after = np.uint32(byte), at + 1
            else:
                code, after = decode_one(data, at)
            kind = kinds[code] if code < 0x20000 else np.uint16(0)
            if lead:
                is_letter = 65 <= (byte & 0xDF) <= 90 and byte < 0x80
                if lead & follows[kind] or (lead & np.uint32(BEFORE_NON_LETTER) and not is_letter):
                    line_in_doubt = True
            if kind:
                effect = effects[kind]
                lead = leads[kind]
                flag |= effect & TIDY
                if effect & FTFY:
                    line_in_doubt = True
                if effect & COMPOSES and (
                    is_composed or _contains(compositions, int(starter) << 21 | int(code))
                ):
                    flag |= TIDY
                if effect & ENTITY and _is_entity(data, at, last):
                    line_in_doubt = True
                klass = combining[kind]
                if klass:
                    marks += 1
                    if order > klass or marks > MOST_MARKS:
                        flag |= TIDY
                else:
                    marks = 0
                    starter = code
                    is_composed = bool(effect & COMPOSED)
                order = klass
            else:
                lead = np.uint32(0)
                order = np.uint8(0)
                marks = 0
                starter = code
                is_composed = False
                if 0x2F800 <= code <= 0x2FA1F:  # compatibility ideographs: NFC replaces them
                    flag |= TIDY
            if byte == 10:
                newlines += 1
                if blank_before or newlines > 2:
                    flag |= BLANKS
                if line_in_doubt:
                    flag |= FTFY
                    spans[0, count], spans[1, count], spans[2, count] = index, line_start, after
                    count += 1
                line_start = after
                line_in_doubt = False
                indented = True
                blank_before = False
                # ftfy sees lines one by one: nothing reaches over a line end.
                lead = np.uint32(0)
            elif byte == 32 or byte == 9:
                if not indented and blank_before:
                    flag |= BLANKS
                blank_before = True
            else:
                newlines = 0
                indented = False
                blank_before = False
            at = after
        if newlines or blank_before:
            flag |= BLANKS
        if line_in_doubt:
            flag |= FTFY
            spans[0, count], spans[1, count], spans[2, count] = index, line_start, last
            count += 1
        flags[index] = flag
    return count
