"""Training batches as a pure function of (manifest, seed, step).

There is no iterator and no state to save: batch 1000 of a run is the same array whether the run
came there in one go or was resumed, on one rank or on sixty-four.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from schemas.errors import ConfigError, ShardError
from schemas.shards import Split
from trainer.config import Verify
from trainer.permutation import Permutation, derive_key
from trainer.shards import Location, TokenStream


class Batches:
    """``batches[step]`` is the global batch of an optimizer step.

    Sequence ``i`` covers tokens ``i * sequence_length`` to ``(i + 1) * sequence_length`` of the
    split's stream, both ends in: neighbours share one token, so that every token but the first
    is predicted once. What is left after the last whole sequence is not used. Each epoch takes
    every sequence exactly once, in an order of its own; a batch may reach into the next epoch.

    Attributes:
        stream: the tokens underneath.
        num_sequences: sequences in an epoch.
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
    ) -> None:
        """Open the shards of ``split``.

        Raises:
            ShardError: the shards cannot be trusted, or hold less than one sequence.
            ConfigError: a size is not positive.
        """
        if sequence_length < 1 or global_batch_size < 1:
            raise ConfigError("sequence_length and global_batch_size must be at least 1")
        self.stream = TokenStream(manifest_path, split, verify)
        self.sequence_length = sequence_length
        self.global_batch_size = global_batch_size
        self.num_sequences = max(0, self.stream.num_tokens - 1) // sequence_length
        self._seed = seed
        if self.num_sequences == 0:
            raise ShardError(
                f"{manifest_path}: the {split} split holds {self.stream.num_tokens} tokens, "
                f"fewer than one sequence of {sequence_length} + 1"
            )

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
        """
        starts = self.starts(step)[self._part(rank, world_size)]
        return self.stream.gather(starts, self.sequence_length + 1)

    def facts(self, step: int) -> tuple[NDArray[np.float32], NDArray[np.uint16]]:
        """Loss weight and source of each predicted token of the global batch.

        float32 and uint16 ``(global_batch_size, sequence_length)``; every rank can compute all of
        it, so the sum that normalises the loss needs no communication.
        """
        return self.stream.facts(self.starts(step) + 1, self.sequence_length)

    def starts(self, step: int) -> NDArray[np.int64]:
        """First token of each row: int64 ``(global_batch_size,)``."""
        if step < 0:
            raise IndexError(f"step {step} is before the first")
        drawn = step * self.global_batch_size + np.arange(self.global_batch_size, dtype=np.int64)
        epochs, indices = np.divmod(drawn, self.num_sequences)
        for epoch in np.unique(epochs):
            here = epochs == epoch
            key = derive_key(self._seed, int(epoch))
            indices[here] = Permutation(self.num_sequences, key)(indices[here])
        return indices * self.sequence_length

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
        if self.global_batch_size % world_size:
            raise ConfigError(
                f"data.global_batch_size = {self.global_batch_size}: "
                f"must be a multiple of the number of ranks, {world_size}"
            )

    def _part(self, rank: int, world_size: int) -> slice:
        self.check_world_size(world_size)
        size = self.global_batch_size // world_size
        return slice(rank * size, (rank + 1) * size)
