"""The bit-exact mode: the same weights for any number of ranks.

Floating-point sums depend on their order, and products on the shapes they are computed in. So the
global batch is cut into slots, whose number belongs to the run and not to the machine. A slot is
one forward and backward pass, of one shape, with dropout keyed by its samples; the gradients of
all slots are summed in float32 by one binary tree. A rank computes an aligned subtree, the ranks
together its upper levels; both numbers are powers of two, so the tree never changes.
"""

from collections.abc import Callable
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn

from trainer.config import TrainConfig
from trainer.distributed import World
from trainer.dropout import sample_keys
from trainer.gradients import Tally, run
from trainer.reader import RankBatch

# torch 2.13 gave it another name, and warns of the old one in each rank.
_all_gather: Callable[[Tensor, Tensor], object] = (
    getattr(dist, "all_gather_single", None) or dist.all_gather_into_tensor
)


class ExactGradients:
    """Gradient of a global batch, the same bits on 1, 2, 4, ... ranks.

    What remains of the machine: its kind, the library versions and the number of threads of a
    rank (1, unless ``runtime.num_threads`` says otherwise).
    """

    def __init__(self, loss: Any, config: TrainConfig, world: World, tally: Tally) -> None:
        """``loss``: the module that takes (inputs, targets, weights, dropout keys)."""
        self._loss, self._config, self._world, self._tally = loss, config, world, tally
        self._weights = list(loss.parameters())
        self._slot_size = config.data.global_batch_size // config.parallel.num_slots

    def __call__(self, batch: RankBatch) -> Tensor:
        """Leave the gradient of the mean objective; the tally of the global batch."""
        tree, tallies = SumTree(), []
        for first in range(0, len(batch.rows), self._slot_size):
            part = slice(first, first + self._slot_size)
            keys = sample_keys(
                self._config.seed, batch.number, batch.first_row + first, self._slot_size
            ).to(self._world.device)
            losses, weights, sources = run(self._loss, batch, part, self._config, self._world, keys)
            torch.autograd.backward(losses.objective * (1 / batch.divisor))
            tree.add(self._take_gradient())
            tallies.append(self._tally.of(losses, weights, sources))
        self._put_gradient(sum_over_ranks(tree.total(), self._world.world_size))
        slots = self._gather(torch.stack(tallies))
        tree = SumTree()
        for tally in slots:
            tree.add(tally)
        return tree.total()

    def _take_gradient(self) -> Tensor:
        """Gradients of all weights as one float32 vector; the weights forget them."""
        parts = []
        for weight in self._weights:
            gradient = torch.zeros_like(weight) if weight.grad is None else weight.grad
            parts.append(gradient.flatten().float())
            weight.grad = None
        return torch.cat(parts)

    def _put_gradient(self, vector: Tensor) -> None:
        sizes = [weight.numel() for weight in self._weights]
        for weight, part in zip(self._weights, torch.split(vector, sizes), strict=True):
            weight.grad = part.view_as(weight)

    def _gather(self, mine: Tensor) -> Tensor:
        """The rows of all ranks in their order."""
        if self._world.world_size == 1:
            return mine
        everything = mine.new_empty(len(mine) * self._world.world_size, mine.shape[1])
        _all_gather(everything, mine)
        return everything


class SumTree:
    """Sum of a power of two of vectors, by a binary tree over the order they come in.

    Keeps one partial sum per level, so memory grows with the logarithm of their number.
    """

    def __init__(self) -> None:
        self._partial: list[tuple[int, Tensor]] = []

    def add(self, vector: Tensor) -> None:
        """The next leaf; ``vector`` may be changed afterwards."""
        level = 0
        while self._partial and self._partial[-1][0] == level:
            vector = self._partial.pop()[1].add_(vector)
            level += 1
        self._partial.append((level, vector))

    def total(self) -> Tensor:
        """The root."""
        ((_, vector),) = self._partial
        return vector


def sum_over_ranks(vector: Tensor, world_size: int) -> Tensor:
    """The upper levels of the tree: each rank sums its stretch of the vector, then all share."""
    if world_size == 1:
        return vector
    padded = nn.functional.pad(vector, (0, -len(vector) % world_size))
    stretches = torch.empty_like(padded)
    dist.all_to_all_single(stretches, padded)
    rows = stretches.view(world_size, -1)
    while len(rows) > 1:
        rows = rows[0::2] + rows[1::2]
    _all_gather(padded, rows[0].contiguous())
    return padded[: len(vector)]
