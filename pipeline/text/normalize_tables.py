"""What the scan of :mod:`pipeline.text.normalize_scan` must know of every code point."""

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from functools import cache

import numpy as np
from ftfy.badness import MOJIBAKE_CATEGORIES
from ftfy.chardata import CONTROL_CHARS, LIGATURES
from numpy.typing import NDArray

from pipeline.text.tidy import INVISIBLE_CHARACTERS, SPACE_CHARACTERS, WIDTHS

TIDY = 1
"""Flag of a text that ``tidy`` may change."""
FTFY = 2
"""Flag of a text with a line that ftfy may change."""

BLANKS = 64
"""Flag of a text in which spaces, tabs or line ends are out of their form."""

COMPOSES = 4  # may compose with the starter before it
ENTITY = 8  # may begin an entity
COMPOSED = 16  # is a starter with marks taken in
BEFORE_NON_LETTER = 1 << 31

# (kinds of the first, kinds of the second neighbour); names are ftfy's categories. An alternative
# of three or more characters is entered by two of them.
MOJIBAKE_PAIRS = (
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
class Tables:
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
def load_tables() -> Tables:
    """Built once per process, in a tenth of a second, from ftfy and the Unicode database."""
    compositions = _compositions()
    composing = {pair & 0x1FFFFF for pair in compositions}
    composed = set(compositions.values())
    tidied = _members(f"{INVISIBLE_CHARACTERS}{SPACE_CHARACTERS}{''.join(WIDTHS)}")
    repaired = {*CONTROL_CHARS, *LIGATURES, 0x0D, 0x2028, 0x2029, *range(0x7F, 0xA0)}
    joining_jamo = {*range(0x1161, 0x1176), *range(0x11A8, 0x11C3)}  # to syllables
    leads: Counter[int] = Counter(dict.fromkeys(map(ord, "Œœ"), BEFORE_NON_LETTER))
    follows: Counter[int] = Counter()
    for bit, (first, second) in enumerate(MOJIBAKE_PAIRS):
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
            | (COMPOSES if code in composing else 0)
            | (ENTITY if character == "&" else 0)
            | (COMPOSED if code in composed else 0)
        )
        key = (effect, unicodedata.combining(character), leads[code], follows[code])
        kinds[code] = found.setdefault(key, len(found))
    columns = list(zip(*found, strict=True))
    return Tables(
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
