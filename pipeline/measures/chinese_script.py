"""Traditional or simplified Chinese: ``Hant`` or ``Hans``.

Characters that tell the two apart are those that only one of the national character sets has:
GB 2312 of the mainland (1980) and Big5 of Taiwan (1984), as Python's codecs know them. The 4,383
that both have say nothing, such as those that one script uses for what are two in the other. Big5
has rare characters, too, that simplified text may use as they are; these are few in any text, and
the majority decides.
"""

from functools import cache

import numpy as np
import pyarrow as pa
from numba import njit
from numpy.typing import NDArray

from pipeline.text.utf8 import Texts, as_utf8, decode_one

SIMPLIFIED, TRADITIONAL = "Hans", "Hant"
_FIRST, _LAST = 0x4E00, 0x9FFF


@cache
def script_table() -> NDArray[np.int8]:
    """int8 (20992,): of each character from U+4E00 on 1 if it is simplified only, -1 if it is
    traditional only, 0 if it says nothing.

    >>> [int(script_table()[ord(c) - 0x4E00]) for c in "国國中"]
    [1, -1, 0]
    """
    table = np.zeros(_LAST - _FIRST + 1, np.int8)
    for code in range(_FIRST, _LAST + 1):
        table[code - _FIRST] = _has("gb2312", code) - _has("big5", code)
    return table


def _has(codec: str, code: int) -> int:
    try:
        chr(code).encode(codec)
    except UnicodeEncodeError:
        return 0
    return 1


@njit("int64[:, ::1](uint8[::1], int64[::1], int8[::1])", cache=True, nogil=True)
def _count(
    data: NDArray[np.uint8], offsets: NDArray[np.int64], table: NDArray[np.int8]
) -> NDArray[np.int64]:
    counts = np.zeros((len(offsets) - 1, 2), np.int64)
    for text in range(len(offsets) - 1):
        at = offsets[text]
        while at < offsets[text + 1]:
            if data[at] < 0xE4:  # before U+4E00
                at += 1
                continue
            code, at = decode_one(data, at)
            place = np.int64(code) - 0x4E00
            if 0 <= place < len(table):
                if table[place] > 0:
                    counts[text, 0] += 1
                elif table[place] < 0:
                    counts[text, 1] += 1
    return counts


def count_distinctive(texts: Texts) -> NDArray[np.int64]:
    """Characters of each text that are simplified only, and traditional only, int64
    (num_texts, 2)."""
    batch = as_utf8(texts)
    return _count(batch.bytes, batch.offsets, script_table())


def measure(texts: Texts, codes: pa.Array) -> pa.Array:
    """``Hans`` or ``Hant`` for texts in Chinese, by the majority of the characters that tell;
    null for others, and where none tells or as many say one as the other.

    Args:
        codes: the language of each text.

    >>> measure(["这个问题", "這個問題", "中文"], pa.array(["zh"] * 3)).to_pylist()
    ['Hans', 'Hant', None]
    """
    counts = count_distinctive(texts)
    is_chinese = np.asarray(codes) == "zh"
    leaning = np.sign(counts[:, 0] - counts[:, 1])
    names = pa.array([SIMPLIFIED, TRADITIONAL])
    return names.take(pa.array((leaning < 0).astype(np.int64), mask=(leaning == 0) | ~is_chinese))
