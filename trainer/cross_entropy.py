"""Cross entropy of a linear output layer, a chunk of positions at a time.

Logits in float32 would be the largest tensor of a training step: 32 sequences of 1,024 positions
with a vocabulary of 50,304 need 6 GiB. Here those of one chunk exist at a time, and its gradients
are computed at once, in the forward pass, so nothing is computed twice and nothing of the size of
the vocabulary is kept (Hsu et al. 2024, Liger; Wijmans et al. 2024, Cut Cross Entropy).
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable


@dataclass(frozen=True, slots=True)
class Objective:
    """What is minimised: for logits ``x``, target ``t``, vocabulary ``V``, and per position
    ``(1 - smoothing) * -log p_t + smoothing * mean_v(-log p_v) + z_loss * logsumexp(x) ** 2``.

    Attributes:
        smoothing: label smoothing (Szegedy et al. 2016).
        z_loss: keeps the logarithm of the softmax's denominator near 0 (Chowdhery et al. 2022).
        soft_cap: logits are ``c * tanh(x / c)`` (Gemma 2); 0 leaves them as they are.
        chunk: positions whose logits exist at one time.
    """

    smoothing: float = 0.0
    z_loss: float = 0.0
    soft_cap: float = 0.0
    chunk: int = 8192


def cross_entropy(
    hidden: Tensor, head: Tensor, targets: Tensor, weights: Tensor, objective: Objective
) -> tuple[Tensor, Tensor]:
    """Weighted sum of the objective, and ``-log p`` of each target without a gradient.

    Args:
        hidden: ``(N, D)``.
        head: ``(V, D)``, the output layer.
        targets: int64 ``(N,)``.
        weights: float32 ``(N,)``; zero leaves a position out.

    Returns:
        a float32 scalar, and float32 ``(N,)`` in nats.
    """
    total, losses = _ChunkedCrossEntropy.apply(  # type: ignore[no-untyped-call]
        hidden, head, targets, weights, objective, torch.is_grad_enabled()
    )
    return total, losses


class _ChunkedCrossEntropy(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        hidden: Tensor,
        head: Tensor,
        targets: Tensor,
        weights: Tensor,
        objective: Objective,
        with_gradient: bool,
    ) -> tuple[Tensor, Tensor]:
        device = hidden.device.type
        dtype = torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else None
        dtype = dtype or torch.promote_types(hidden.dtype, head.dtype)
        layer, precise = head.to(dtype), torch.promote_types(dtype, torch.float32)
        total = torch.zeros((), dtype=precise, device=hidden.device)
        losses, d_hidden = [], []
        d_head = torch.zeros_like(head, dtype=precise) if with_gradient else None
        for first in range(0, len(hidden), objective.chunk):
            part = slice(first, first + objective.chunk)
            inputs, target, weight = hidden[part].to(dtype), targets[part], weights[part]
            logits = capped((inputs @ layer.t()).to(precise), objective.soft_cap)
            normaliser = logits.logsumexp(-1)
            loss = normaliser - logits.gather(-1, target[:, None]).squeeze(-1)
            losses.append(loss)
            total = total + (weight * _objective(logits, normaliser, loss, objective)).sum()
            if d_head is not None:
                d_logits = _gradient(logits, normaliser, target, weight, objective).to(dtype)
                d_hidden.append((d_logits @ layer).to(hidden.dtype))
                if dtype == precise:
                    d_head.addmm_(d_logits.t(), inputs)
                else:
                    d_head += d_logits.t() @ inputs
        if d_head is not None:
            ctx.save_for_backward(torch.cat(d_hidden), d_head.to(head.dtype))
        positions = torch.cat(losses)
        ctx.mark_non_differentiable(positions)
        return total, positions

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, d_total: Tensor, _: Tensor) -> tuple[Tensor | None, ...]:
        d_hidden, d_head = ctx.saved_tensors
        scaled = d_hidden * d_total.to(d_hidden.dtype), d_head * d_total.to(d_head.dtype)
        return *scaled, None, None, None, None


def _objective(logits: Tensor, normaliser: Tensor, loss: Tensor, objective: Objective) -> Tensor:
    if objective.smoothing:
        uniform = normaliser - logits.mean(-1)
        loss = (1 - objective.smoothing) * loss + objective.smoothing * uniform
    return loss + objective.z_loss * normaliser**2 if objective.z_loss else loss


def _gradient(
    logits: Tensor, normaliser: Tensor, target: Tensor, weight: Tensor, objective: Objective
) -> Tensor:
    """Of the weighted objective with respect to the logits before the cap; in their place.

    A weight is a term of the exponent (minus infinity for 0), which saves a pass over the logits.
    """
    slope = 1 - (logits / objective.soft_cap) ** 2 if objective.soft_cap else None
    result = logits.sub_((normaliser - weight.log())[:, None]).exp_()
    if objective.z_loss:
        result.mul_((1 + 2 * objective.z_loss * normaliser)[:, None])
    if objective.smoothing:
        result.sub_((objective.smoothing / logits.shape[-1] * weight)[:, None])
    at_target = (objective.smoothing - 1) * weight
    result.scatter_add_(-1, target[:, None], at_target[:, None].to(result.dtype))
    return result if slope is None else result.mul_(slope)


def capped(logits: Tensor, soft_cap: float) -> Tensor:
    """Logits as the loss sees them."""
    return soft_cap * torch.tanh(logits / soft_cap) if soft_cap else logits
