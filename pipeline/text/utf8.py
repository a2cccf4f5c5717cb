"""Arrow string buffers as numpy arrays: what every text kernel works on.

A kernel takes the UTF-8 bytes and the offsets of a whole batch; no Python string is made.
"""

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pyarrow as pa
from numba import njit
from numpy.typing import NDArray

Texts: TypeAlias = Sequence[str] | pa.Array | pa.ChunkedArray


@dataclass(frozen=True, slots=True)
class Utf8Batch:
    """Texts laid end to end.

    Attributes:
        bytes: uint8 (total bytes,), valid UTF-8.
        offsets: int64 (num_texts + 1,); text i is ``bytes[offsets[i]:offsets[i + 1]]``.
    """

    bytes: NDArray[np.uint8]
    offsets: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def sizes(self) -> NDArray[np.int64]:
        """Bytes of each text, int64 (num_texts,)."""
        return np.diff(self.offsets)


def as_utf8(texts: Texts) -> Utf8Batch:
    """View an Arrow string column (or a sequence of ``str``) as bytes and offsets.

    Arrow's buffers are used without a copy. A null counts as an empty text.

    >>> batch = as_utf8(["zh", "中文", ""])
    >>> batch.offsets.tolist()
    [0, 2, 8, 8]

    Raises:
        TypeError: the column does not hold strings.
    """
    array = as_column(texts)
    if pa.types.is_string(array.type):
        width: type[np.int32] | type[np.int64] = np.int32
    elif pa.types.is_large_string(array.type):
        width = np.int64
    else:
        raise TypeError(f"expected a string column, found {array.type}")
    _, offset_buffer, byte_buffer = array.buffers()
    if len(array) == 0 or offset_buffer is None:
        return Utf8Batch(np.zeros(0, np.uint8), np.zeros(len(array) + 1, np.int64))
    stored = np.frombuffer(offset_buffer, width)[array.offset : array.offset + len(array) + 1]
    offsets: NDArray[np.int64] = stored.astype(np.int64)
    if byte_buffer is None:
        return Utf8Batch(np.zeros(0, np.uint8), offsets - offsets[0])
    first, last = int(offsets[0]), int(offsets[-1])
    bytes_ = _view(byte_buffer)[first:last]
    if array.null_count:
        # A null slot may span bytes that mean nothing: lay the texts out again without them.
        return as_utf8(array.fill_null(""))
    return Utf8Batch(bytes_, offsets - first)


def as_column(texts: Texts) -> pa.Array:
    """The texts as one Arrow array of strings."""
    array = texts if isinstance(texts, pa.Array | pa.ChunkedArray) else _from_strings(texts)
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def _view(buffer: pa.Buffer) -> NDArray[np.uint8]:
    """The bytes of a buffer without a copy.

    Batches that come from Spark or from a file are read-only, which numba holds to be another
    type; kernels are compiled for one type, the writable one, and write to no input.
    """
    memory = (ctypes.c_uint8 * buffer.size).from_address(buffer.address)
    memory._owner = buffer  # keeps the buffer alive
    return np.frombuffer(memory, np.uint8)


def _from_strings(texts: Sequence[str]) -> pa.Array:
    # A str may hold lone surrogates, which UTF-8 cannot: they become U+FFFD, as in a browser.
    try:
        return pa.array(texts, pa.large_string())
    except UnicodeEncodeError:
        return pa.array(
            [text.encode("utf-16", "surrogatepass").decode("utf-16", "replace") for text in texts],
            pa.large_string(),
        )


@njit("Tuple((uint32, int64))(uint8[::1], int64)", cache=True, nogil=True, inline="always")
def decode_one(data: NDArray[np.uint8], at: int) -> tuple[np.uint32, int]:
    """Code point at byte ``at`` of valid UTF-8, and the position after it."""
    lead = data[at]
    if lead < 0x80:
        return np.uint32(lead), at + 1
    if lead < 0xE0:
        return np.uint32((lead & 0x1F) << 6 | data[at + 1] & 0x3F), at + 2
    if lead < 0xF0:
        return (
            np.uint32((lead & 0x0F) << 12 | (data[at + 1] & 0x3F) << 6 | data[at + 2] & 0x3F),
            at + 3,
        )
    return (
        np.uint32(
            (lead & 0x07) << 18
            | (data[at + 1] & 0x3F) << 12
            | (data[at + 2] & 0x3F) << 6
            | data[at + 3] & 0x3F
        ),
        at + 4,
    )
