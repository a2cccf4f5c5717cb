"""This rank's part of each batch, read one step ahead."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import chain
from math import fsum

import numpy as np
from numpy.typing import NDArray

from schemas.errors import ConfigError, ShardError
from schemas.object_store import is_remote
from trainer.batches import Batches
from trainer.config import DataParams, TrainConfig
from trainer.distributed import World
from trainer.skipping import Window, batch_number
from trainer.slots import check_slots

_MOST_WEIGHTLESS = 100


@dataclass(frozen=True, slots=True)
class RankBatch:
    """The rows of a global batch that belong to one rank.

    Attributes:
        rows: int64 ``(rows, sequence_length + 1)``.
        weights: float32 ``(rows, sequence_length)``, loss weight of each predicted token.
        sources: uint16 ``(rows, sequence_length)``, source of each predicted token.
        row_weights: sum of the weights of each row.
        total_weight: sum of the weights of the whole global batch, over all ranks; of these rows
            alone until :meth:`Reader.share` has been asked.
        first_row: place of ``rows[0]`` in the global batch.
        places: uint64 ``(3,)``, checksum of what was read, for the ledger.
        number: of the global batch; the step's, unless batches are skipped.
    """

    rows: NDArray[np.int64]
    weights: NDArray[np.float32]
    sources: NDArray[np.uint16]
    row_weights: list[float]
    total_weight: float
    first_row: int
    places: NDArray[np.uint64]
    number: int

    @property
    def divisor(self) -> float:
        """What sums over the batch become means by; without any weight their gradient is 0."""
        return self.total_weight or 1.0


class Reader:
    """Reads :class:`RankBatch` es; holds no position, so there is none to save.

    Attributes:
        skipped: windows of batches to leave out, see :func:`trainer.skipping.batch_number`.
    """

    def __init__(self, batches: Batches, world: World, data: DataParams) -> None:
        """The loss weight of a token is its document's, by option, times its source's.

        Raises:
            ConfigError: ``data.source_weights`` names a source that the shards lack, or leaves
                no source a weight.
        """
        self.batches, self._world = batches, world
        self.skipped: tuple[Window, ...] = ()
        self._steps_ahead = data.cache.steps_ahead if is_remote(data.manifest) else 0
        self._told = self._weightless = 0
        self._document_weights = data.document_weights
        names = batches.stream.manifest.sources
        for name in data.source_weights:
            if name not in names:
                raise ConfigError(
                    f"data.source_weights: no source {name!r}; allowed here: {', '.join(names)}"
                )
        self._factors = np.array([data.source_weights.get(name, 1.0) for name in names], np.float32)
        trained = _sources_of_train(batches)
        if trained and not any(data.source_weights.get(name, 1.0) for name in trained):
            raise ConfigError(
                "data.source_weights: every source of the training split has weight 0, so nothing "
                f"would be learnt; give one a weight above 0: {', '.join(trained)}"
            )

    def read(self, step: int) -> RankBatch:
        """The part of the step's batch that is this rank's.

        Raises:
            ShardError: a shard is damaged.
        """
        rank, world_size = self._world.rank, self._world.world_size
        number = self.number(step)
        self._prefetch(step)
        rows, places = self.batches.read(number, rank, world_size)
        weights, sources = self.batches.facts(number, rank, world_size)
        weights = (weights if self._document_weights else 1) * self._factors[sources]
        # Row by row, so that it does not depend on which rows are read together.
        row_weights = weights.astype(np.float64).sum(axis=1).tolist()
        first_row = rank * len(rows)
        return RankBatch(
            rows, weights, sources, row_weights, fsum(row_weights), first_row, places, number
        )

    def _prefetch(self, step: int) -> None:
        """Tell which shards are needed soon: once for each step."""
        end = step + 1 + self._steps_ahead
        for coming in range(max(step + 1, min(self._told, end)), end):
            number = self.number(coming)
            self.batches.prefetch(number, self._world.rank, self._world.world_size)
        self._told = end

    def share(self, receive: Callable[[], RankBatch]) -> RankBatch:
        """Receive a batch on all ranks, and let them know the weight of the whole.

        Raises:
            CorpusMillError: ``receive`` failed on a rank, see :meth:`World.together`.
            ShardError: nothing has any weight, in so many batches in a row that it is no chance.
        """
        batch, weights = self._world.pool(receive, lambda batch: batch.row_weights)
        total = fsum(chain.from_iterable(weights))
        self._weightless = 0 if total else self._weightless + 1
        if self._weightless == _MOST_WEIGHTLESS:
            raise ShardError(
                f"batch {batch.number + 1} and the {_MOST_WEIGHTLESS - 1} before it: "
                "every document has loss weight 0"
            )
        return replace(batch, total_weight=total)

    def number(self, step: int) -> int:
        """Number of the batch that a step takes."""
        return batch_number(step, self.skipped)

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


def open_reader(config: TrainConfig, world: World) -> Reader:
    """The training split of ``config``, for this rank.

    Raises:
        ShardError: the shards cannot be trusted, or hold less than one sequence.
        ConfigError: the batch does not divide among the ranks, or a source is unknown.
    """
    batches = Batches(
        config.data.manifest,
        seed=config.seed,
        sequence_length=config.data.sequence_length,
        global_batch_size=config.data.global_batch_size,
        verify=config.data.verify,
        shuffle_window=config.data.shuffle_window,
        shift_epochs=config.data.shift_epochs,
        cache=config.data.cache,
    )
    batches.check_world_size(world.world_size)
    if config.parallel.mode == "exact":
        check_slots(config, world.world_size)
    return Reader(batches, world, config.data)


def _sources_of_train(batches: Batches) -> list[str]:
    """Names of the sources whose tokens are trained on, by the manifest."""
    shards = [shard for shard in batches.stream.manifest.shards if shard.split == "train"]
    return sorted({n for shard in shards for n, count in shard.tokens_per_source.items() if count})
