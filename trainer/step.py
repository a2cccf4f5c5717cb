"""One optimizer step: forward and backward over micro-batches and ranks, then the update."""

import math
from contextlib import nullcontext
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from schemas.errors import CorpusMillError
from trainer.config import TrainConfig
from trainer.distributed import World
from trainer.loss import SummedLoss
from trainer.model import Transformer
from trainer.optim import Optimizer, clip_gradients
from trainer.permutation import derive_key
from trainer.precision import autocast
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
        loss: nn.Module = SummedLoss(model, config.runtime.logits_chunk)
        self.loss: Any = torch.compile(loss) if config.runtime.compile else loss
        self._shared_loss: Any = self.loss
        if world.world_size > 1:
            self._shared_loss = DistributedDataParallel(
                self.loss, broadcast_buffers=False, gradient_as_bucket_view=True
            )

    def __call__(self, step: int, batch: RankBatch) -> dict[str, float]:
        """Take step number ``step``, from 0; loss is the mean over the global batch.

        Raises:
            CorpusMillError: loss or gradient is not finite; the weights are still as before.
        """
        config, world, size = self._config, self._world, self._config.data.micro_batch_size
        # Dropout depends on (seed, step, rank) alone, so no random state needs saving.
        torch.manual_seed(derive_key(config.seed, step, world.rank))
        learning_rate = config.optimizer.learning_rate * learning_rate_scale(step, config.schedule)
        sums = []
        for first in range(0, len(batch.rows), size):
            accumulates = world.world_size > 1 and first + size < len(batch.rows)
            with self._shared_loss.no_sync() if accumulates else nullcontext():
                loss_sum = self._loss_sum(self._shared_loss, batch, slice(first, first + size))
                # DDP averages gradients over the ranks, where their sum is wanted.
                torch.autograd.backward(loss_sum * (world.world_size / batch.total_weight))
            sums.append(loss_sum.detach())
        mean = world.sum(torch.stack(sums).sum()) / batch.total_weight
        norm = clip_gradients(self._model, config.optimizer.max_gradient_norm)
        loss, gradient_norm = torch.stack([mean, norm]).tolist()
        if not (math.isfinite(loss) and math.isfinite(gradient_norm)):
            raise self._not_finite(step, batch, loss, gradient_norm)
        self._optimizer.step(learning_rate)
        self._optimizer.zero_grad()
        return {"loss": loss, "learning_rate": learning_rate, "gradient_norm": gradient_norm}

    def close(self) -> None:
        """Let go of the other ranks."""
        self._shared_loss = self.loss

    def _loss_sum(self, loss: Any, batch: RankBatch, part: slice) -> Tensor:
        rows, weights = self._to_device(batch.rows[part]), self._to_device(batch.weights[part])
        with autocast(self._config.runtime, self._world.device):
            result: Tensor = loss(rows[:, :-1], rows[:, 1:], weights)
        return result

    def _to_device(self, array: NDArray[Any]) -> Tensor:
        tensor = torch.from_numpy(array)
        if self._world.device.type == "cuda":
            tensor = tensor.pin_memory()
        return tensor.to(self._world.device, non_blocking=True)

    @torch.no_grad()
    def _not_finite(
        self, step: int, batch: RankBatch, loss: float, gradient_norm: float
    ) -> CorpusMillError:
        def row_loss(part: slice) -> Tensor:
            return self._loss_sum(self.loss, batch, part)

        return explain_not_finite(
            step, loss, gradient_norm, row_loss, batch, self._reader, self._world
        )
