"""Lion: the sign of an interpolated momentum (Chen et al. 2023, algorithm 2)."""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor


class Lion(torch.optim.Optimizer):
    """Moves each weight by the learning rate, in the direction of a sign; one moment per weight.

    Decay is not here: it is decoupled, and :class:`trainer.optim.Optimizer` does it for all.
    """

    def __init__(
        self, params: Iterable[Any], lr: float, betas: tuple[float, float] = (0.9, 0.99)
    ) -> None:
        """``betas``: weight of the momentum in the direction, and in the next momentum."""
        super().__init__(params, {"lr": lr, "betas": betas})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """One update of all weights that have a gradient; ``closure`` is not used."""
        for group in self.param_groups:
            weights = [weight for weight in group["params"] if weight.grad is not None]
            if not weights:
                continue
            gradients = [weight.grad for weight in weights]
            momenta = [self._momentum(weight) for weight in weights]
            first, second = group["betas"]
            directions = torch._foreach_lerp(gradients, momenta, first)
            directions = tuple(direction.sign_() for direction in directions)
            torch._foreach_add_(weights, directions, alpha=-group["lr"])
            torch._foreach_lerp_(momenta, gradients, 1 - second)

    def _momentum(self, weight: Tensor) -> Tensor:
        state = self.state[weight]
        if "exp_avg" not in state:
            state["exp_avg"] = torch.zeros_like(weight)
        momentum: Tensor = state["exp_avg"]
        return momentum
