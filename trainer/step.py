"""One optimizer step: the gradient of the global batch, clipped, then the update."""

from dataclasses import dataclass

import torch
from torch import Tensor

from trainer.average import WeightAverage
from trainer.config import TrainConfig
from trainer.distributed import World
from trainer.exact import ExactGradients
from trainer.gradients import FastGradients, Tally
from trainer.loss import SummedLoss
from trainer.optim import Optimizer, clip_gradients
from trainer.precision import product_dtype
from trainer.reader import RankBatch
from trainer.schedule import learning_rate_scale


@dataclass(frozen=True, slots=True)
class Taken:
    """A step that is on its way; on CUDA the host does not wait for it.

    Attributes:
        step: its number, from 0.
        values: gradient norm and tally, float64, on the device.
    """

    step: int
    batch: RankBatch
    learning_rate: float
    values: Tensor


class Step:
    """Updates the weights. What it does depends on (weights, moments, batch, seed, step) alone.

    Attributes:
        loss: the model with its loss, compiled by option, not tied to other ranks.
    """

    def __init__(
        self,
        loss: SummedLoss,
        optimizer: Optimizer,
        average: WeightAverage | None,
        source_names: list[str],
        config: TrainConfig,
        world: World,
    ) -> None:
        """Wrap ``loss`` for its ranks; rank 0's weights become everyone's."""
        self._model, self._optimizer, self._average = loss.model, optimizer, average
        self._config = config
        self._tally = Tally(source_names)
        self.loss = loss
        in_products = config.runtime.residual == "products"
        dtype = product_dtype(config.runtime, world.device) if in_products else torch.float32
        self._model.residual_dtype = dtype
        if config.runtime.compile:
            loss.compile_parts()
        kind = ExactGradients if config.parallel.mode == "exact" else FastGradients
        self._gradients: FastGradients | ExactGradients | None = kind(
            self.loss, config, world, self._tally
        )

    def __call__(self, step: int, batch: RankBatch) -> Taken:
        """Take step number ``step``, from 0. Nothing is checked here: read it, then judge."""
        assert self._gradients is not None, "the step is closed"
        config = self._config
        learning_rate = config.optimizer.learning_rate * learning_rate_scale(step, config.schedule)
        sums = self._gradients(batch)
        norm = clip_gradients(self._model, config.optimizer.max_gradient_norm)
        self._optimizer.step(learning_rate)
        self._optimizer.zero_grad()
        if self._average is not None:
            self._average.update(step)
        return Taken(step, batch, learning_rate, torch.cat([norm.double().reshape(1), sums]))

    def read(self, taken: Taken) -> dict[str, float]:
        """Wait for a step; its losses are means over the global batch, in nats per token."""
        gradient_norm, *sums = taken.values.tolist()
        row = self._tally.means(sums, taken.batch.total_weight)
        return {**row, "learning_rate": taken.learning_rate, "gradient_norm": gradient_norm}

    def close(self) -> None:
        """Let go of the other ranks."""
        self._gradients = None
