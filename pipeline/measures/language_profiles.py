"""The n-gram profiles of 54 languages, laid out for lookup by a kernel.

``language_training`` writes the file, this module reads it: once per process, from a folder or
from inside a zip.
"""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

FILE_NAME = "language_profiles.npz"
GAIN_STEP = 0.125
"""Unit of a stored gain, in nats. The three n-grams that end at a character gain at most 29.8."""
LANES = 64
"""Languages per row, padded to one cache line."""
NO_SYMBOL, SPACE_SYMBOL, UNKNOWN_SYMBOL = 0, 1, 2
UPPERCASE = 1 << 20
"""Flag in an entry of ``symbol_of_code``: number in bits 0-15, ``LetterKind`` in bits 16-19."""
SYMBOL_BITS = 13
ROW_BITS = 17
SLOT_BITS = 17
HASH_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
HASH_SHIFT = np.uint64(64 - SLOT_BITS)


class LetterKind(IntEnum):
    """What a character counts for as evidence of a script."""

    NONE = 0
    LATIN = 1
    OTHER = 2
    HAN = 3
    KANA = 4
    HANGUL = 5


def pack(before: int, middle: int, last: int) -> int:
    """One integer for an n-gram of three symbols; a shorter one begins with ``NO_SYMBOL``."""
    return (before << SYMBOL_BITS | middle) << SYMBOL_BITS | last


@dataclass(frozen=True, slots=True)
class Profiles:
    """Tables of the language kernel.

    Attributes:
        codes: language of each lane, ISO 639-1.
        symbol_of_code: uint32 (65536,), see ``UPPERCASE``.
        lower_symbols: uint16 (num_symbols,), the lower-case form of each symbol.
        composition_keys: uint32, sorted ``letter << 16 | mark``; composed: uint16, the result.
        slots: int64 (2**SLOT_BITS,), open addressing: ``packed n-gram << ROW_BITS | row``, or -1.
        rows: uint8 (num_ngrams, LANES), gain in units of ``GAIN_STEP`` of an n-gram *and* of the
            shorter ones that it ends with, so that one lookup scores a character.
        expected_gains: float64 (num_languages,), gain per character, in the same unit, that a
            text in the language has by its own profile.
    """

    codes: tuple[str, ...]
    symbol_of_code: NDArray[np.uint32]
    lower_symbols: NDArray[np.uint16]
    composition_keys: NDArray[np.uint32]
    composed: NDArray[np.uint16]
    slots: NDArray[np.int64]
    rows: NDArray[np.uint8]
    expected_gains: NDArray[np.float64]


def slot_of(keys: NDArray[np.int64]) -> NDArray[np.int64]:
    """First slot to try for packed n-grams: the top bits of a Fibonacci hash."""
    return (keys.astype(np.uint64) * HASH_MULTIPLIER >> HASH_SHIFT).astype(np.int64)


@cache
def load() -> Profiles:
    """Read the packaged file; later calls return the same object."""
    content = resources.files(__package__).joinpath(FILE_NAME).read_bytes()
    with np.load(io.BytesIO(content), allow_pickle=False) as file:
        stored = {name: file[name] for name in file.files}
    keys: NDArray[np.int64] = np.cumsum(stored["key_steps"])
    rows = build_rows(keys, stored)
    slots = np.full(1 << SLOT_BITS, -1, np.int64)
    entries = keys << ROW_BITS | np.arange(len(keys))
    # Linear probing, all keys at once: whoever finds the slot free takes it, the rest step on.
    at = slot_of(keys)
    waiting = np.arange(len(keys))
    while len(waiting):
        wanted, first = np.unique(at[waiting], return_index=True)
        takers = waiting[first][slots[wanted] < 0]
        slots[at[takers]] = entries[takers]
        waiting = np.setdiff1d(waiting, takers, assume_unique=True)
        at[waiting] = (at[waiting] + 1) & ((1 << SLOT_BITS) - 1)
    return Profiles(
        codes=tuple(str(code) for code in stored["codes"]),
        symbol_of_code=stored["symbol_of_code"],
        lower_symbols=stored["lower_symbols"],
        composition_keys=stored["composition_keys"],
        composed=stored["composed"],
        slots=slots,
        rows=rows,
        expected_gains=stored["expected_gains"],
    )


def build_rows(keys: NDArray[np.int64], stored: Mapping[str, NDArray[Any]]) -> NDArray[np.uint8]:
    """``Profiles.rows`` from the gains of each n-gram by itself."""
    rows = np.zeros((len(keys), LANES), np.uint16)
    row_of_entry = np.repeat(np.arange(len(keys)), stored["entries_per_key"])
    rows[row_of_entry, stored["lanes"]] = stored["gains"]
    # Pairs before triples, so that the suffix of a triple already holds its own suffix.
    for length in (2, 3):
        longer = np.flatnonzero(
            (keys >> SYMBOL_BITS * (length - 1) != 0) & (keys >> SYMBOL_BITS * length == 0)
        )
        for suffix_length in range(length - 1, 0, -1):
            suffixes = keys[longer] & ((1 << SYMBOL_BITS * suffix_length) - 1)
            found = np.minimum(np.searchsorted(keys, suffixes), len(keys) - 1)
            known = keys[found] == suffixes
            rows[longer[known]] += rows[found[known]]
            longer = longer[~known]
    return np.minimum(rows, 255).astype(np.uint8)
