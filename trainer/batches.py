"""Training batches as a pure function of (manifest, seed, step).

There is no iterator and no state to save: batch 1000 of a run is the same array whether the run
came there in one go or was resumed, on one rank or on sixty-four.
"""

from functools import lru_cache
from operator import index
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from schemas.errors import ConfigError, ShardError
from schemas.shards import Split
from trainer.config import CacheParams, Verify
from trainer.order import Order, WindowOrder
from trainer.permutation import derive_key
from trainer.shards import Location, TokenStream

_OF_EPOCHS = 0x65706F6368  # keeps the marks of epochs apart from other keys
_OF_SHIFTS = 0x7368696674


class Batches:
    """``batches[step]`` is the global batch of an optimizer step.

    Sequence ``i`` covers tokens ``i * sequence_length`` to ``(i + 1) * sequence_length`` of the
    split's stream, both ends in: neighbours share one token, so that every token but the first
    is predicted once. What is left after the last whole sequence is not used. Each epoch takes
    every sequence exactly once, in an order of its own; a batch may reach into the next epoch.

    With ``shift_epochs`` all sequences of an epoch but the first begin the same number of tokens
    later, less than a sequence: what is repeated is seen with other text before it. Of the last
    sequence so much is predicted twice then, and of the first nothing.

    Attributes:
        stream: the tokens underneath.
        num_sequences: sequences in an epoch.
        shift_epochs: whether epochs are cut at other places.
    """

    def __init__(
        self,
        manifest_path: str | Path,
        *,
        seed: int,
        sequence_length: int,
        global_batch_size: int,
        split: Split = "train",
        verify: Verify = "first_use",
        shuffle_window: int | None = None,
        shift_epochs: bool = False,
        cache: CacheParams | None = None,
    ) -> None:
        """Open the shards of ``split``.

        ``shuffle_window``: shards that are read at a time, see :class:`trainer.order.WindowOrder`;
        all sequences are permuted as one where it is not set. ``cache``: of shards that lie in an
        object store.

        Raises:
            ShardError: the shards cannot be trusted, or hold less than one sequence.
            ConfigError: a size is not positive.
        """
        # Numbers of numpy would overflow.
        sequence_length, global_batch_size = index(sequence_length), index(global_batch_size)
        if sequence_length < 1 or global_batch_size < 1:
            raise ConfigError("sequence_length and global_batch_size must be at least 1")
        if shuffle_window is not None and shuffle_window < 1:
            raise ConfigError("shuffle_window must be at least 1")
        self.stream = TokenStream(manifest_path, split, verify, cache)
        self.sequence_length = sequence_length
        self.global_batch_size = global_batch_size
        self.num_sequences = max(0, self.stream.num_tokens - 1) // sequence_length
        if self.num_sequences == 0:
            raise ShardError(
                f"{manifest_path}: the {split} split holds {self.stream.num_tokens} tokens, "
                f"fewer than one sequence of {sequence_length} + 1; lower data.sequence_length, "
                "or build from more documents"
            )
        self.shift_epochs, self._seed = shift_epochs, seed
        self._order = _order(self.stream, seed, sequence_length, self.num_sequences, shuffle_window)

    def __getitem__(self, step: int) -> NDArray[np.int64]:
        """Global batch of ``step`` (from 0): int64 ``(global_batch_size, sequence_length + 1)``.

        Columns ``[:-1]`` are the inputs, columns ``[1:]`` what is to be predicted.

        Raises:
            ShardError: a shard that the batch needs is damaged.
        """
        return self.rows(step, 0, 1)

    __iter__ = None  # there is no end: ask for batches[step]

    def rows(self, step: int, rank: int, world_size: int) -> NDArray[np.int64]:
        """The consecutive rows of ``batches[step]`` that belong to a rank.

        Raises:
            ConfigError: the global batch does not divide by ``world_size``.
            ShardError: a shard that they need is damaged.
        """
        return self.read(step, rank, world_size)[0]

    def read(
        self, step: int, rank: int, world_size: int
    ) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
        """What :meth:`rows` gives, and the checksum of the places that were read.

        The checksum, uint64 ``(3,)``, of all ranks and steps may be added up modulo 2**64; it is
        what :class:`trainer.ledger.BatchLedger` keeps.

        Raises:
            ConfigError: the global batch does not divide by ``world_size``.
            ShardError: a shard that they need is damaged.
        """
        starts, marks = self.draw(self._part(step, rank, world_size))
        return self.stream.read(starts, self.sequence_length + 1, marks)

    def prefetch(self, step: int, rank: int, world_size: int) -> None:
        """Begin to fetch what the rank's rows need, where shards lie in an object store."""
        starts, _ = self.draw(self._part(step, rank, world_size))
        self.stream.prefetch(starts, self.sequence_length + 1)

    def facts(
        self, step: int, rank: int = 0, world_size: int = 1
    ) -> tuple[NDArray[np.float32], NDArray[np.uint16]]:
        """Loss weight and source of each token that the rank's rows predict.

        float32 and uint16 ``(rows, sequence_length)``.

        Raises:
            ConfigError: the global batch does not divide by ``world_size``.
            ShardError: a shard that they need is damaged.
        """
        starts, _ = self.draw(self._part(step, rank, world_size))
        return self.stream.facts(starts + 1, self.sequence_length)

    def boundaries(
        self, step: int, rank: int = 0, world_size: int = 1, *, max_documents: int | None = None
    ) -> NDArray[np.int32]:
        """Where documents begin in the inputs of the rank's rows, laid end to end.

        int32 ``(max_documents + 1,)``: the ``cu_seqlens`` that attention kernels take to keep
        documents apart; see :meth:`trainer.shards.TokenStream.boundaries`.

        Raises:
            ConfigError: the global batch does not divide by ``world_size``.
            ShardError: more documents than ``max_documents``, or a shard is damaged.
        """
        starts, _ = self.draw(self._part(step, rank, world_size))
        return self.stream.boundaries(starts, self.sequence_length, max_documents)

    def starts(self, step: int) -> NDArray[np.int64]:
        """First token of each row: int64 ``(global_batch_size,)``."""
        return self.draw(self._part(step, 0, 1))[0]

    def draw(self, draws: range) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
        """First token, int64, and mark of the epoch, uint64, of a range of draws.

        Draw ``i`` is row ``i % global_batch_size`` of the batch ``i // global_batch_size``.
        """
        starts, marks = np.empty(len(draws), np.int64), np.empty(len(draws), np.uint64)
        done = 0
        while done < len(draws):
            epoch, first = divmod(draws[done], self.num_sequences)
            count = min(len(draws) - done, self.num_sequences - first)
            here = slice(done, done + count)
            places = np.arange(first, first + count, dtype=np.int64)
            np.multiply(self._order(epoch, places), self.sequence_length, out=starts[here])
            if self.shift_epochs and epoch:
                starts[here] += derive_key(self._seed, _OF_SHIFTS, epoch) % self.sequence_length
                # Only the last sequence of the stream can reach beyond its end.
                last = self.stream.num_tokens - 1 - self.sequence_length
                np.minimum(starts[here], last, out=starts[here])
            marks[here] = epoch_mark(epoch)
            done += count
        return starts, marks

    def locate(self, step: int, row: int) -> list[Location]:
        """Shards and documents in one row of the global batch."""
        return self.stream.locate(int(self.starts(step)[row]), self.sequence_length + 1)

    def epoch(self, step: int) -> float:
        """Passes over the split before ``step`` begins."""
        return step * self.global_batch_size / self.num_sequences

    def check_world_size(self, world_size: int) -> None:
        """Every rank takes the same number of rows.

        Raises:
            ConfigError: the global batch does not divide by ``world_size``.
        """
        if world_size < 1 or self.global_batch_size % world_size:
            raise ConfigError(
                f"data.global_batch_size = {self.global_batch_size}: "
                f"must be a multiple of the number of ranks, {world_size}"
            )

    def _part(self, step: int, rank: int, world_size: int) -> range:
        """Draws of the rows of a batch that belong to a rank."""
        step, rank, world_size = index(step), index(rank), index(world_size)
        if step < 0:
            raise IndexError(f"step {step} is before the first")
        self.check_world_size(world_size)
        if not 0 <= rank < world_size:
            raise IndexError(f"rank {rank} is not one of {world_size}")
        size = self.global_batch_size // world_size
        first = step * self.global_batch_size + rank * size
        return range(first, first + size)


@lru_cache(maxsize=16)
def epoch_mark(epoch: int) -> int:
    """An odd factor of 64 bits that tells in which epoch a place was read."""
    return derive_key(_OF_EPOCHS, epoch) | 1


def _order(
    stream: TokenStream, seed: int, sequence_length: int, num_sequences: int, window: int | None
) -> Order:
    if window is None:
        return Order(seed, num_sequences)
    first = np.minimum(-(-stream.bounds // sequence_length), num_sequences)
    return WindowOrder(seed, first, window)
