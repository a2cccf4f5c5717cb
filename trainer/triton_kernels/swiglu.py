"""SwiGLU of a gate and an up projection that lie side by side, forward and backward.

Side by side they are one matrix product, and so are their gradients: with two, the backward pass
writes two gradients of the input, to read and add them again. The compiler would compute the
gradients of gate and up apart and then put them together.
"""

from typing import Any

import torch
import triton
import triton.language as tl
from torch import Tensor

_BLOCK, _WARPS = 2048, 8


@triton.jit
def _swiglu_forward(both_ptr, out_ptr, num_outputs, SIZE: tl.constexpr, BLOCK: tl.constexpr):
    place = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    here, gates = place < num_outputs, both_ptr + place + place // SIZE * SIZE
    gate = tl.load(gates, here, 0.0).to(tl.float32)
    up = tl.load(gates + SIZE, here, 0.0).to(tl.float32)
    out = gate * tl.sigmoid(gate) * up
    tl.store(out_ptr + place, out.to(out_ptr.dtype.element_ty), here)


@triton.jit
def _swiglu_backward(
    d_out_ptr, both_ptr, d_both_ptr, num_outputs, SIZE: tl.constexpr, BLOCK: tl.constexpr
):  # fmt: skip
    place = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    here, gates = place < num_outputs, place + place // SIZE * SIZE
    gate = tl.load(both_ptr + gates, here, 0.0).to(tl.float32)
    up = tl.load(both_ptr + gates + SIZE, here, 0.0).to(tl.float32)
    d_out = tl.load(d_out_ptr + place, here, 0.0).to(tl.float32)
    share = tl.sigmoid(gate)
    d_gate = d_out * up * share * (1 + gate * (1 - share))
    d_up = d_out * gate * share
    dtype = d_both_ptr.dtype.element_ty
    tl.store(d_both_ptr + gates, d_gate.to(dtype), here)
    tl.store(d_both_ptr + gates + SIZE, d_up.to(dtype), here)


@torch.library.custom_op("corpusmill::swiglu", mutates_args=())
def swiglu(both: Tensor) -> Tensor:
    """``silu(gate) * up`` in float32, rounded once.

    Args:
        both: ``(..., 2 * I)``, the gate's outputs before those of up.

    Returns:
        contiguous ``(..., I)`` of the same format.
    """
    both = both.contiguous()
    size = both.shape[-1] // 2
    out = both.new_empty(*both.shape[:-1], size)
    grid = (triton.cdiv(out.numel(), _BLOCK),)
    with torch.cuda.device_of(both):  # Triton launches on the current device
        _swiglu_forward[grid](both, out, out.numel(), size, _BLOCK, num_warps=_WARPS)
    return out


@torch.library.custom_op("corpusmill::swiglu_backward", mutates_args=())
def _gradient(d_out: Tensor, both: Tensor) -> Tensor:
    """Gradient of ``both``, contiguous."""
    d_out, both = d_out.contiguous(), both.contiguous()
    d_both = torch.empty_like(both)
    grid, size = (triton.cdiv(d_out.numel(), _BLOCK),), both.shape[-1] // 2
    with torch.cuda.device_of(both):
        _swiglu_backward[grid](d_out, both, d_both, d_out.numel(), size, _BLOCK, num_warps=_WARPS)
    return d_both


@swiglu.register_fake
def _(both: Tensor) -> Tensor:
    return both.new_empty(*both.shape[:-1], both.shape[-1] // 2)


@_gradient.register_fake
def _(d_out: Tensor, both: Tensor) -> Tensor:
    return torch.empty_like(both, memory_format=torch.contiguous_format)


def _remember(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
    ctx.save_for_backward(*inputs)


def _differentiate(ctx: Any, d_out: Tensor) -> Tensor:
    gradient: Tensor = _gradient(d_out, *ctx.saved_tensors)
    return gradient


swiglu.register_autograd(_differentiate, setup_context=_remember)
