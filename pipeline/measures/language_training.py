"""Build ``language_profiles.npz`` from the profiles of the installed langdetect package.

Run it from the root of the checkout, after a change here or in langdetect::

    python -m pipeline.measures.language_training

Provenance: the n-gram counts come from langdetect 1.0.9 (Apache License 2.0; copyright 2014-2015
Michal Danilak; a port of language-detection, copyright 2010-2014 Cybozu Labs, Inc.), which took
them from Wikipedia abstracts. What we ship is derived from them: for each n-gram the quantised
gain ``log(1 + p / w)`` in each language, where ``p`` is its share among the language's n-grams of
that length and ``w`` langdetect's smoothing. ``zh-cn`` and ``zh-tw`` become one ``zh``, with the
larger of the two shares.

The character tables travel in the file as well, so that an answer does not depend on the Unicode
version of the interpreter that gives it.
"""

import io
import json
import unicodedata
from collections import defaultdict
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from langdetect.utils.ngram import NGram
from numpy.typing import NDArray

from pipeline.measures.language_profiles import (
    FILE_NAME,
    GAIN_STEP,
    NO_SYMBOL,
    SPACE_SYMBOL,
    UNKNOWN_SYMBOL,
    UPPERCASE,
    LetterKind,
    build_rows,
    pack,
)

SMOOTHING = 0.5 / 10_000
"""langdetect's ALPHA_DEFAULT / BASE_FREQ, the share granted to an n-gram never seen."""

_KINDS_BY_NAME = {
    "LATIN": LetterKind.LATIN,
    "CJK": LetterKind.HAN,
    "HIRAGANA": LetterKind.KANA,
    "KATAKANA": LetterKind.KANA,
    "HALFWIDTH KATAKANA": LetterKind.KANA,
    "HANGUL": LetterKind.HANGUL,
    "HALFWIDTH HANGUL": LetterKind.HANGUL,
}
_SHARED_ALPHABETS = ("LATIN", "CYRILLIC", "ARABIC")
_OWN_ALPHABET_DISCOUNT = 0.6
"""A profile whose alphabet hardly any other language uses may be a poor one (langdetect's Gujarati
is), and has little to be protected from."""
_MARK_RANGE = range(0x0300, 0x0370)
"""Combining marks that are composed with the letter before them, as NFC would."""


def read_shares() -> dict[str, dict[str, float]]:
    """Language code -> n-gram -> its share among the n-grams of that length."""
    shares: dict[str, dict[str, float]] = defaultdict(dict)
    for file in sorted(resources.files("langdetect.profiles").iterdir(), key=lambda f: f.name):
        if file.name.startswith("__"):
            continue
        profile = json.loads(file.read_text(encoding="utf-8"))
        share = shares[profile["name"].split("-")[0]]
        for ngram, count in profile["freq"].items():
            if 1 <= len(ngram) <= 3 and ngram != " ":
                found = count / profile["n_words"][len(ngram) - 1]
                share[ngram] = max(share.get(ngram, 0.0), found)
    return dict(shares)


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


def build_symbols(
    shares: Mapping[str, Mapping[str, float]],
) -> tuple[dict[str, int], NDArray[np.uint32], NDArray[np.uint16]]:
    """Number the characters that n-grams are made of.

    Returns:
        The number of each character; for each code point of the BMP, uint32 (65536,), the number
        of its normalised form with its ``LetterKind`` and case; for each number, uint16, that of
        its lower-case form.
    """
    alphabet = {character for share in shares.values() for ngram in share for character in ngram}
    alphabet = {" "} | {c for c in alphabet if not c.isspace()}
    # A capital unknown to the profiles must still be found to be lower-cased.
    alphabet |= {c.upper() for c in alphabet if len(c.upper()) == 1} - {" "}
    symbols = {" ": SPACE_SYMBOL}
    for character in sorted(alphabet - {" "}):
        symbols[character] = len(symbols) + UNKNOWN_SYMBOL
    of_code = np.zeros(0x10000, np.uint32)
    for code in range(0x10000):
        character = chr(code)
        normal = NGram.normalize(character)
        entry = SPACE_SYMBOL if normal.isspace() else symbols.get(normal, UNKNOWN_SYMBOL)
        if normal.isupper():
            entry |= UPPERCASE
        of_code[code] = entry | letter_kind(character) << 16
    lower = np.arange(max(symbols.values()) + 1, dtype=np.uint16)
    for character, symbol in symbols.items():
        lower[symbol] = symbols.get(character.lower()[0], symbol)  # İ has two
    return symbols, of_code, lower


def build_compositions() -> tuple[NDArray[np.uint32], NDArray[np.uint16]]:
    """Sorted ``letter << 16 | mark`` and the composed character; a superset of the table with
    which langdetect normalises Vietnamese."""
    pairs = {}
    for code in range(0x10000):
        parts = unicodedata.decomposition(chr(code)).split()
        if len(parts) == 2 and int(parts[1], 16) in _MARK_RANGE:
            letter, mark = chr(int(parts[0], 16)), chr(int(parts[1], 16))
            if unicodedata.normalize("NFC", letter + mark) == chr(code):
                pairs[ord(letter) << 16 | ord(mark)] = code
    keys = sorted(pairs)
    return np.array(keys, np.uint32), np.array([pairs[key] for key in keys], np.uint16)


def expect_gains(
    shares: Mapping[str, Mapping[str, float]],
    keys: NDArray[np.int64],
    arrays: Mapping[str, NDArray[Any]],
) -> NDArray[np.float64]:
    """Mean gain per character of a text in each language, float64 (num_languages,): that of the
    triples that its profile knows, by their shares in the profile."""
    rows = build_rows(keys, arrays).astype(np.float64)
    own = np.zeros(rows.shape)
    own[np.repeat(np.arange(len(keys)), arrays["entries_per_key"]), arrays["lanes"]] = arrays[
        "gains"
    ]
    triples = keys >= pack(1, 0, 0)
    share = np.expm1(own[triples] * GAIN_STEP) * SMOOTHING
    expected: NDArray[np.float64] = (share * rows[triples]).sum(0) / np.maximum(share.sum(0), 1e-9)
    for lane, code in enumerate(sorted(shares)):
        letter = max((n for n in shares[code] if len(n) == 1), key=lambda n: shares[code][n])
        if not unicodedata.name(letter).startswith(_SHARED_ALPHABETS):
            expected[lane] *= _OWN_ALPHABET_DISCOUNT
    return expected[: len(shares)]


def build_arrays(shares: Mapping[str, Mapping[str, float]]) -> dict[str, NDArray[Any]]:
    """Everything that goes into the file, by name; ``language_profiles.load`` is the reader."""
    symbols, of_code, lower = build_symbols(shares)
    composition_keys, composed = build_compositions()
    codes = sorted(shares)
    gains: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for lane, code in enumerate(codes):
        for ngram, share in shares[code].items():
            if any(NGram.normalize(c) != c or c not in symbols for c in ngram):
                continue  # a text, once normalised, cannot hold it
            gain = round(float(np.log1p(share / SMOOTHING)) / GAIN_STEP)
            if gain:
                padded = [NO_SYMBOL] * (3 - len(ngram)) + [symbols[c] for c in ngram]
                gains[pack(*padded)].append((lane, gain))
    keys = sorted(gains)
    entries = [entry for key in keys for entry in gains[key]]
    arrays: dict[str, NDArray[Any]] = {
        "codes": np.array(codes),
        "symbol_of_code": of_code,
        "lower_symbols": lower,
        "composition_keys": composition_keys,
        "composed": composed,
        # Differences of sorted keys compress to a third of the keys.
        "key_steps": np.diff(np.array(keys, np.int64), prepend=0),
        "entries_per_key": np.array([len(gains[key]) for key in keys], np.uint8),
        "lanes": np.array([lane for lane, _ in entries], np.uint8),
        "gains": np.array([gain for _, gain in entries], np.uint8),
    }
    arrays["expected_gains"] = expect_gains(shares, np.array(keys, np.int64), arrays)
    return arrays


def main() -> None:
    """Write the file beside this module."""
    stream = io.BytesIO()
    arrays: dict[str, Any] = build_arrays(read_shares())
    np.savez_compressed(stream, **arrays)
    path = Path(__file__).with_name(FILE_NAME)
    path.write_bytes(stream.getvalue())
    print(f"{path.name}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
