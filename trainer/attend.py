"""Which positions a query may see, and the weighted mean of their values."""

from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from trainer.dropout import Dropout


@dataclass(frozen=True, slots=True)
class Visible:
    """What each of T new positions may see of the S seen so far; the same for all layers.

    Attributes:
        is_causal: everything up to itself, and ``T == S``.
        mask: bool ``(B or 1, 1, T, S)``; None sees everything that ``is_causal`` allows.
        blocks: the same as a block mask of flex attention, instead of ``mask``.
    """

    is_causal: bool
    mask: Tensor | None = None
    blocks: Any = None


def visibility(
    length: int, seen: int, documents: Tensor | None, device: torch.device, flex: bool = False
) -> Visible:
    """A position sees itself and those before it; with ``documents`` ``(B, S)`` only its own.

    ``flex``: let flex attention skip what is hidden (CUDA, without dropout); otherwise a mask of
    bools says it.
    """
    if documents is None:
        if length == seen or length == 1:
            return Visible(is_causal=length > 1)
        mask = torch.ones(length, seen, dtype=torch.bool, device=device)
        return Visible(False, mask.tril(seen - length)[None, None])
    if flex and length == seen:
        return Visible(False, blocks=_blocks(documents))
    mask = torch.ones(length, seen, dtype=torch.bool, device=device).tril(seen - length)
    same = documents[:, -length:, None] == documents[:, None, :]
    return Visible(False, (mask & same)[:, None])


def document_numbers(tokens: Tensor, end_of_text_id: int) -> Tensor:
    """Which document each token ``(B, S)`` is of, from 0; an end-of-text belongs before itself."""
    ends = (tokens == end_of_text_id).long()
    return ends.cumsum(1) - ends


def attend(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    visible: Visible,
    dropout: Dropout,
    dropout_keys: Tensor | None,
) -> Tensor:
    """``(B, H, T, E)`` queries over ``(B, K, S, E)`` keys and values -> ``(B, H, T, E)``."""
    grouped = query.shape[1] != key.shape[1]
    probability = dropout.probability if dropout.training else 0.0
    if probability and dropout_keys is not None:
        return _attend_slowly(query, key, value, visible, dropout, dropout_keys)
    if visible.blocks is not None:
        if probability:
            raise ValueError("flex attention has no dropout")
        return _flex(query, key, value, visible.blocks, grouped)
    mixed: Tensor = F.scaled_dot_product_attention(
        query,
        key,
        value,
        attn_mask=visible.mask,
        dropout_p=probability,
        is_causal=visible.is_causal,
        enable_gqa=grouped,
    )
    return mixed


def _attend_slowly(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    visible: Visible,
    dropout: Dropout,
    dropout_keys: Tensor,
) -> Tensor:
    """The definition, for masks of dropout that no kernel can draw."""
    times = query.shape[1] // key.shape[1]
    key, value = key.repeat_interleave(times, 1), value.repeat_interleave(times, 1)
    scores = (query @ key.transpose(-1, -2)).float() / query.shape[-1] ** 0.5
    mask = visible.mask
    if visible.is_causal:
        mask = torch.ones(scores.shape[-2:], dtype=torch.bool, device=scores.device).tril()
    if mask is not None:
        scores = scores.masked_fill(~mask, float("-inf"))
    shares: Tensor = dropout(scores.softmax(-1), dropout_keys)
    return shares.to(value.dtype) @ value


def _blocks(documents: Tensor) -> Any:
    from torch.nn.attention.flex_attention import create_block_mask

    def sees(batch: Tensor, head: Tensor, query: Tensor, key: Tensor) -> Tensor:
        return (query >= key) & (documents[batch, query] == documents[batch, key])

    size, length = documents.shape
    return create_block_mask(sees, size, None, length, length, device=str(documents.device))


def _flex(query: Tensor, key: Tensor, value: Tensor, blocks: Any, grouped: bool) -> Tensor:
    """Flex attention; on CUDA it is only worth its name when compiled."""
    from torch.nn.attention.flex_attention import flex_attention

    kernel: Any = flex_attention
    if query.is_cuda and not torch.compiler.is_compiling():
        kernel = torch.compile(flex_attention, dynamic=False)
    mixed: Tensor = kernel(query, key, value, block_mask=blocks, enable_gqa=grouped)
    return mixed
