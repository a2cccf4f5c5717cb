"""An exponential moving average of the weights."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from trainer.sharding import spread


class WeightAverage:
    """Follows the weights of a model; often better than they are (Polyak and Juditsky 1992).

    Attributes:
        tensors: the averages by name, on the device of the model.
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        """``decay``: share of the old average that each step keeps, after a warm-up."""
        self._weights = dict(model.named_parameters())
        self._decay = decay
        self.tensors = {name: weight.detach().clone() for name, weight in self._weights.items()}

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Move towards the weights after step number ``step`` (from 0).

        The decay is at most ``(1 + step) / (10 + step)``, so that the initial weights are soon
        forgotten (the schedule of TensorFlow's ExponentialMovingAverage).
        """
        decay = min(self._decay, (1 + step) / (10 + step))
        weights = [weight.detach() for weight in self._weights.values()]
        torch._foreach_lerp_(list(self.tensors.values()), weights, 1 - decay)

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """The model has the averages as its weights, until the context ends."""
        kept = {name: weight.detach().clone() for name, weight in self._weights.items()}
        self._copy(self.tensors)
        try:
            yield
        finally:
            self._copy(kept)

    def load(self, tensors: Mapping[str, Tensor]) -> None:
        """Put back what :attr:`tensors` was."""
        for name, value in tensors.items():
            self.tensors[name].copy_(spread(value, self.tensors[name]))

    @torch.no_grad()
    def _copy(self, tensors: dict[str, Tensor]) -> None:
        for name, weight in self._weights.items():
            weight.copy_(tensors[name])
