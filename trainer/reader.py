"""This rank's part of each batch, read one step ahead."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from schemas.errors import ShardError
from trainer.batches import Batches
from trainer.distributed import World


@dataclass(frozen=True, slots=True)
class RankBatch:
    """The rows of a global batch that belong to one rank.

    Attributes:
        rows: int64 ``(rows, sequence_length + 1)``.
        weights: float32 ``(rows, sequence_length)``, loss weight of each predicted token.
        total_weight: sum of the weights of the whole global batch, over all ranks.
        first_row: place of ``rows[0]`` in the global batch.
    """

    rows: NDArray[np.int64]
    weights: NDArray[np.float32]
    total_weight: float
    first_row: int


class Reader:
    """Reads :class:`RankBatch` es; holds no position, so there is none to save."""

    def __init__(self, batches: Batches, world: World, document_weights: bool) -> None:
        """``document_weights``: off gives every token the weight 1."""
        self.batches, self._world, self._document_weights = batches, world, document_weights

    def read(self, step: int) -> RankBatch:
        """The part of ``batches[step]`` that is this rank's.

        Raises:
            ShardError: a shard is damaged, or nothing in the batch has any weight.
        """
        world = self._world
        rows = self.batches.rows(step, world.rank, world.world_size)
        first = world.rank * len(rows)
        if not self._document_weights:
            weights = np.ones((len(rows), rows.shape[1] - 1), np.float32)
            return RankBatch(rows, weights, float(weights.size * world.world_size), first)
        everything = self.batches.weights(step)
        total = float(everything.sum(dtype=np.float64))
        if total == 0:
            raise ShardError(f"step {step + 1}: every document of the batch has loss weight 0")
        return RankBatch(rows, everything[first : first + len(rows)], total, first)

    def ahead(self, first_step: int, end_step: int) -> Iterator[Future[RankBatch]]:
        """The batches of a range of steps; while one is used, the next is being read."""
        with ThreadPoolExecutor(1) as thread:
            coming = thread.submit(self.read, first_step) if first_step < end_step else None
            for step in range(first_step, end_step):
                ready, coming = coming, None
                if step + 1 < end_step:
                    coming = thread.submit(self.read, step + 1)
                assert ready is not None
                yield ready
