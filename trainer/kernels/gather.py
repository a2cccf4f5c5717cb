"""Tokens and their facts out of shards, a batch at a time.

A shard is known by its number; ``bounds`` is int64 ``(S + 1,)``, the first position of each in the
stream, and the end. A row is a stretch of the stream; it may reach over the ends of shards. Tokens
are read by descriptor, since a page of a map that is touched once costs more than a system call;
the small side files are mapped, at ``addresses``.
"""

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from trainer.kernels.files import carray, float32_at, pread, uint16_at, uint64_at
from trainer.kernels.mixing import mix
from trainer.kernels.places import find, piece_hash


@njit(nogil=True, cache=True)
def gather(
    descriptors: NDArray[np.int32],
    width: int,
    bounds: NDArray[np.int64],
    starts: NDArray[np.int64],
    rows: NDArray[np.int64],
    keys: NDArray[np.uint64],
    marks: NDArray[np.uint64],
    sums: NDArray[np.uint64],
) -> tuple[int, int]:
    """Fill ``rows (B, T)`` with the tokens from each of ``starts (B,)``.

    Args:
        descriptors: int32 ``(S,)``, of the open files.
        width: bytes of a token, 2 (uint16) or 4 (int32).
        keys: uint64 ``(S,)``, what a shard's pieces are hashed with.
        marks: uint64 ``(B,)``, factor on the hashes of each row.
        sums: uint64 ``(3,)``, see :func:`trainer.kernels.places.sum_places`.

    Returns:
        The largest id, where negative ones count as very large, and the number of a shard that
        could not be read, or -1.
    """
    length, largest = rows.shape[1], np.uint32(0)
    wide = np.empty(length, np.int32)  # one piece, near the processor
    narrow = wide.view(np.uint16)
    address = wide.ctypes.data
    for number in range(len(starts)):
        at, end = starts[number], starts[number] + length
        shard = find(bounds, at)
        while at < end:
            stop, offset = min(end, bounds[shard + 1]), at - bounds[shard]
            part = rows[number, length - (end - at) : length - (end - stop)]
            if not _read(descriptors[shard], address, width * len(part), width * offset):
                return int(largest), shard
            copied = _copy(narrow, part) if width == 2 else _copy(wide, part)
            largest = max(largest, copied)
            value = piece_hash(keys[shard], np.uint64(offset), np.uint64(len(part)))
            sums[0] += value * marks[number]
            sums[1] += mix(value + np.uint64(0x9E3779B97F4A7C15)) * marks[number]
            sums[2] += np.uint64(len(part))
            at, shard = stop, shard + 1
    return int(largest), -1


@njit(nogil=True, cache=True)
def _read(descriptor: int, address: int, num_bytes: int, offset: int) -> bool:
    """Whether all bytes came; a read that a signal cut short is gone on with."""
    done = 0
    while done < num_bytes:
        came = pread(descriptor, np.uint64(address + done), num_bytes - done, offset + done)
        if came <= 0:
            return False
        done += came
    return True


@njit(nogil=True, cache=True, inline="always")
def _copy(tokens: NDArray[Any], part: NDArray[np.int64]) -> np.uint32:
    largest = np.uint32(0)
    for place in range(len(part)):
        token = tokens[place]
        part[place] = token
        largest = max(largest, np.uint32(token))
    return largest


@njit(nogil=True, cache=True)
def spread_facts(
    addresses: NDArray[np.uint64],
    num_documents: NDArray[np.int64],
    bounds: NDArray[np.int64],
    starts: NDArray[np.int64],
    weights: NDArray[np.float32],
    sources: NDArray[np.uint16],
    num_sources: int,
) -> tuple[int, int]:
    """Fill ``weights (B, T)`` and ``sources (B, T)`` with those of each token's document.

    Args:
        addresses: uint64 ``(3, S)``, of the offsets, weights and sources of documents.
        num_documents: int64 ``(S,)``, of each shard.

    Returns:
        Number of a shard with something that cannot be, and what (1 a weight, 2 a source, 3 the
        end of a document); ``(-1, 0)`` where all is well.
    """
    length = weights.shape[1]
    for number in range(len(starts)):
        at, end = starts[number], starts[number] + length
        first = at
        shard = find(bounds, at)
        while at < end:
            stop = min(end, bounds[shard + 1])
            offsets = carray(uint64_at(addresses[0, shard]), (num_documents[shard] + 1,))
            of_document = carray(float32_at(addresses[1, shard]), (num_documents[shard],))
            origin = carray(uint16_at(addresses[2, shard]), (num_documents[shard],))
            document = _document(offsets, at - bounds[shard])
            while at < stop:
                weight, source = of_document[document], origin[document]
                if not (weight >= 0 and np.isfinite(weight)):
                    return shard, 1
                if source >= num_sources:
                    return shard, 2
                next_one = min(stop, bounds[shard] + np.int64(offsets[document + 1]))
                if next_one <= at:
                    return shard, 3
                weights[number, at - first : next_one - first] = weight
                sources[number, at - first : next_one - first] = source
                at, document = next_one, document + 1
            shard += 1
    return -1, 0


@njit(nogil=True, cache=True)
def mark_documents(
    offsets_at: NDArray[np.uint64],
    num_documents: NDArray[np.int64],
    bounds: NDArray[np.int64],
    starts: NDArray[np.int64],
    length: int,
    marks: NDArray[np.int32],
) -> int:
    """Write the places in the rows, laid end to end, at which a row or a document begins.

    Returns:
        How many there are, also where ``marks`` has no room for all; ``-1 - shard`` where the
        offsets of a shard cannot be.
    """
    found = 0
    for number in range(len(starts)):
        at, end = starts[number], starts[number] + length
        origin = number * length - at
        shard = find(bounds, at)
        while at < end:
            stop = min(end, bounds[shard + 1])
            offsets = carray(uint64_at(offsets_at[shard]), (num_documents[shard] + 1,))
            document = _document(offsets, at - bounds[shard])
            while at < stop:
                if found < len(marks):
                    marks[found] = origin + at
                found += 1
                next_one = min(stop, bounds[shard] + np.int64(offsets[document + 1]))
                if next_one <= at:
                    return -1 - shard
                at, document = next_one, document + 1
            shard += 1
    return found


@njit(nogil=True, cache=True)
def _document(offsets: NDArray[np.uint64], offset: int) -> int:
    """The last document that begins at or before ``offset``."""
    low, high = 0, len(offsets) - 1
    while high - low > 1:
        middle = (low + high) // 2
        if np.int64(offsets[middle]) <= offset:
            low = middle
        else:
            high = middle
    return low
