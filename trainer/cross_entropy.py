"""Cross entropy of a linear output layer, a chunk of positions at a time.

Logits in float32 would be the largest tensor of a training step: 32 sequences of 1,024 positions
with a vocabulary of 50,304 need 6 GiB. Here those of one chunk exist at a time, and its gradients
are computed at once, in the forward pass, so nothing is computed twice and nothing of the size of
the vocabulary is kept (Hsu et al. 2024, Liger; Wijmans et al. 2024, Cut Cross Entropy).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from trainer.precision import dtype_in_force


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
    hidden: Tensor,
    head: Tensor,
    targets: Tensor,
    weights: Tensor,
    objective: Objective,
    chunk_losses: "ChunkLosses | None" = None,
) -> tuple[Tensor, Tensor]:
    """Weighted sum of the objective, and ``-log p`` of each target without a gradient.

    Args:
        hidden: ``(N, D)``.
        head: ``(V, D)``, the output layer.
        targets: int64 ``(N,)``.
        weights: float32 ``(N,)``; zero leaves a position out.
        chunk_losses: :func:`losses_of_chunk`, compiled or as it is.

    Returns:
        a float32 scalar, and float32 ``(N,)`` in nats.
    """
    total, losses = _ChunkedCrossEntropy.apply(  # type: ignore[no-untyped-call]
        hidden,
        head,
        targets,
        weights,
        objective,
        chunk_losses or losses_of_chunk,
        torch.is_grad_enabled(),
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
        chunk_losses: "ChunkLosses",
        with_gradient: bool,
    ) -> tuple[Tensor, Tensor]:
        device = hidden.device.type
        dtype = dtype_in_force(device) or torch.promote_types(hidden.dtype, head.dtype)
        layer, precise = head.to(dtype), torch.promote_types(dtype, torch.float32)
        total = torch.zeros((), dtype=precise, device=hidden.device)
        losses, d_hidden = [], []
        d_head = torch.zeros_like(head, dtype=precise) if with_gradient else None
        for first in range(0, len(hidden), objective.chunk):
            part = slice(first, first + objective.chunk)
            inputs, target, weight = hidden[part].to(dtype), targets[part], weights[part]
            logits = inputs @ layer.t()
            loss, value, d_logits = chunk_losses(logits, target, weight, objective, with_gradient)
            losses.append(loss)
            total = total + (weight * value).sum()
            if d_head is not None:
                d_hidden.append((d_logits @ layer).to(hidden.dtype))
                if dtype == precise:
                    d_head.addmm_(d_logits.t(), inputs)
                elif device == "cuda":
                    torch.addmm(d_head, d_logits.t(), inputs, out_dtype=precise, out=d_head)
                else:
                    d_head += d_logits.t() @ inputs
        if d_head is not None:
            ctx.save_for_backward(torch.cat(d_hidden), d_head)
            ctx.head_dtype = head.dtype
        positions = torch.cat(losses)
        ctx.mark_non_differentiable(positions)
        return total, positions

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, d_total: Tensor, _: Tensor) -> tuple[Tensor | None, ...]:
        d_hidden, d_head = ctx.saved_tensors
        # Of one dimension at least, the scale of a batch, such as 1 / 30,000, is not rounded to the
        # eight bits of what it multiplies.
        scale = d_total.reshape(1, 1)
        scaled_hidden = torch.mul(d_hidden, scale, out=torch.empty_like(d_hidden))
        scaled_head = torch.mul(d_head, scale, out=torch.empty_like(d_head, dtype=ctx.head_dtype))
        return scaled_hidden, scaled_head, None, None, None, None, None


def losses_of_chunk(
    logits: Tensor, target: Tensor, weight: Tensor, objective: Objective, with_gradient: bool
) -> tuple[Tensor, Tensor, Tensor]:
    """``-log p`` and the objective of each position; the gradient of the weighted objective.

    The gradient is that of the logits before the cap, in their format, and may take their place:
    a pass over them is what this costs. Exponentials are computed once, for the denominator and
    for the gradient. Without a gradient the logits come back.

    Args:
        logits: ``(C, V)``, as the product gives them.
        target: int64 ``(C,)``.
        weight: float32 ``(C,)``.
    """
    smoothing, z_loss = objective.smoothing, objective.z_loss
    precise = torch.promote_types(logits.dtype, torch.float32)
    scores = capped(logits.to(precise), objective.soft_cap)
    at_target = scores.gather(-1, target[:, None]).squeeze(-1)
    mean = scores.mean(-1) if smoothing else at_target
    slope = 1 - (scores / objective.soft_cap) ** 2 if objective.soft_cap else None
    # The compiler knows these four lines, and reads the logits once for both sums.
    highest = scores.amax(-1, keepdim=True)
    exponentials = scores.sub_(highest).exp_()
    denominator = exponentials.sum(-1, keepdim=True)
    normaliser = (highest + denominator.log()).squeeze(-1)
    loss = normaliser - at_target
    value = loss + smoothing * (at_target - mean) + z_loss * normaliser**2
    if not with_gradient:
        return loss, value, logits
    factor = weight * (1 + 2 * z_loss * normaliser)
    spread = smoothing / logits.shape[-1] * weight
    d_logits = exponentials.mul_(factor[:, None] / denominator)
    if smoothing:
        d_logits.sub_(spread[:, None])
    if slope is not None:
        d_logits.mul_(slope)
    # One element of a row is written again: adding to it would need the rows in float32.
    d_target = factor * torch.exp(-loss) - spread - (1 - smoothing) * weight
    if slope is not None:
        d_target = d_target * slope.gather(-1, target[:, None]).squeeze(-1)
    d_logits = d_logits.to(logits.dtype)
    return loss, value, d_logits.scatter_(-1, target[:, None], d_target[:, None].to(logits.dtype))


ChunkLosses = Callable[[Tensor, Tensor, Tensor, Objective, bool], tuple[Tensor, Tensor, Tensor]]
"""Type of :func:`losses_of_chunk`."""


def capped(logits: Tensor, soft_cap: float) -> Tensor:
    """Logits as the loss sees them."""
    return soft_cap * torch.tanh(logits / soft_cap) if soft_cap else logits
