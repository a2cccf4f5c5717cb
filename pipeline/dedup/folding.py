"""A text as dedup sees it: what two copies of one text usually differ in is folded away.

Folded: Unicode form (NFC), case, full and half width, typographic quotes and hyphens, runs of
white space, control and format characters. Kept: everything else. No mark is stripped, since
that makes one word of が and か, and of Thai words that differ in a vowel or a tone only.
"""

import unicodedata
from functools import lru_cache
from hashlib import blake2b
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numba import njit
from numpy.typing import NDArray

from pipeline.text.utf8 import Texts, Utf8Batch, as_utf8, decode_one
from pipeline.text.words import CHARACTERS, CLASS_MASK, CharacterClass

_SAME_CHARACTER = {
    **dict.fromkeys("’ʼ‘", "'"),
    **dict.fromkeys("‐‑", "-"),
    **dict.fromkeys("“”„‟", '"'),
}
_TOUCHED = frozenset(("Cc", "Cf", "Zs", "Zl", "Zp"))
_TABLE_SIZE = 0x20000  # of CHARACTERS; above it there is neither case nor width, and few formats
_NOT_NFC = 255


def fold_character(code: int) -> int:
    """What a code point is folded to; 0 where it is dropped.

    >>> [chr(fold_character(ord(c))) for c in "ÄＡｶ１ς’が"]
    ['ä', 'a', 'カ', '1', 'σ', "'", 'が']
    """
    if CHARACTERS[code] & CLASS_MASK in (CharacterClass.SPACE, CharacterClass.NEWLINE):
        return ord(" ")
    folded = chr(code)
    if unicodedata.category(folded) in ("Cc", "Cf"):
        return 0
    folded = _SAME_CHARACTER.get(folded, folded)
    # Foldings to several characters (the ligature fi, sharp s) are not worth a slower table.
    wide = unicodedata.normalize("NFKC", folded)
    folded = wide if len(wide) == 1 else folded
    for lowered in (folded.casefold(), folded.lower()):
        if len(lowered) == 1:
            return ord(lowered)
    return ord(folded)


@lru_cache(maxsize=1)
def _folding_table() -> NDArray[np.uint32]:
    table = np.arange(_TABLE_SIZE, dtype=np.uint32)
    for start in range(0, _TABLE_SIZE, 64):
        block = "".join(map(chr, range(start, start + 64)))
        if (
            # Most blocks stay as they are, and that is quick to see.
            block.casefold() != block
            or not unicodedata.is_normalized("NFKC", block)
            or not _TOUCHED.isdisjoint(map(unicodedata.category, block))
            or not _SAME_CHARACTER.keys().isdisjoint(block)
        ):
            table[start : start + 64] = [fold_character(ord(character)) for character in block]
    return table


@lru_cache(maxsize=1)
def _nfc_table() -> NDArray[np.uint8]:
    """Canonical combining class, or ``_NOT_NFC`` where the character may have to change."""
    table = np.zeros(_TABLE_SIZE, np.uint8)
    for code in range(0x300, _TABLE_SIZE):
        character = chr(code)
        table[code] = unicodedata.combining(character)
        parts = unicodedata.decomposition(character)
        if not parts or parts.startswith("<"):
            continue
        if not unicodedata.is_normalized("NFC", character):
            table[code] = _NOT_NFC
        # The second half of a composition may merge with what stands before it.
        second = int(parts.split()[-1], 16)
        if len(parts.split()) == 2 and second < _TABLE_SIZE:
            table[second] = _NOT_NFC
    for code in range(0xC0, 0x300):  # compositions of Latin letters name marks as well
        parts = unicodedata.decomposition(chr(code))
        if parts and not parts.startswith("<"):
            table[int(parts.split()[-1], 16)] = _NOT_NFC
    table[0x1161:0x1176] = _NOT_NFC  # Hangul vowels and finals compose by rule, not by table
    table[0x11A8:0x11C3] = _NOT_NFC
    return table


@njit("boolean[::1](uint8[::1], int64[::1], uint8[::1])", cache=True, nogil=True)
def _may_differ_from_nfc(
    data: NDArray[np.uint8], offsets: NDArray[np.int64], table: NDArray[np.uint8]
) -> NDArray[np.bool_]:
    texts = len(offsets) - 1
    suspects = np.zeros(texts, np.bool_)
    for i in range(texts):
        highest = np.uint8(0)
        for at in range(offsets[i], offsets[i + 1]):
            highest = max(highest, data[at])
        if highest < 0xCC:  # nothing from U+0300 on
            continue
        at = offsets[i]
        previous = 0
        while at < offsets[i + 1]:
            if data[at] < 0xCC:
                at += 1
                previous = 0
                continue
            code, at = decode_one(data, at)
            if code >= 0x20000:
                # Compatibility ideographs; all else up here is stable.
                combining = 255 if 0x2F800 <= code <= 0x2FA1F else 0
            else:
                combining = int(table[code])
            if combining == 255 or (combining != 0 and previous > combining):
                suspects[i] = True
                break
            previous = combining
    return suspects


def compose(texts: Texts) -> Utf8Batch:
    """The texts in Unicode form NFC.

    The quick check of UAX #15 finds the few texts that need work; Arrow composes these.

    >>> bytes(compose(["か\\u3099"]).bytes).decode()
    'が'
    """
    batch = as_utf8(texts)
    suspects = _may_differ_from_nfc(batch.bytes, batch.offsets, _nfc_table())
    if not suspects.any():
        return batch
    buffers = [None, pa.py_buffer(batch.offsets), pa.py_buffer(np.ascontiguousarray(batch.bytes))]
    array = pa.Array.from_buffers(pa.large_string(), len(batch), buffers)
    mask = pa.array(suspects)
    composed = pc.utf8_normalize(array.filter(mask), form="NFC")
    return as_utf8(pc.replace_with_mask(array, mask, composed))


@njit(
    "Tuple((uint8[::1], int64[::1]))(uint8[::1], int64[::1], uint32[::1])",
    cache=True,
    nogil=True,
)
def _fold(
    data: NDArray[np.uint8], offsets: NDArray[np.int64], table: NDArray[np.uint32]
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    texts = len(offsets) - 1
    # Two bytes become three at worst (a few Latin capitals).
    folded = np.empty(len(data) + (len(data) >> 1) + 4, np.uint8)
    folded_offsets = np.zeros(texts + 1, np.int64)
    size = 0
    for i in range(texts):
        at = offsets[i]
        start = size
        last = offsets[i + 1]
        spaced = 1  # what has been written ends in a space, or there is nothing yet
        while at < last:
            lead = data[at]
            if lead < 0x80:  # without a branch: which letter is a space cannot be predicted
                code = table[lead]
                at += 1
                space = int(code == 0x20)
                folded[size] = code
                size += int(code != 0) & (1 - (space & spaced))
                spaced = space if code != 0 else spaced
                continue
            code, at = decode_one(data, at)
            if code < 0x20000:
                code = table[code]
            elif code == 0xE0001 or 0xE0020 <= code <= 0xE007F:
                continue  # tags, the format characters above the table
            if code == 0:
                continue
            if code == 0x20:
                folded[size] = 0x20
                size += 1 - spaced
                spaced = 1
                continue
            spaced = 0
            if code < 0x80:
                folded[size] = code
                size += 1
            elif code < 0x800:
                folded[size] = 0xC0 | code >> 6
                folded[size + 1] = 0x80 | code & 0x3F
                size += 2
            elif code < 0x10000:
                folded[size] = 0xE0 | code >> 12
                folded[size + 1] = 0x80 | code >> 6 & 0x3F
                folded[size + 2] = 0x80 | code & 0x3F
                size += 3
            else:
                folded[size] = 0xF0 | code >> 18
                folded[size + 1] = 0x80 | code >> 12 & 0x3F
                folded[size + 2] = 0x80 | code >> 6 & 0x3F
                folded[size + 3] = 0x80 | code & 0x3F
                size += 4
        if size > start and spaced:
            size -= 1
        folded_offsets[i + 1] = size
    return folded[:size], folded_offsets


def fold_texts(texts: Texts) -> Utf8Batch:
    """The texts as dedup sees them; see the module.

    >>> bytes(fold_texts(["  Don’t\\n PANIC! "]).bytes).decode()
    "don't panic!"
    """
    batch = compose(texts)
    folded, offsets = _fold(batch.bytes, batch.offsets, _folding_table())
    return Utf8Batch(folded, offsets)


@njit("Tuple((uint8[::1], int64[::1]))(uint8[::1], int64[::1], int64[::1])", cache=True, nogil=True)
def _gather(
    data: NDArray[np.uint8], starts: NDArray[np.int64], ends: NDArray[np.int64]
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    offsets = np.zeros(len(starts) + 1, np.int64)
    for i in range(len(starts)):
        offsets[i + 1] = offsets[i] + ends[i] - starts[i]
    gathered = np.empty(offsets[len(starts)], np.uint8)
    for i in range(len(starts)):
        gathered[offsets[i] : offsets[i + 1]] = data[starts[i] : ends[i]]
    return gathered, offsets


def gather_spans(batch: Utf8Batch, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> Utf8Batch:
    """The spans ``[starts, ends)`` of the bytes of texts, laid end to end."""
    return Utf8Batch(*_gather(batch.bytes, starts, ends))


def fold_spans(batch: Utf8Batch, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> Utf8Batch:
    """The spans ``[starts, ends)`` of the bytes of texts in NFC, each folded by itself.

    What is found in folded words has its place in the text by the number of the word.

    >>> folded = fold_spans(as_utf8(["One ＴＷＯ"]), np.array([0, 4]), np.array([3, 13]))
    >>> bytes(folded.bytes).decode(), folded.offsets.tolist()
    ('onetwo', [0, 3, 6])
    """
    folded, offsets = _fold(*_gather(batch.bytes, starts, ends), _folding_table())
    return Utf8Batch(folded, offsets)


def text_keys(folded: Utf8Batch) -> list[str]:
    """128-bit digest of each folded text, hexadecimal; ``""`` for a text with nothing in it.

    Punctuation counts, so equal keys mean the same text up to case, width and white space.

    >>> first, second, empty = text_keys(fold_texts(["One  text.", "one TEXT.", " "]))
    >>> first == second, len(first), empty
    (True, 32, '')
    """
    view = folded.bytes.data
    bounds = folded.offsets.tolist()
    return [
        blake2b(view[first:last], digest_size=16).hexdigest() if last > first else ""
        for first, last in pairwise(bounds)
    ]
