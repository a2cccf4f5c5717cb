"""Losses of rows of logits, and their gradients in the logits' place.

One program per row, which it reads twice, the second time backwards and in part from the cache.
"""

import torch
import triton
import triton.language as tl
from torch import Tensor

from trainer.cross_entropy import Objective

_BLOCK, _WARPS = 4096, 8


@triton.jit
def _capped(score, CAP: tl.constexpr):
    return CAP * (2 * tl.sigmoid(2 / CAP * score) - 1)  # tanh, which Triton has no name for


@triton.jit
def _token_losses(
    logits_ptr, target_ptr, weight_ptr, loss_ptr, value_ptr, size, stride,
    SMOOTHING: tl.constexpr, Z_LOSS: tl.constexpr, CAP: tl.constexpr,
    WITH_GRADIENT: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    row = tl.program_id(0).to(tl.int64)
    logits = logits_ptr + row * stride
    target, weight = tl.load(target_ptr + row), tl.load(weight_ptr + row)
    at_target = tl.load(logits + target).to(tl.float32)
    if CAP > 0:
        at_target = _capped(at_target, CAP)
    highest = -float("inf")
    sums, total = tl.zeros([BLOCK], tl.float32), tl.zeros([BLOCK], tl.float32)
    for first in range(0, size, BLOCK):
        column = first + tl.arange(0, BLOCK)
        score = tl.load(logits + column, column < size, -float("inf")).to(tl.float32)
        if CAP > 0:
            score = tl.where(column < size, _capped(score, CAP), -float("inf"))
        if SMOOTHING > 0:
            total += tl.where(column < size, score, 0.0)
        higher = tl.maximum(highest, tl.max(score, 0))
        sums = sums * tl.exp(highest - higher) + tl.exp(score - higher)
        highest = higher
    normaliser = highest + tl.log(tl.sum(sums, 0))
    loss = normaliser - at_target
    value = loss + Z_LOSS * normaliser * normaliser
    if SMOOTHING > 0:
        value += SMOOTHING * (at_target - tl.sum(total, 0) / size)
    tl.store(loss_ptr + row, loss)
    tl.store(value_ptr + row, value)
    if WITH_GRADIENT:
        factor = weight * (1 + 2 * Z_LOSS * normaliser)
        spread = SMOOTHING / size * weight
        for done in range(0, size, BLOCK):
            # Backwards: what was read last is the likeliest to be in the cache.
            column = (size - 1) // BLOCK * BLOCK - done + tl.arange(0, BLOCK)
            here, slot = column < size, logits + column
            score = tl.load(slot, here, 0.0, eviction_policy="evict_first").to(tl.float32)
            if CAP > 0:
                score = _capped(score, CAP)
            slope = factor * tl.exp(score - normaliser) - spread
            slope = tl.where(column == target, slope - (1 - SMOOTHING) * weight, slope)
            if CAP > 0:
                slope *= 1 - (score / CAP) * (score / CAP)
            slope = slope.to(logits_ptr.dtype.element_ty)
            tl.store(slot, slope, here, eviction_policy="evict_first")


def losses_of_chunk(
    logits: Tensor, target: Tensor, weight: Tensor, objective: Objective, with_gradient: bool
) -> tuple[Tensor, Tensor, Tensor]:
    """As :func:`trainer.cross_entropy.losses_of_chunk`; the gradient takes the logits' place.

    Args:
        logits: ``(C, V)``, rows contiguous.
        target: int64 ``(C,)``.
        weight: float32 ``(C,)``.
    """
    loss = torch.empty(len(logits), dtype=torch.float32, device=logits.device)
    value = torch.empty_like(loss)
    size = logits.shape[1]
    with torch.cuda.device_of(logits):  # Triton launches on the current device
        _token_losses[(len(logits),)](
            logits, target, weight, loss, value, size, logits.stride(0),
            objective.smoothing, objective.z_loss, objective.soft_cap, with_gradient,
            min(_BLOCK, triton.next_power_of_2(size)), num_warps=_WARPS,
        )  # fmt: skip
    return loss, value, logits
