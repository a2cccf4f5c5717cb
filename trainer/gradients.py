"""The gradient of a global batch, left in ``weight.grad`` on every rank."""

from contextlib import nullcontext
from math import fsum
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from trainer.config import TrainConfig
from trainer.distributed import World
from trainer.loss import Losses
from trainer.permutation import derive_key
from trainer.precision import autocast
from trainer.reader import RankBatch


class Tally:
    """What a batch adds up to, as one float64 vector that ranks can sum.

    ``[objective, weighted loss, loss of each source, tokens of each source]``; the first two are
    weighted sums in nats, those of the sources are not weighted, so that a source of weight 0
    can be watched.
    """

    def __init__(self, source_names: list[str]) -> None:
        self.source_names = source_names
        self.size = 2 + 2 * len(source_names)

    def of(self, losses: Losses, weights: Tensor, sources: Tensor) -> Tensor:
        """Vector of one forward pass: positions ``(B, T)``."""
        positions, weights = losses.positions.flatten().double(), weights.flatten().double()
        sums = torch.zeros(self.size, dtype=torch.float64, device=positions.device)
        sums[0], sums[1] = losses.objective.detach(), (positions * weights).sum()
        num_sources = len(self.source_names)
        sources = sources.flatten().long()
        sums[2 : 2 + num_sources].index_add_(0, sources, positions)
        sums[2 + num_sources :].index_add_(0, sources, torch.ones_like(positions))
        return sums

    def means(self, sums: list[float], total_weight: float) -> dict[str, float]:
        """Losses in nats per token by name; the objective only where it is not the loss. Of a batch
        without any weight the loss is that of its tokens."""
        losses = sums[2 : 2 + len(self.source_names)]
        counts = sums[2 + len(self.source_names) :]
        if not total_weight:
            sums, total_weight = [fsum(losses)] * 2, fsum(counts)
        row = {"loss": sums[1] / total_weight}
        objective = sums[0] / total_weight
        if abs(objective - row["loss"]) > 1e-5 * abs(objective):
            row["objective"] = objective
        for name, loss, count in zip(self.source_names, losses, counts, strict=True):
            if count and len(self.source_names) > 1:
                row[f"source_loss/{name}"] = loss / count
        return row


class FastGradients:
    """Micro-batches as large as memory allows, summed over the ranks by DDP (or FSDP, when the
    weights of ``loss`` are sharded) while it computes.

    The order of the data is exact; the order of the sums depends on ranks and micro-batches.
    """

    def __init__(self, loss: Any, config: TrainConfig, world: World, tally: Tally) -> None:
        """``loss``: the module that takes (inputs, targets, weights); rank 0's weights win."""
        self._config, self._world, self._tally = config, world, tally
        self._loss: Any = loss
        self._is_replicated = world.world_size > 1 and config.parallel.mode == "fast"
        if self._is_replicated:
            self._loss = DistributedDataParallel(loss, gradient_as_bucket_view=True)

    def __call__(self, batch: RankBatch) -> Tensor:
        """Leave the gradient of the mean objective; the tally of the global batch."""
        config, world, size = self._config, self._world, self._config.data.micro_batch_size
        # Dropout depends on (seed, batch, rank) alone, so no random state needs saving.
        torch.manual_seed(derive_key(config.seed, batch.number, world.rank))
        sums = torch.zeros(self._tally.size, dtype=torch.float64, device=world.device)
        for first in range(0, len(batch.rows), size):
            part = slice(first, first + size)
            accumulates = self._is_replicated and first + size < len(batch.rows)
            with self._loss.no_sync() if accumulates else nullcontext():
                losses, weights, sources = run(self._loss, batch, part, config, world)
                # DDP and FSDP average gradients over the ranks, where their sum is wanted.
                scale = world.world_size / batch.divisor
                torch.autograd.backward(losses.objective * scale)
            sums += self._tally.of(losses, weights, sources)
        return world.sum(sums)


def run(
    loss: nn.Module,
    batch: RankBatch,
    part: slice,
    config: TrainConfig,
    world: World,
    dropout_keys: Tensor | None = None,
) -> tuple[Losses, Tensor, Tensor]:
    """Losses of some rows of a batch, with their weights and sources on the device."""
    rows = _to_device(batch.rows[part], world.device)
    weights = _to_device(batch.weights[part], world.device)
    sources = _to_device(batch.sources[part].astype("int32"), world.device)
    with autocast(config.runtime, world.device):
        losses: Losses = loss(rows[:, :-1], rows[:, 1:], weights, dropout_keys)
    return losses, weights, sources


def _to_device(array: NDArray[Any], device: torch.device) -> Tensor:
    tensor = torch.from_numpy(array)
    if device.type == "cuda":
        tensor = tensor.pin_memory()
    return tensor.to(device, non_blocking=True)
