"""What spaCy, datatrove and Python hold each character to be, for the parity variants.

The classes and rules in ``parity_spacy.json`` were written by ``tests/benchmarks/spacy_rules.py``,
which asks spaCy's own expressions about every code point.
"""

import json
from pathlib import Path

import numpy as np
from numba import njit
from numpy.typing import NDArray

_RULES = json.loads(Path(__file__).with_name("parity_spacy.json").read_text(encoding="utf-8"))

PREFIX = 1 << 0
"""spaCy splits it off the beginning of a chunk."""
SUFFIX = 1 << 1
INFIX = 1 << 2
LETTER = 1 << 3
LOWER = 1 << 4
UPPER = 1 << 5
CURRENCY = 1 << 6
BEFORE_STOP = 1 << 7
LEFT_OF_DOT = 1 << 8
RIGHT_OF_DOT = 1 << 9
HOST = 1 << 10
"""In the name of a host."""
SPACE = 1 << 11
"""``str.isspace``."""
ALPHABETIC = 1 << 12
"""``str.isalpha``."""
ALPHANUMERIC = 1 << 13
PUNCTUATION = 1 << 14
"""Of a Unicode category that begins with P."""
SENTENCE_MARK = 1 << 15
"""spaCy's sentencizer ends a sentence behind it."""
SYMBOL = 1 << 16
"""datatrove's PUNCTUATION_SET."""
TERMINAL = 1 << 17
"""datatrove's TERMINAL_PUNCTUATION."""
CAPITAL = 1 << 18
"""``str.isupper``."""
DIGIT = 1 << 19
"""``str.isdigit``."""

_NAMES = (
    "prefix", "suffix", "infix", "letter", "lower", "upper", "currency", "before_stop",
    "left_of_dot", "right_of_dot", "host", "space", "alphabetic", "alphanumeric", "punctuation",
    "sentence_mark", "symbol", "terminal", "capital", "digit",
)  # fmt: skip
_TABLE_SIZE = 0x33000


def _build() -> NDArray[np.uint32]:
    table = np.zeros(_TABLE_SIZE + 1, np.uint32)
    for bit, name in enumerate(_NAMES):
        runs = np.array(_RULES["classes"][name]).reshape(-1, 2)
        for first, last in runs:
            table[first : last + 1] |= np.uint32(1 << bit)
    return table


CLASSES: NDArray[np.uint32] = _build()
"""uint32 (0x33001,): flags of each code point; read it through ``classes_of``."""


@njit("uint32(uint32[::1], uint32)", cache=True, nogil=True, inline="always")
def classes_of(table: NDArray[np.uint32], code: np.uint32) -> np.uint32:
    """Flags of a code point; ``table`` is ``CLASSES``."""
    return np.uint32(table[code] if code < 0x33000 else 0)


def hash_of(text: str) -> int:
    """The hash that the kernels give a run of code points.

    >>> hash_of("") == 0xCBF29CE484222325
    True
    """
    hashed = 0xCBF29CE484222325
    for character in text:
        hashed = (hashed ^ ord(character)) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return hashed


def _table_of(texts: list[str], size: int) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Open addressing: key of each slot, and the position of its text in the list, or -1."""
    keys = np.zeros(size, np.uint64)
    positions = np.full(size, -1, np.int64)
    for position, text in enumerate(texts):
        key = hash_of(text)
        slot = (key ^ key >> 32) & (size - 1)
        while positions[slot] >= 0:
            slot = (slot + 1) & (size - 1)
        keys[slot], positions[slot] = key, position
    return keys, positions


SPECIALS = list(_RULES["specials"])
LONGEST_SPECIAL = max(map(len, SPECIALS))
SPECIAL_KEYS, SPECIAL_POSITIONS = _table_of(SPECIALS, 4096)
SPECIAL_LENGTHS = np.array(
    [[*lengths, 0, 0][:3] for lengths in _RULES["specials"].values()], np.int64
)
"""Characters of the up to three tokens of each special case, int64 (num_specials, 3)."""
IS_MATCHED = np.array([text in set(_RULES["matched"]) for text in SPECIALS])
"""Special cases that spaCy also finds among the tokens of a chunk, bool (num_specials,)."""
UNIT_KEYS, UNIT_POSITIONS = _table_of(_RULES["units"], 512)
LONGEST_UNIT = max(map(len, _RULES["units"]))


def _word_lengths() -> NDArray[np.uint32]:
    lengths = np.zeros(128, np.uint32)
    for text in SPECIALS:
        if text.isascii() and text.isalpha():
            lengths[ord(text[0])] |= np.uint32(1 << len(text))
    return lengths


SPECIAL_WORD_LENGTHS = _word_lengths()
"""Lengths, as bits, of the special cases of ASCII letters only that begin with an ASCII letter,
uint32 (128,)."""
_ENDS = {ord(text[-1]) for text in _RULES["matched"]}
ENDS_MATCHED = np.array([code in _ENDS for code in range(256)] + [True])
"""Whether a special case that is found among tokens ends with a character, bool (257,); the last
stands for all beyond."""
