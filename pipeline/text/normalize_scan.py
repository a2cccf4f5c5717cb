"""Which lines ftfy could change and which texts are not in normal form, from UTF-8 bytes alone.

The scan may doubt what is fine (it is then looked at in Python); what it does not doubt is proven
fine. ftfy changes a line only by

- an entity ``&...;``;
- a character that it always changes: controls, ligatures, foreign line ends;
- mojibake, which it looks for only where its heuristic ``ftfy.badness`` matches. Every alternative
  of that expression contains two neighbours of the kinds in ``_MOJIBAKE_PAIRS``.

NFC changes characters that it always changes, marks out of canonical order, and characters that
compose with the starter before them, or that may do so once that starter is taken apart (Unicode
Standard Annex 15, section 9, which answers "maybe" for all that compose with any starter).
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
from ftfy.badness import MOJIBAKE_CATEGORIES
from ftfy.chardata import CONTROL_CHARS, LIGATURES
from numba import njit
from numpy.typing import NDArray

from pipeline.text.tidy import INVISIBLE_CHARACTERS, MOST_MARKS, SPACE_CHARACTERS, WIDTHS
from pipeline.text.utf8 import Utf8Batch, decode_one

TIDY = 1
"""Flag of a text that ``tidy`` may change."""
FTFY = 2
"""Flag of a text with a line that ftfy may change."""

_COMPOSES = 4  # may compose with the starter before it
_ENTITY = 8  # may begin an entity
_COMPOSED = 16  # is a starter with marks taken in
_BEFORE_NON_LETTER = 1 << 31

# (kinds of the first, kinds of the second neighbour); names are ftfy's categories. An alternative
# of three or more characters is entered by two of them.
_MOJIBAKE_PAIRS = (
    (
        "{bad}{lower_accented}{upper_accented}{box}{start_punctuation}{end_punctuation}"
        "{currency}{numeric}{law}{lower_common}{upper_common}",
        "{bad}",
    ),
    (
        "{bad}",
        "{lower_accented}{upper_accented}{box}{start_punctuation}{end_punctuation}{currency}"
        "{numeric}{law}",
    ),
    ("{lower_accented}{lower_common}{box}{end_punctuation}{currency}{numeric}", "{upper_accented}"),
    ("{box}{end_punctuation}{currency}{numeric}", "{lower_accented}"),
    ("{lower_accented}{upper_accented}{box}{end_punctuation}", "{currency}"),
    ("{upper_accented}{box}", "{numeric}{law}"),
    ("{start_punctuation}", "{numeric}"),
    ("{lower_accented}{upper_accented}{currency}{numeric}{box}{law}", "{end_punctuation}"),
    ("{lower_accented}{upper_accented}{currency}{numeric}{box}", "{start_punctuation}"),
    ("{box}", "{kaomoji}{end_punctuation}"),
    (
        "{lower_accented}{upper_accented}{currency}{numeric}{start_punctuation}"
        "{end_punctuation}{law}",
        "{box}",
    ),
    ("{upper_accented}", "°"),
    ("ÂÃÎÐ", "€œŠš¢£Ÿž\xa0\xad®©°·»¡{start_punctuation}{end_punctuation}–—´"),
    ("×", "²³"),
    ("ØÙ", "{common}{currency}{bad}{numeric}{start_punctuation}ŸŠ®°µ»"),
    ("à", "²µ¹¼½¾"),
    ("√", "±∂†≠®™´≤≥¥µø"),
    ("≈", "°¢"),
    ("‚", "Äâó"),
    ("в", "Ђ"),
    ("ВГРС", "{bad}{start_punctuation}{end_punctuation}{currency}°µ"),
    ("Г", "ў"),
    ("ÃÂ", " "),
    ("Â", "{start_punctuation}{end_punctuation}"),
    ("β", "€"),
    ("ΒΓΞΟ", "{bad}{start_punctuation}{end_punctuation}{currency}°"),
    ("ā", "€"),
)
_TABLE_SIZE = 0x20000
_PLANE = "".join(map(chr, range(0x10000)))


@dataclass(frozen=True, slots=True)
class _Tables:
    """Properties of code points. ``kinds`` (0x20000,) points into the other arrays; kind 0 has no
    property at all. Code points beyond the table have none either, but for one range."""

    kinds: NDArray[np.uint16]
    effects: NDArray[np.uint8]
    combining: NDArray[np.uint8]
    leads: NDArray[np.uint32]
    follows: NDArray[np.uint32]
    compositions: NDArray[np.int64]
    """Sorted (starter << 21 | character) of all pairs that compose."""


@cache
def _tables() -> _Tables:
    compositions = _compositions()
    composing = {pair & 0x1FFFFF for pair in compositions}
    composed = set(compositions.values())
    tidied = _members(f"{INVISIBLE_CHARACTERS}{SPACE_CHARACTERS}{''.join(WIDTHS)}")
    repaired = {*CONTROL_CHARS, *LIGATURES, 0x0D, 0x2028, 0x2029, *range(0x7F, 0xA0)}
    joining_jamo = {*range(0x1161, 0x1176), *range(0x11A8, 0x11C3)}  # to syllables
    leads: Counter[int] = Counter(dict.fromkeys(map(ord, "Œœ"), _BEFORE_NON_LETTER))
    follows: Counter[int] = Counter()
    for bit, (first, second) in enumerate(_MOJIBAKE_PAIRS):
        leads.update(dict.fromkeys(_members(first.format(**MOJIBAKE_CATEGORIES)), 1 << bit))
        follows.update(dict.fromkeys(_members(second.format(**MOJIBAKE_CATEGORIES)), 1 << bit))
    found: dict[tuple[int, int, int, int], int] = {(0, 0, 0, 0): 0}
    kinds = np.zeros(_TABLE_SIZE, np.uint16)
    for code in range(_TABLE_SIZE):
        character = chr(code)
        is_tidied = code in tidied or code in joining_jamo
        is_tidied |= unicodedata.normalize("NFC", character) != character
        effect = (
            (TIDY if is_tidied else 0)
            | (FTFY if code in repaired else 0)
            | (_COMPOSES if code in composing else 0)
            | (_ENTITY if character == "&" else 0)
            | (_COMPOSED if code in composed else 0)
        )
        key = (effect, unicodedata.combining(character), leads[code], follows[code])
        kinds[code] = found.setdefault(key, len(found))
    columns = list(zip(*found, strict=True))
    return _Tables(
        kinds,
        np.array(columns[0], np.uint8),
        np.array(columns[1], np.uint8),
        np.array(columns[2], np.uint32),
        np.array(columns[3], np.uint32),
        np.array(sorted(compositions), np.int64),
    )


def _members(characters: str) -> frozenset[int]:
    """Code points that the inside of a character class stands for."""
    return frozenset(map(ord, re.findall(f"[{characters}]", _PLANE)))


def _compositions() -> dict[int, int]:
    """(starter << 21 | character) of all pairs that compose, and what they become."""
    pairs = {}
    for code in range(_TABLE_SIZE):
        parts = unicodedata.decomposition(chr(code))
        if parts and "<" not in parts and " " in parts:
            first, second = (int(part, 16) for part in parts.split())
            if unicodedata.normalize("NFC", chr(code)) == chr(code):
                pairs[first << 21 | second] = code
    return pairs


@dataclass(frozen=True, slots=True)
class Scan:
    """What the scan of a batch found.

    Attributes:
        flags: uint8 (num_texts,), ``TIDY | FTFY``; 0 is proven to be in normal form.
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
    tables = _tables()
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
            flag |= TIDY
        while at < last:
            byte = data[at]
            if byte < 0x80:
                code, after = np.uint32(byte), at + 1
            else:
                code, after = decode_one(data, at)
            kind = kinds[code] if code < 0x20000 else np.uint16(0)
            if lead:
                is_letter = 65 <= (byte & 0xDF) <= 90 and byte < 0x80
                if lead & follows[kind] or (lead & np.uint32(_BEFORE_NON_LETTER) and not is_letter):
                    line_in_doubt = True
            if kind:
                effect = effects[kind]
                lead = leads[kind]
                flag |= effect & TIDY
                if effect & FTFY:
                    line_in_doubt = True
                if effect & _COMPOSES and (
                    is_composed or _contains(compositions, int(starter) << 21 | int(code))
                ):
                    flag |= TIDY
                if effect & _ENTITY and _is_entity(data, at, last):
                    line_in_doubt = True
                klass = combining[kind]
                if klass:
                    marks += 1
                    if order > klass or marks > MOST_MARKS:
                        flag |= TIDY
                else:
                    marks = 0
                    starter = code
                    is_composed = bool(effect & _COMPOSED)
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
                    flag |= TIDY
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
                if not indented and (blank_before or byte == 9):
                    flag |= TIDY
                blank_before = True
            else:
                newlines = 0
                indented = False
                blank_before = False
            at = after
        if newlines or blank_before:
            flag |= TIDY
        if line_in_doubt:
            flag |= FTFY
            spans[0, count], spans[1, count], spans[2, count] = index, line_start, last
            count += 1
        flags[index] = flag
    return count
