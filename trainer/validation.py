"""Loss on the validation split, shared out among the ranks."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from schemas.errors import ConfigError
from trainer.config import DataParams, RuntimeParams, ValidationParams
from trainer.distributed import World
from trainer.metrics import bits_per_byte
from trainer.precision import autocast
from trainer.shards import TokenStream


@dataclass(frozen=True, slots=True)
class ValidationResult:
    """Mean loss in nats per token, and bits per byte of text."""

    loss: float
    bits_per_byte: float

    def __str__(self) -> str:
        return f"validation loss {self.loss:.4f}  bits per byte {self.bits_per_byte:.4f}"


class Validator:
    """Predicts every token of the validation split but its first, in stream order.

    Attributes:
        notices: what there is to say of an empty split.
    """

    def __init__(
        self,
        data: DataParams,
        params: ValidationParams,
        runtime: RuntimeParams,
        world: World,
        in_step: bool = False,
    ) -> None:
        """Open the split; an empty one makes :meth:`measure` return ``None``, see :attr:`notices`.

        ``in_step``: ranks that have nothing left go on computing what does not count, because
        sharded weights are gathered by all of them.

        Raises:
            ConfigError: ``patience`` is to end the run, and the split is empty.
            ShardError: the shards cannot be trusted.
        """
        self._in_step = in_step
        self._data, self._runtime, self._world = data, runtime, world
        self._stream = TokenStream(data.manifest, "validation", data.verify, data.cache)
        length = data.sequence_length
        num_predicted = max(0, self._stream.num_tokens - 1)
        self.notices: list[str] = []
        if num_predicted == 0:
            lack = "the shards have no validation split"
            cure = "build them with a larger shards.validation_fraction"
            if params.patience is not None:
                raise ConfigError(
                    f"validation.patience = {params.patience}: {lack}, so it would never end the "
                    f"run; {cure}, or leave the key out"
                )
            self.notices.append(f"warning: {lack}: no validation loss, no best checkpoint; {cure}")
        whole = np.arange(num_predicted // length, dtype=np.int64) * length
        self._rest = num_predicted % length
        if params.max_sequences is not None and len(whole) > params.max_sequences:
            chosen = np.linspace(0, len(whole) - 1, params.max_sequences).round().astype(np.int64)
            whole, self._rest = whole[chosen], 0
        self._starts = whole
        self._rest_start = num_predicted - self._rest

    def measure(self, loss: nn.Module) -> ValidationResult | None:
        """Loss of ``loss``, a module like :class:`trainer.loss.SummedLoss`, not wrapped in DDP.

        Ranks may hold unequal numbers of sequences: they meet only once, in the final sum.
        """
        if len(self._starts) == 0 and self._rest == 0:
            return None
        totals = torch.zeros(2, dtype=torch.float64, device=self._world.device)
        was_training = loss.training
        loss.eval()
        world, size = self._world, self._data.micro_batch_size
        mine = self._starts[world.rank :: world.world_size]
        most = -(-len(self._starts) // world.world_size) if self._in_step else len(mine)
        for first in range(0, most, size):
            starts = mine[first : first + size]
            if len(starts):
                totals += self._sum(loss, starts, self._data.sequence_length)
            else:
                self._sum(loss, self._starts[:1], self._data.sequence_length)
        if self._rest and (self._in_step or world.rank == world.world_size - 1):
            rest = self._sum(loss, np.array([self._rest_start]), self._rest)
            totals += rest * (world.rank == world.world_size - 1)
        loss.train(was_training)
        total, count = self._world.sum(totals).tolist()
        mean = total / count
        shards = [s for s in self._stream.manifest.shards if s.split == "validation"]
        num_bytes = sum(shard.num_utf8_bytes for shard in shards)
        return ValidationResult(mean, bits_per_byte(mean, self._stream.num_tokens, num_bytes))

    @torch.no_grad()
    def _sum(self, loss: nn.Module, starts: NDArray[np.int64], length: int) -> torch.Tensor:
        rows = torch.from_numpy(self._stream.gather(starts, length + 1)).to(self._world.device)
        inputs, targets = rows[:, :-1], rows[:, 1:]
        weights = torch.ones(targets.shape, dtype=torch.float32, device=self._world.device)
        with autocast(self._runtime, self._world.device):
            total: torch.Tensor = loss(inputs, targets, weights).positions.sum(dtype=torch.float64)
        return torch.stack([total, total.new_tensor(targets.numel())])
