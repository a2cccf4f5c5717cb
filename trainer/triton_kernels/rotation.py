"""RMSNorm of each head and its rotation, forward and backward, in one pass each.

The compiler makes a reduction and a gather of twenty loads of the same: on an H200 six times what
reading and writing the heads once takes. The result lies as ``(B, T, H, E)``, which attention
reads as it is and for which the output projection needs no copy.
"""

from typing import Any

import torch
import triton
import triton.language as tl
from torch import Tensor

_TOKENS, _WARPS = 16, 4


@triton.jit
def _angles(
    cosines_ptr, sines_ptr, num_tokens, length,
    HALF: tl.constexpr, BLOCK: tl.constexpr, TOKENS: tl.constexpr,
):  # fmt: skip
    """Tokens of this program, their places in their sequences, the columns of half a head, which
    of them there are, and their angles."""
    token = tl.program_id(0).to(tl.int64) * TOKENS + tl.arange(0, TOKENS)
    place, column = token % length, tl.arange(0, BLOCK)[None, :]
    here = (token < num_tokens)[:, None] & (column < HALF)
    angle = place[:, None] * HALF + column
    cosine, sine = tl.load(cosines_ptr + angle, here, 0.0), tl.load(sines_ptr + angle, here, 0.0)
    return token, place, column, here, cosine, sine


@triton.jit
def _halves(values, here, HALF: tl.constexpr):
    low = tl.load(values, here, 0.0).to(tl.float32)
    return low, tl.load(values + HALF, here, 0.0).to(tl.float32)


@triton.jit
def _scale(low, high, epsilon, HALF: tl.constexpr):
    return tl.rsqrt(tl.sum(low * low + high * high, 1) / (2 * HALF) + epsilon)[:, None]


@triton.jit
def _norm_and_rotate_forward(
    heads_ptr, out_ptr, gain_ptr, cosines_ptr, sines_ptr,
    num_tokens, length, num_heads, batch_stride, token_stride, head_stride, epsilon,
    HALF: tl.constexpr, BLOCK: tl.constexpr, TOKENS: tl.constexpr, NORMS: tl.constexpr,
):  # fmt: skip
    token, place, column, here, cosine, sine = _angles(
        cosines_ptr, sines_ptr, num_tokens, length, HALF, BLOCK, TOKENS
    )
    if NORMS:
        low_gain, high_gain = _halves(gain_ptr + column, column < HALF, HALF)
    source = heads_ptr + ((token // length) * batch_stride + place * token_stride)[:, None] + column
    target = out_ptr + (token * num_heads * (2 * HALF))[:, None] + column
    dtype = out_ptr.dtype.element_ty
    for _ in range(num_heads):
        low, high = _halves(source, here, HALF)
        if NORMS:
            scale = _scale(low, high, epsilon, HALF)
            low, high = low * scale * low_gain, high * scale * high_gain
        tl.store(target, (low * cosine - high * sine).to(dtype), here)
        tl.store(target + HALF, (high * cosine + low * sine).to(dtype), here)
        source += head_stride
        target += 2 * HALF


@triton.jit
def _norm_and_rotate_backward(
    d_out_ptr, heads_ptr, d_heads_ptr, gain_ptr, d_gain_ptr, cosines_ptr, sines_ptr,
    num_tokens, length, num_heads, batch_stride, token_stride, head_stride,
    d_batch_stride, d_token_stride, d_head_stride, epsilon,
    HALF: tl.constexpr, BLOCK: tl.constexpr, TOKENS: tl.constexpr, NORMS: tl.constexpr,
):  # fmt: skip
    token, place, column, here, cosine, sine = _angles(
        cosines_ptr, sines_ptr, num_tokens, length, HALF, BLOCK, TOKENS
    )
    batch = token // length
    if NORMS:
        low_gain, high_gain = _halves(gain_ptr + column, column < HALF, HALF)
        d_low_gain = tl.zeros([TOKENS, BLOCK], tl.float32)
        d_high_gain = tl.zeros([TOKENS, BLOCK], tl.float32)
        source = heads_ptr + (batch * batch_stride + place * token_stride)[:, None] + column
    d_out = d_out_ptr + (batch * d_batch_stride + place * d_token_stride)[:, None] + column
    target = d_heads_ptr + (token * num_heads * (2 * HALF))[:, None] + column
    dtype = d_heads_ptr.dtype.element_ty
    for _ in range(num_heads):
        d_first, d_second = _halves(d_out, here, HALF)
        d_low = d_first * cosine + d_second * sine
        d_high = d_second * cosine - d_first * sine
        if NORMS:
            low, high = _halves(source, here, HALF)
            scale = _scale(low, high, epsilon, HALF)
            low, high = low * scale, high * scale
            d_low_gain += d_low * low
            d_high_gain += d_high * high
            d_low, d_high = d_low * low_gain, d_high * high_gain
            along = (tl.sum(d_low * low + d_high * high, 1) / (2 * HALF))[:, None]
            d_low, d_high = scale * (d_low - low * along), scale * (d_high - high * along)
            source += head_stride
        tl.store(target, d_low.to(dtype), here)
        tl.store(target + HALF, d_high.to(dtype), here)
        d_out += d_head_stride
        target += 2 * HALF
    if NORMS:
        row = d_gain_ptr + tl.program_id(0) * (2 * HALF) + tl.arange(0, BLOCK)
        inside = tl.arange(0, BLOCK) < HALF
        tl.store(row, tl.sum(d_low_gain, 0), inside)
        tl.store(row + HALF, tl.sum(d_high_gain, 0), inside)


@torch.library.custom_op("corpusmill::norm_and_rotate", mutates_args=())
def norm_and_rotate(
    heads: Tensor, gain: Tensor | None, cosines: Tensor, sines: Tensor, epsilon: float
) -> Tensor:
    """RMSNorm of each head with ``gain`` ``(E,)``, if any, then its rotation, in float32.

    As :func:`trainer.positions.rotate` of :class:`torch.nn.RMSNorm`, rounded once.

    Args:
        heads: ``(B, T, H, E)``, the last dimension contiguous.
        cosines, sines: float32 ``(T, E / 2)``, contiguous.
        epsilon: added to the mean square.

    Returns:
        contiguous ``(B, T, H, E)`` of the format of ``heads``.
    """
    out = torch.empty_like(heads, memory_format=torch.contiguous_format)
    batch_size, length, num_heads, size = heads.shape
    num_tokens = batch_size * length
    with torch.cuda.device_of(heads):  # Triton launches on the current device
        _norm_and_rotate_forward[(triton.cdiv(num_tokens, _TOKENS),)](
            heads, out, gain, cosines, sines,
            num_tokens, length, num_heads, *heads.stride()[:3], epsilon,
            size // 2, triton.next_power_of_2(size // 2), _TOKENS, gain is not None,
            num_warps=_WARPS,
        )  # fmt: skip
    return out


@torch.library.custom_op("corpusmill::norm_and_rotate_backward", mutates_args=())
def _gradients(
    d_out: Tensor,
    heads: Tensor,
    gain: Tensor | None,
    cosines: Tensor,
    sines: Tensor,
    epsilon: float,
) -> tuple[Tensor, Tensor]:
    """Gradients of ``heads`` and, float32 ``(E,)``, of the gain."""
    batch_size, length, num_heads, size = heads.shape
    num_tokens = batch_size * length
    if d_out.stride(-1) != 1:
        d_out = d_out.contiguous()
    d_heads = torch.empty_like(heads, memory_format=torch.contiguous_format)
    num_programs = triton.cdiv(num_tokens, _TOKENS)
    d_gains = torch.empty(
        num_programs if gain is not None else 0, size, dtype=torch.float32, device=heads.device
    )
    with torch.cuda.device_of(heads):
        _norm_and_rotate_backward[(num_programs,)](
            d_out, heads, d_heads, gain, d_gains, cosines, sines,
            num_tokens, length, num_heads, *heads.stride()[:3], *d_out.stride()[:3], epsilon,
            size // 2, triton.next_power_of_2(size // 2), _TOKENS, gain is not None,
            num_warps=_WARPS,
        )  # fmt: skip
    return d_heads, d_gains.sum(0)


@norm_and_rotate.register_fake
def _like_heads(heads: Tensor, *_: Any) -> Tensor:
    return torch.empty_like(heads, memory_format=torch.contiguous_format)


@_gradients.register_fake
def _(d_out: Tensor, heads: Tensor, *_: Any) -> tuple[Tensor, Tensor]:
    return _like_heads(heads), heads.new_empty(heads.shape[-1], dtype=torch.float32)


def _remember(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
    heads, gain, cosines, sines, ctx.epsilon = inputs
    ctx.save_for_backward(heads, gain, cosines, sines)


def _differentiate(ctx: Any, d_out: Tensor) -> tuple[Tensor | None, ...]:
    heads, gain, cosines, sines = ctx.saved_tensors
    d_heads, d_gain = _gradients(d_out, heads, gain, cosines, sines, ctx.epsilon)
    return d_heads, None if gain is None else d_gain.to(gain.dtype), None, None, None


norm_and_rotate.register_autograd(_differentiate, setup_context=_remember)
