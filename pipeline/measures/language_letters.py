"""What the letters of the world count for when languages are learned."""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from pipeline.measures.language_profiles import (
    SPACE_SYMBOL,
    SYMBOL_BITS,
    UNKNOWN_SYMBOL,
    LetterKind,
)

_MARK_RANGE = range(0x0300, 0x0370)
_KINDS_BY_NAME = {
    "LATIN": LetterKind.LATIN,
    "CJK": LetterKind.HAN,
    "HIRAGANA": LetterKind.KANA,
    "KATAKANA": LetterKind.KANA,
    "HALFWIDTH KATAKANA": LetterKind.KANA,
    "HANGUL": LetterKind.HANGUL,
    "HALFWIDTH HANGUL": LetterKind.HANGUL,
}


def letter_kind(character: str) -> LetterKind:
    """What a character counts for as evidence of a script.

    >>> [letter_kind(c).name for c in "zж中の가1"]
    ['LATIN', 'OTHER', 'HAN', 'KANA', 'HANGUL', 'NONE']
    """
    if unicodedata.category(character)[0] != "L" or character in "ªº":
        return LetterKind.NONE
    name = unicodedata.name(character, "")
    for prefix, kind in _KINDS_BY_NAME.items():
        if name.startswith(prefix):
            return kind
    return LetterKind.OTHER


def lower(character: str) -> str:
    """The letter that stands for a character in n-grams, a space for what is no letter.

    >>> [lower(c) for c in "Aİß1́"]
    ['a', 'i', 'ß', ' ', '́']
    """
    if unicodedata.category(character)[0] not in "LM":
        return " "
    return character.lower()[0]


def build_symbols(texts: Iterable[str]) -> tuple[dict[str, int], NDArray[np.uint32]]:
    """Number the letters of some texts, the frequent ones first.

    Returns:
        The number of each letter; for each code point of the BMP, uint32 (65536,), the number of
        its lower-case letter with its ``LetterKind``.
    """
    counts: dict[str, int] = defaultdict(int)
    for text in texts:
        for character in unicodedata.normalize("NFC", text):
            if ord(character) < 0x10000:
                counts[lower(character)] += 1
    kept = [c for c in counts if counts[c] >= 2 and c != " " and letter_kind(c) < LetterKind.HAN]
    kept.sort(key=lambda c: (-counts[c], c))
    room = (1 << SYMBOL_BITS) - UNKNOWN_SYMBOL - 1
    symbols = {c: UNKNOWN_SYMBOL + 1 + place for place, c in enumerate(kept[:room])}
    symbols[" "] = SPACE_SYMBOL
    of_code = np.zeros(0x10000, np.uint32)
    for code in range(0x10000):
        character = chr(code)
        symbol = symbols.get(lower(character), UNKNOWN_SYMBOL)
        of_code[code] = symbol | letter_kind(character) << 16
    return symbols, of_code


def build_compositions() -> tuple[NDArray[np.uint32], NDArray[np.uint16]]:
    """Sorted ``letter << 16 | mark`` and the composed character."""
    pairs = {}
    for code in range(0x10000):
        parts = unicodedata.decomposition(chr(code)).split()
        if len(parts) == 2 and int(parts[1], 16) in _MARK_RANGE:
            letter, mark = chr(int(parts[0], 16)), chr(int(parts[1], 16))
            if unicodedata.normalize("NFC", letter + mark) == chr(code):
                pairs[ord(letter) << 16 | ord(mark)] = code
    keys = sorted(pairs)
    return np.array(keys, np.uint32), np.array([pairs[key] for key in keys], np.uint16)
