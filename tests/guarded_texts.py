"""Texts between guard bytes: a kernel that reads or writes beside them gives itself away."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

ODD = [
    "", "\n", "x", "\0\0", "é", "\u0301\u0301\u0301", "\u202eשלום", "👩\u200d👧",
    "\U0010ffff", "\u0378", "\ufffd", "lorem ipsu", "javascrip", "privacy polic", "版权所",
    "write to ann@example.co", "198.51.100.", "...", "don", "a.", "5k", "[citation needed",
    "&am", "schÃ", "e", "国", "国國",
]  # fmt: skip
"""What goes on in many a text, cut short."""
GUARD = 64
# Each would change a result if it were read: it goes on with a word, a number, a mail address, a
# phrase, an entity or a character of the text beside it, ends its line, or counts by itself.
GUARDS = [
    b"m", b"t", b"e", b"7", b"@", b"\n", b".", b";", b"]", "国".encode(), b"\x80", b"\xbf", b"\xff",
]  # fmt: skip


def guarded(values: list[str], guard: bytes) -> tuple[pa.Array, NDArray[np.uint8]]:
    """A slice of an Arrow array whose texts lie between guard bytes; and the array's bytes."""
    encoded = [value.encode() for value in values]
    fence = guard * GUARD
    stored = np.frombuffer(fence + b"".join(encoded) + fence, np.uint8).copy()
    ends = len(fence) + np.cumsum([0, *map(len, encoded)])
    offsets = np.array([0, *ends, len(stored)], np.int64)
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(stored)]
    return pa.LargeStringArray.from_buffers(len(values) + 2, *buffers[1:])[1:-1], stored
