"""In which order an epoch takes the sequences of a split.

Either one keyed permutation of all, or, for shards that lie far away, one with a window: runs of
neighbouring shards are permuted, and the sequences of a few runs at a time are permuted among
themselves. Both are functions of (seed, epoch, place): nothing is stored but a table with a line
per run of shards.
"""

from functools import lru_cache
from math import isqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from trainer.permutation import Permutation, derive_key

_OF_RUNS, _OF_SEQUENCES = 1, 2  # which permutation of an epoch a key is for


class Order:
    """``order(epoch, places)``: the numbers of the sequences at some places of an epoch."""

    def __init__(self, seed: int, num_sequences: int) -> None:
        """All ``num_sequences`` are permuted as one."""
        self._seed, self._num_sequences = seed, num_sequences
        self._permutation = lru_cache(maxsize=4)(self._permute)

    def __call__(self, epoch: int, places: NDArray[np.int64]) -> NDArray[np.int64]:
        """int64 of the shape of ``places``; a bijection of ``range(num_sequences)``."""
        return self._permutation(self._num_sequences, epoch)(places)

    def _permute(self, size: int, *parts: int) -> Permutation:
        return Permutation(size, derive_key(self._seed, *parts))


class WindowOrder(Order):
    """An order that needs few shards at a time.

    A window is ``window`` shards, in runs of ``isqrt(window)`` neighbours: the last sequence of a
    run reaches into the shard behind it, so while a window is read no more than
    ``window + window // isqrt(window)`` shards are needed, where no sequence is longer than a
    shard.
    """

    def __init__(self, seed: int, first_sequences: NDArray[np.int64], window: int) -> None:
        """``first_sequences``: int64 ``(S + 1,)``, number of the first sequence that begins in
        each shard, and of all."""
        super().__init__(seed, int(first_sequences[-1]))
        length = isqrt(window)
        num_shards = len(first_sequences) - 1
        ends = np.minimum(np.arange(0, num_shards + length, length), num_shards)
        self._bounds = first_sequences[np.unique(ends)]
        self._runs_per_window = window // length
        self._table = lru_cache(maxsize=2)(self._make_table)

    def __call__(self, epoch: int, places: NDArray[np.int64]) -> NDArray[np.int64]:
        table = self._table(epoch)
        windows = np.searchsorted(table.windows, places, side="right") - 1
        numbers = np.empty_like(places)
        for window in np.unique(windows).tolist():
            here = windows == window
            first, end = table.windows[window : window + 2].tolist()
            permutation = self._permutation(end - first, epoch, _OF_SEQUENCES, window)
            shuffled = first + permutation(places[here] - first)
            runs = np.searchsorted(table.runs, shuffled, side="right") - 1
            numbers[here] = shuffled - table.runs[runs] + self._bounds[table.order[runs]]
        return numbers

    def _make_table(self, epoch: int) -> "_Table":
        num_runs = len(self._bounds) - 1
        order = self._permute(num_runs, epoch, _OF_RUNS)(np.arange(num_runs, dtype=np.int64))
        runs = np.concatenate([[0], np.cumsum(np.diff(self._bounds)[order])])
        cuts = np.append(np.arange(0, num_runs, self._runs_per_window), num_runs)
        return _Table(order, runs, runs[cuts])


class _Table(NamedTuple):
    """Of one epoch: the runs in its order, the place where each begins, and each window."""

    order: NDArray[np.int64]
    runs: NDArray[np.int64]
    windows: NDArray[np.int64]
