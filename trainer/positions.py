"""How a position makes itself known: rotations of queries and keys, or waves."""

import torch
from torch import Tensor, nn

from trainer import triton_kernels

if triton_kernels.AVAILABLE:
    from trainer.triton_kernels import rotation as kernel

Rotation = tuple[Tensor, Tensor]
"""Cosines and sines, as :func:`rotary_angles` gives them."""


def rotary_angles(
    start: int, length: int, head_size: int, base: float, device: torch.device
) -> Rotation:
    """Cosines and sines ``(T, E / 2)``, float32, for positions ``start ... start + length - 1``."""
    exponents = torch.arange(0, head_size, 2, dtype=torch.float32, device=device) / head_size
    positions = torch.arange(start, start + length, dtype=torch.float32, device=device)
    angles = torch.outer(positions, base**-exponents)
    return angles.cos(), angles.sin()


def rotate(heads: Tensor, cosines: Tensor, sines: Tensor) -> Tensor:
    """Turn each pair (i, i + E / 2) of ``(B, heads, T, E)`` by its position's angle, in float32.

    Pairs are half a head apart, as in GPT-NeoX and in the Llama weights of ``transformers``.
    """
    first, second = heads.float().chunk(2, dim=-1)
    turned = (first * cosines - second * sines, second * cosines + first * sines)
    return torch.cat(turned, dim=-1)


def norm_and_rotate(heads: Tensor, norm: nn.RMSNorm | None, rotation: Rotation | None) -> Tensor:
    """Heads ``(B, T, H, E)`` as attention takes them: ``(B, H, T, E)``, in their own format.

    Normed and rotated in float32 or more, where there is a norm and a rotation; on CUDA in one
    pass (:mod:`trainer.triton_kernels.rotation`).
    """
    if rotation is not None and triton_kernels.takes(heads):
        gain, epsilon = (None, 0.0) if norm is None else (norm.weight, norm.eps)
        turned: Tensor = kernel.norm_and_rotate(heads, gain, *rotation, epsilon)
        return turned.transpose(1, 2)
    turned = heads.transpose(1, 2)
    if norm is not None:
        turned = norm(turned.float())
    if rotation is not None:
        turned = rotate(turned, *rotation)
    return turned.to(heads.dtype)


def sinusoids(start: int, length: int, width: int, device: torch.device) -> Tensor:
    """Sines, then cosines ``(T, D)``, float32 (Vaswani et al. 2017, section 3.5)."""
    cosines, sines = rotary_angles(start, length, width + width % 2, 10_000.0, device)
    return torch.cat([sines, cosines], dim=-1)[:, :width]
