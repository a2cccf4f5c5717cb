"""The language model, laid out for lookup by a kernel.

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
LANES = 160
"""Languages per row, padded to whole vector registers."""
NO_SYMBOL, SPACE_SYMBOL, UNKNOWN_SYMBOL = 0, 1, 2
SYMBOL_BITS = 13
LONGEST_NGRAM = 4
WORD_FLAG = 1 << 62
"""Set in the key of a whole word, which is a hash; clear in that of an n-gram, which is packed."""
ROW_BITS = 19
SLOT_BITS = 20
HASH_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
HASH_SHIFT = np.uint64(64 - SLOT_BITS)
COMMON = frozenset({
    "af", "ar", "bg", "bn", "ca", "cs", "cy", "da", "de", "el", "en", "es", "et", "fa", "fi",
    "fr", "gu", "he", "hi", "hr", "hu", "id", "it", "ja", "kn", "ko", "lt", "lv", "mk", "ml",
    "mr", "nb", "ne", "nl", "pa", "pl", "pt", "ro", "ru", "sk", "sl", "so", "sq", "sv", "sw",
    "ta", "te", "th", "tl", "tr", "uk", "ur", "vi", "zh",
})  # fmt: skip
"""langdetect's languages."""
RARER = 2.5
"""What a language beyond these must have ahead of one of them, as a logit: twelve to one. Chosen
on sentences that were not learned from; of web pages Bokmål has ten for each in Nynorsk."""
ROW_MASK = np.uint64((1 << ROW_BITS) - 1)


class LetterKind(IntEnum):
    """What a character counts for as evidence of a script."""

    NONE = 0
    LATIN = 1
    OTHER = 2
    HAN = 3
    KANA = 4
    HANGUL = 5


def pack(*symbols: int) -> int:
    """One integer for an n-gram of one to four symbols."""
    key = 0
    for symbol in symbols:
        key = key << SYMBOL_BITS | symbol
    return key


@dataclass(frozen=True, slots=True)
class Profiles:
    """Tables of the language kernel.

    Attributes:
        codes: language of each lane, ISO 639-1.
        symbol_of_code: uint32 (65536,), symbol of each character in bits 0-15, its ``LetterKind``
            in bits 16-19. Letters are those of lower case; what is no letter is a space.
        composition_keys: uint32, sorted ``letter << 16 | mark``; composed: uint16, the result.
        slots: uint64 (2**SLOT_BITS,), open addressing: the top bits of the hashed key, and
            ``row + 1`` in the low ``ROW_BITS``; 0 where there is none.
        rows: int8 (num_features, LANES), evidence of an n-gram *and* of the shorter ones that it
            ends with, so that one lookup scores a character; or that of a word.
        bias: float32 (LANES,), and ``step``, the unit of a row: the logit of a language is
            ``step * sum of rows / sqrt(number of characters) + bias``. Lanes beyond ``codes``
            have a bias that loses.
    """

    codes: tuple[str, ...]
    symbol_of_code: NDArray[np.uint32]
    composition_keys: NDArray[np.uint32]
    composed: NDArray[np.uint16]
    slots: NDArray[np.uint64]
    rows: NDArray[np.int8]
    bias: NDArray[np.float32]
    step: float


def tags_of(keys: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Fibonacci hash of each key; its top ``SLOT_BITS`` name the first slot to try."""
    return keys.astype(np.uint64) * HASH_MULTIPLIER & ~ROW_MASK


def build_slots(keys: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Open addressing table of ``keys``, whose rows are their positions.

    Raises:
        ValueError: two keys share all the bits of their hash that are kept.
    """
    tags = tags_of(keys)
    if len(np.unique(tags)) != len(keys):
        raise ValueError("two keys have one tag")
    entries = tags | np.arange(1, len(keys) + 1).astype(np.uint64)
    slots = np.zeros(1 << SLOT_BITS, np.uint64)
    # Linear probing, all keys at once: whoever finds the slot free takes it, the rest step on.
    at = (tags >> HASH_SHIFT).astype(np.int64)
    waiting = np.arange(len(keys))
    while len(waiting):
        wanted, first = np.unique(at[waiting], return_index=True)
        takers = waiting[first][slots[wanted] == 0]
        slots[at[takers]] = entries[takers]
        waiting = np.setdiff1d(waiting, takers, assume_unique=True)
        at[waiting] = (at[waiting] + 1) & ((1 << SLOT_BITS) - 1)
    return slots


@cache
def load() -> Profiles:
    """Read the packaged file; later calls return the same object."""
    content = resources.files(__package__).joinpath(FILE_NAME).read_bytes()
    with np.load(io.BytesIO(content), allow_pickle=False) as file:
        stored = {name: file[name] for name in file.files}
    return from_arrays(stored)


def from_arrays(stored: Mapping[str, NDArray[Any]]) -> Profiles:
    """The tables that a file holds, ready for lookup."""
    codes = tuple(str(code) for code in stored["codes"])
    keys: NDArray[np.int64] = np.cumsum(stored["key_steps"])
    rows = np.zeros((len(keys), LANES), np.int8)
    rows[:, : len(codes)] = stored["rows"].T
    bias = np.full(LANES, -1e9, np.float32)
    bias[: len(codes)] = stored["bias"] - [0.0 if code in COMMON else RARER for code in codes]
    return Profiles(
        codes=codes,
        symbol_of_code=stored["symbol_of_code"],
        composition_keys=stored["composition_keys"],
        composed=stored["composed"],
        slots=build_slots(keys),
        rows=rows,
        bias=bias,
        step=float(stored["step"]),
    )
