"""Lines and paragraphs as Python splits them, and the rules of datatrove's C4 on lines."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pipeline.measures.parity_characters import SPACE, classes_of
from pipeline.text.utf8 import decode_one

TOO_LONG = 1
"""A word has more than 1,000 characters."""
TOO_FEW = 2
"""Fewer than three words."""
UNENDED = 4
"""No mark of C4's at its end."""
LOREM_IPSUM = 8
BRACKET = 16
JAVASCRIPT = 32
POLICY = 64

_PHRASES = (
    (LOREM_IPSUM, "lorem ipsum"), (BRACKET, "{"), (JAVASCRIPT, "javascript"),
    (POLICY, "terms of use"), (POLICY, "privacy policy"), (POLICY, "cookie policy"),
    (POLICY, "uses cookies"), (POLICY, "use of cookies"), (POLICY, "use cookies"),
)  # fmt: skip
_BYTES = np.frombuffer("".join(text for _, text in _PHRASES).encode(), np.uint8)
_OFFSETS = np.cumsum([0, *(len(text) for _, text in _PHRASES)]).astype(np.int64)
_EFFECTS = np.array([effect for effect, _ in _PHRASES], np.int64)
_BEGINS = np.zeros(256, np.bool_)
_BEGINS[[ord(text[0]) for _, text in _PHRASES]] = True
_CITATIONS = (b"[edit]", b"[citation needed]")
_EDIT = np.frombuffer(_CITATIONS[0], np.uint8)
_NEEDED = np.frombuffer(_CITATIONS[1], np.uint8)


@njit("boolean(uint32)", cache=True, nogil=True)
def ends_line(code: np.uint32) -> bool:
    """Whether ``str.splitlines`` cuts at a code point."""
    return bool(
        10 <= code <= 13 or 0x1C <= code <= 0x1E or code == 0x85 or 0x2028 <= code <= 0x2029
    )


@njit("Tuple((int64, int64))(uint8[::1], int64, int64, uint32[::1])", cache=True, nogil=True)
def strip(
    data: NDArray[np.uint8], first: int, last: int, table: NDArray[np.uint32]
) -> tuple[int, int]:
    """``str.strip`` of ``data[first:last]``."""
    while first < last:
        code, after = decode_one(data, first)
        if not classes_of(table, code) & SPACE:
            break
        first = after
    while last > first:
        at = last - 1
        while data[at] & 0xC0 == 0x80:
            at -= 1
        code, _ = decode_one(data, at)
        if not classes_of(table, code) & SPACE:
            break
        last = at
    return first, last


@njit("int64(uint8[::1], int64, int64, int64, int64[::1], int64[::1])", cache=True, nogil=True)
def split_at_newlines(
    data: NDArray[np.uint8],
    first: int,
    last: int,
    least: int,
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
) -> int:
    r"""Pieces between runs of at least ``least`` newlines, as ``re.split(r"\n{least,}", text)``;
    with 0 between single newlines, as ``text.split("\n")``. Returns their number."""
    pieces = 0
    start = at = first
    while at < last:
        if data[at] != 10:
            at += 1
            continue
        run = 1
        while least and at + run < last and data[at + run] == 10:
            run += 1
        if run >= least:
            starts[pieces], ends[pieces] = start, at
            pieces += 1
            start = at + run
        at += run
    starts[pieces], ends[pieces] = start, last
    return pieces + 1


@njit(
    "void(uint8[::1], int64[::1], int64[::1], int64, uint64[::1], int64[::1])",
    cache=True,
    nogil=True,
)
def hash_pieces(
    data: NDArray[np.uint8],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    pieces: int,
    hashes: NDArray[np.uint64],
    lengths: NDArray[np.int64],
) -> None:
    """Hash of the bytes of each piece, and its characters."""
    for piece in range(pieces):
        hashed = np.uint64(0xCBF29CE484222325)
        length = 0
        for at in range(starts[piece], ends[piece]):
            byte = data[at]
            hashed = (hashed ^ np.uint64(byte)) * np.uint64(0x100000001B3)
            length += byte & 0xC0 != 0x80
        hashes[piece] = hashed ^ hashed >> np.uint64(32)
        lengths[piece] = length


@njit("int64(uint8[::1], int64, int64)", cache=True, nogil=True)
def _citation(data: NDArray[np.uint8], at: int, last: int) -> int:
    """Bytes of the citation that begins at a bracket; 0 when none does."""
    end = at + 1
    while end < last and 48 <= data[end] <= 57:
        end += 1
    if end < last and data[end] == 93:
        return end + 1 - at
    for phrase in (_EDIT, _NEEDED):
        if at + len(phrase) <= last:
            same = True
            for i in range(len(phrase)):
                if data[at + i] != phrase[i]:
                    same = False
                    break
            if same:
                return len(phrase)
    return 0


@njit("int64(uint8[::1], int64, int64, uint8[::1])", cache=True, nogil=True)
def without_citations(
    data: NDArray[np.uint8], first: int, last: int, cleaned: NDArray[np.uint8]
) -> int:
    """Copy a line to ``cleaned`` without citations and return its size; -1 when it has none, and
    nothing is copied then."""
    has_any = False
    for at in range(first, last):
        if data[at] == 91 and _citation(data, at, last):
            has_any = True
            break
    if not has_any:
        return -1
    size = 0
    at = first
    while at < last:
        skipped = _citation(data, at, last) if data[at] == 91 else 0
        if skipped:
            at += skipped
        else:
            cleaned[size] = data[at]
            size += 1
            at += 1
    return size


@njit("int64(uint8[::1], int64, int64, uint32[::1])", cache=True, nogil=True)
def word_faults(data: NDArray[np.uint8], first: int, last: int, table: NDArray[np.uint32]) -> int:
    """``TOO_LONG`` and ``TOO_FEW`` of the words of a line, as ``str.split`` gives them."""
    words = length = faults = 0
    at = first
    while at < last:
        code, at = decode_one(data, at)
        if classes_of(table, code) & SPACE:
            length = 0
            continue
        words += length == 0
        length += 1
        if length > 1000:
            faults |= TOO_LONG
    return faults | (TOO_FEW if words < 3 else 0)


@njit("int64(uint8[::1], int64, int64)", cache=True, nogil=True)
def phrase_faults(data: NDArray[np.uint8], first: int, last: int) -> int:
    """What C4 finds in a line and at its end, whatever its ASCII case."""
    faults = 0
    for at in range(first, last):
        lead = data[at] | 0x20 if 65 <= data[at] <= 90 else data[at]
        if not _BEGINS[lead]:
            continue
        for phrase in range(len(_EFFECTS)):
            begin, size = _OFFSETS[phrase], _OFFSETS[phrase + 1] - _OFFSETS[phrase]
            if at + size > last or _BYTES[begin] != lead:
                continue
            same = True
            for i in range(1, size):
                byte = data[at + i]
                if 65 <= byte <= 90:
                    byte |= 0x20
                if byte != _BYTES[begin + i]:
                    same = False
                    break
            if same:
                faults |= _EFFECTS[phrase]
    end = data[last - 1] if last > first else np.uint8(0)
    is_cut_off = end == 46 and last - first >= 3 and data[last - 2] == 46 == data[last - 3]
    if is_cut_off or end not in (46, 63, 33, 34, 39):
        faults |= UNENDED
    return faults
