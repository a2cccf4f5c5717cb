"""The ledger of batches: every place of the shards that a run has read, in a rolling checksum.

A resume that repeats or leaves out data is the most common defect of trainers, and a silent one.
So each rank adds up a hash of each ``(shard, offset, length)`` where its tokens are copied; the
sum over the ranks, with the order of the batches, goes into each checkpoint. What the sum must be
is computed from (manifest, seed, steps) without reading a token: whole epochs have one sum in any
order (unless each is cut at other places), so only their number counts, and what remains is hashed
by compiled blocks. It is compared
before a checkpoint is written, and when one is resumed from.
"""

import hashlib
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from schemas.errors import DataError
from trainer.batches import Batches, epoch_mark
from trainer.distributed import World
from trainer.skipping import Window, batch_number

_PRIME = 2**61 - 1
_BASE = 0x1F0A53B7C9D2E846 % _PRIME
_BLOCK = 1 << 18  # draws that are hashed at a time


@dataclass(frozen=True, slots=True)
class Entry:
    """What some steps have read.

    Attributes:
        order: polynomial over the numbers of the batches, modulo 2**61 - 1.
        places: uint64 ``(3,)``, see :mod:`trainer.kernels.places`.
    """

    order: int
    places: NDArray[np.uint64]

    def digest(self, manifest_sha256: str) -> str:
        """sha256 of the entry and of the data that it is about, in hexadecimal."""
        parts = [manifest_sha256, str(self.order), *map(str, self.places.tolist())]
        return hashlib.sha256(" ".join(parts).encode()).hexdigest()


_NOTHING = Entry(0, np.zeros(3, np.uint64))


class BatchLedger:
    """What this run has read, and whether it is what it should be."""

    def __init__(self, batches: Batches, world: World) -> None:
        self._plan, self._world = Plan(batches), world
        self._manifest_sha256 = batches.stream.manifest.identity()
        self._taken = self._marked = _NOTHING

    def take(self, number: int, places: NDArray[np.uint64]) -> None:
        """Enter a batch: its number, and the checksum of the places this rank has read for it."""
        self._taken = Entry(_extend(self._taken.order, number), self._taken.places + places)

    def mark(self) -> None:
        """Remember this moment, for :meth:`rewind`."""
        self._marked = self._taken

    def rewind(self) -> None:
        """Back to the moment of the last :meth:`mark`."""
        self._taken = self._marked

    def close_books(self, num_steps: int, skipped: Sequence[Window]) -> str:
        """The digest of all that all ranks have read; to be called on all of them.

        Raises:
            DataError: it is not what ``num_steps`` steps must read; on all ranks.
        """
        every = self._world.gather(self._taken)
        total = Entry(self._taken.order, np.sum([e.places for e in every], axis=0, dtype=np.uint64))
        digest = total.digest(self._manifest_sha256)
        self._world.on_lead(lambda: self._compare(digest, num_steps, skipped, "this run has read"))
        return digest

    def resume(self, recorded: str, num_steps: int, skipped: Sequence[Window]) -> None:
        """Go on from a checkpoint with the digest ``recorded``; to be called on all ranks.

        Raises:
            DataError: the checkpoint's run has read something else; on all ranks.
        """
        order = self._world.on_lead(
            lambda: self._compare(recorded, num_steps, skipped, "the checkpoint's run has read")
        )
        # The past is rank 0's: the sum over the ranks is what counts.
        places = self._plan.entry(num_steps, skipped).places if self._world.is_lead else 0
        self._taken = Entry(order, np.zeros(3, np.uint64) + np.asarray(places, np.uint64))

    def _compare(self, found: str, num_steps: int, skipped: Sequence[Window], who: str) -> int:
        expected = self._plan.entry(num_steps, skipped)
        digest = expected.digest(self._manifest_sha256)
        if found != digest:
            raise DataError(
                f"{who} other data than {num_steps} steps of this program should (ledger "
                f"{found[:12]}, expected {digest[:12]}): something was repeated, left out or "
                "taken from elsewhere; choose another output to start afresh"
            )
        return expected.order


class Plan:
    """What steps must read, by (manifest, seed, step) alone."""

    def __init__(self, batches: Batches) -> None:
        self._batches = batches
        self._epoch: NDArray[np.uint64] | None = None
        self._known = 0, _NOTHING

    def entry(self, num_steps: int, skipped: Sequence[Window]) -> Entry:
        """Of the first ``num_steps`` steps, the windows ``skipped`` left out.

        What was computed for fewer steps is gone on from. A window may be added as long as it
        begins behind the steps asked for before, as rollbacks do.
        """
        done, entry = self._known if self._known[0] <= num_steps else (0, _NOTHING)
        order, places = entry.order, entry.places
        for first, end in _stretches(done, num_steps, skipped):
            order = _extend_by_range(order, first, end)
            size = self._batches.global_batch_size
            places = places + self._places(range(first * size, end * size))
        self._known = num_steps, Entry(order, places)
        return self._known[1]

    def _places(self, draws: range) -> NDArray[np.uint64]:
        """Of a range of draws."""
        size, total = self._batches.num_sequences, np.zeros(3, np.uint64)
        first, end = -(-draws.start // size), draws.stop // size  # epochs that are whole
        if first < end and not self._batches.shift_epochs:
            mark = sum(map(epoch_mark, range(first, end))) % 2**64
            total = self._whole_epoch() * np.array([mark, mark, end - first], np.uint64)
            rest = [range(draws.start, first * size), range(end * size, draws.stop)]
        else:
            rest = [draws]
        blocks = [
            range(low, min(low + _BLOCK, part.stop))
            for part in rest
            for low in range(part.start, part.stop, _BLOCK)
        ]
        return total + _sum_in_threads(partial(_hash_draws, self._batches), blocks)

    def _whole_epoch(self) -> NDArray[np.uint64]:
        """Of every sequence once, in stream order, with mark 1."""
        if self._epoch is None:
            size = self._batches.num_sequences
            blocks = [range(low, min(low + _BLOCK, size)) for low in range(0, size, _BLOCK)]
            self._epoch = _sum_in_threads(partial(_hash_sequences, self._batches), blocks)
        return self._epoch


def _hash_draws(batches: Batches, draws: range) -> NDArray[np.uint64]:
    starts, marks = batches.draw(draws)
    return batches.stream.places(starts, batches.sequence_length + 1, marks)


def _hash_sequences(batches: Batches, numbers: range) -> NDArray[np.uint64]:
    starts = np.arange(numbers.start, numbers.stop, dtype=np.int64) * batches.sequence_length
    marks = np.ones(len(starts), np.uint64)
    return batches.stream.places(starts, batches.sequence_length + 1, marks)


def _sum_in_threads(work: "partial[NDArray[np.uint64]]", blocks: list[range]) -> NDArray[np.uint64]:
    total = np.zeros(3, np.uint64)
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        for sums in threads.map(work, blocks):
            total += sums
    return total


def _stretches(first: int, end: int, skipped: Sequence[Window]) -> Iterator[tuple[int, int]]:
    """Ranges of the numbers of the batches that the steps from ``first`` to ``end`` take.

    >>> list(_stretches(0, 5, [(2, 3), (5, 5)]))
    [(0, 2), (4, 5), (6, 8)]
    """
    while first < end:
        number = batch_number(first, skipped)
        gap = min((low for low, _ in skipped if low > number), default=number + end - first)
        length = min(end - first, gap - number)
        yield number, number + length
        first += length


def _extend(order: int, number: int) -> int:
    """The polynomial with one more batch."""
    return (order * _BASE + number + 1) % _PRIME


def _extend_by_range(order: int, first: int, end: int) -> int:
    """The polynomial with the batches ``first`` to ``end - 1`` more, in closed form.

    >>> _extend_by_range(7, 3, 5) == _extend(_extend(7, 3), 4)
    True
    """
    count, inverse = end - first, pow(_BASE - 1, -1, _PRIME)
    power = pow(_BASE, count, _PRIME)
    ones = (power - 1) * inverse  # sum of the powers below ``count``
    steps = (ones - count) * inverse  # sum of i * base ** (count - 1 - i)
    return (order * power + (first + 1) * ones + steps) % _PRIME
