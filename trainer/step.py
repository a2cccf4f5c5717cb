"""One optimizer step: the gradient of the global batch, clipped, then the update."""

import math
from typing import Any

import torch
from torch import Tensor, nn

from schemas.errors import CorpusMillError
from trainer.config import TrainConfig
from trainer.distributed import World
from trainer.exact import ExactGradients
from trainer.gradients import FastGradients, Tally, run
from trainer.loss import SummedLoss
from trainer.model import Transformer
from trainer.optim import Optimizer, clip_gradients
from trainer.reader import RankBatch, Reader
from trainer.schedule import learning_rate_scale
from trainer.spikes import explain_not_finite


class Step:
    """Updates the weights. What it does depends on (weights, moments, batch, seed, step) alone.

    Attributes:
        loss: the model with its loss, compiled by option, not tied to other ranks.
    """

    def __init__(
        self,
        model: Transformer,
        optimizer: Optimizer,
        reader: Reader,
        config: TrainConfig,
        world: World,
    ) -> None:
        """Wrap ``model`` for its ranks; rank 0's weights become everyone's."""
        self._model, self._optimizer, self._reader = model, optimizer, reader
        self._config, self._world = config, world
        self._tally = Tally(reader.batches.stream.manifest.sources)
        loss: nn.Module = SummedLoss(model, config.loss)
        self.loss: Any = torch.compile(loss) if config.runtime.compile else loss
        kind = ExactGradients if config.parallel.mode == "exact" else FastGradients
        self._gradients: FastGradients | ExactGradients | None = kind(
            self.loss, config, world, self._tally
        )

    def __call__(self, step: int, batch: RankBatch) -> dict[str, float]:
        """Take step number ``step``, from 0; losses are means over the global batch.

        Raises:
            CorpusMillError: loss or gradient is not finite; the weights are still as before.
        """
        assert self._gradients is not None, "the step is closed"
        config = self._config
        learning_rate = config.optimizer.learning_rate * learning_rate_scale(step, config.schedule)
        sums = self._gradients(step, batch)
        norm = clip_gradients(self._model, config.optimizer.max_gradient_norm)
        gradient_norm, *values = torch.cat([norm.double().reshape(1), sums]).tolist()
        row = self._tally.means(values, batch.total_weight)
        if not (math.isfinite(row["loss"]) and math.isfinite(gradient_norm)):
            raise self._not_finite(step, batch, row["loss"], gradient_norm)
        self._optimizer.step(learning_rate)
        self._optimizer.zero_grad()
        return {**row, "learning_rate": learning_rate, "gradient_norm": gradient_norm}

    def close(self) -> None:
        """Let go of the other ranks."""
        self._gradients = None

    @torch.no_grad()
    def _not_finite(
        self, step: int, batch: RankBatch, loss: float, gradient_norm: float
    ) -> CorpusMillError:
        def row_loss(part: slice) -> Tensor:
            return run(self.loss, batch, part, self._config, self._world)[0].objective

        return explain_not_finite(
            step, loss, gradient_norm, row_loss, batch, self._reader, self._world
        )
