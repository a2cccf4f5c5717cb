"""Losses that leap, or are no longer numbers: noticed, undone, and their data left out.

A run goes back to its last snapshot and goes on behind the batches that it took since. Which
batches are left out is part of the run's state, so a resumed run leaves out the same.
"""

import math
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import median

import torch
from torch import Tensor

from trainer.average import WeightAverage
from trainer.config import SpikeParams
from trainer.model import Transformer
from trainer.optim import Optimizer
from trainer.sharding import local

_NORMAL = 1.4826  # deviations of a normal distribution per median absolute deviation
_NEW = 2  # times the highest loss of the window
_LEAST_DEVIATION = 0.02  # of the median: a loss that hardly moves is not judged by dust,
_LEAST_MEDIAN = 0.5  # nor one of what is learnt by heart, in nats


@dataclass(frozen=True, slots=True)
class Spike:
    """A step whose loss is not to be believed.

    Attributes:
        step: its number, from 0.
        reason: what is wrong, in words.
    """

    step: int
    reason: str


class SpikeGuard:
    """Judges each step by the losses before it.

    Attributes:
        recent: (step, loss) of the last steps that were in order.
    """

    def __init__(self, params: SpikeParams, recent: Iterable[tuple[int, float]] = ()) -> None:
        self._params = params
        self.recall(recent)

    def recall(self, recent: Iterable[tuple[int, float]]) -> None:
        """Begin with the losses of an earlier life."""
        self.recent = deque(recent, maxlen=self._params.window)

    def judge(self, step: int, row: Mapping[str, float], has_weight: bool = True) -> Spike | None:
        """Take in a step's ``loss`` and ``gradient_norm``; a spike is not remembered.

        Without ``has_weight`` the loss is that of tokens nothing is learnt from: it says nothing
        of the run, however high it is.
        """
        loss, norm = row["loss"], row["gradient_norm"]
        if not math.isfinite(loss):
            return Spike(step, f"the loss is {loss}")
        if not math.isfinite(norm):
            return Spike(step, f"the gradient norm is {norm}")
        if not has_weight:
            return None
        losses = [value for _, value in self.recent]
        enough = min(self._params.min_history, self._params.window)
        if self._params.enabled and len(losses) >= enough:
            middle = median(losses)
            deviation = _NORMAL * median(abs(value - middle) for value in losses)
            deviation = max(deviation, _LEAST_DEVIATION * max(middle, _LEAST_MEDIAN))
            leap = loss - middle
            # A rare source is no accident: it has come, and leapt, before.
            is_new = leap > _NEW * (max(losses) - middle)
            if is_new and leap > self._params.threshold * deviation:
                times = leap / deviation
                return Spike(
                    step, f"loss {loss:.4f} is {times:.0f} deviations above its median {middle:.4f}"
                )
        self.recent.append((step, loss))
        return None

    def forget_after(self, num_steps: int) -> None:
        """Drop what came after the first ``num_steps`` steps."""
        self.recall([(step, loss) for step, loss in self.recent if step < num_steps])


class Snapshot:
    """Weights, optimizer state and average after ``step`` steps, in the memory of the host.

    Its tensors are its own, and never change; of sharded ones it holds this rank's part.
    """

    def __init__(
        self,
        step: int,
        model: Transformer,
        optimizer: Optimizer,
        average: WeightAverage | None,
    ) -> None:
        self.step = step
        self.weights = _copies(model.weights())
        self.optimizer = _copies(optimizer.tensors())
        self.average = _copies(average.tensors) if average is not None else {}

    def restore(
        self, model: Transformer, optimizer: Optimizer, average: WeightAverage | None
    ) -> None:
        """Put everything back; the snapshot can be used again."""
        with torch.no_grad():
            for name, weight in model.weights().items():
                local(weight).copy_(self.weights[name])
            for name, value in (average.tensors if average is not None else {}).items():
                local(value).copy_(self.average[name])
        optimizer.restore(self.optimizer)
        optimizer.zero_grad()


def _copies(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: local(value.detach()).to("cpu", copy=True) for name, value in tensors.items()}
