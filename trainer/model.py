"""The Transformer: decoder-only, pre-norm, in the shape that Llama made common.

RMSNorm (Zhang and Sennrich 2019), rotary positions (Su et al. 2021), SwiGLU (Shazeer 2020),
grouped-query attention (Ainslie et al. 2023), by option tied embeddings (Press and Wolf 2017)
and QK-norm (Henry et al. 2020). No biases. Shapes: B sequences, T positions, S positions seen so
far, D width, H query heads, K key-value heads, E head size, V vocabulary.
"""

from math import sqrt

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from trainer.config import ModelParams
from trainer.dropout import Dropout

_INITIAL_STD = 0.02


class KeyValueCache:
    """Keys and values of the positions seen so far, for every layer; room for ``capacity``."""

    def __init__(self, model: "Transformer", batch_size: int, capacity: int) -> None:
        params, weight = model.params, model.embedding.weight
        shape = (params.num_layers, 2, batch_size, params.num_kv_heads, capacity, params.head_size)
        self._store = torch.zeros(shape, dtype=weight.dtype, device=weight.device)
        self.capacity = capacity
        self.length = 0
        """Positions filled; the model advances it once per call."""

    def extend(self, layer: int, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
        """Append ``(B, K, T, E)`` and return all of the layer's, ``(B, K, S, E)``."""
        end = self.length + key.shape[2]
        keys, values = self._store[layer]
        keys[:, :, self.length : end] = key
        values[:, :, self.length : end] = value
        return keys[:, :, :end], values[:, :, :end]


class Transformer(nn.Module):
    """Token ids in, hidden states out; ``logits`` turns these into scores of the next token."""

    def __init__(self, params: ModelParams, vocabulary_size: int) -> None:
        """Draw the initial weights from torch's global generator.

        Normal with standard deviation 0.02; the two projections that write into the residual
        stream get ``0.02 / sqrt(2 * num_layers)``, so that its variance does not grow with depth
        (Radford et al. 2019, GPT-2, section 2.3). Norm gains start at one.
        """
        super().__init__()
        self.params = params
        self.vocabulary_size = vocabulary_size
        self.embedding = nn.Embedding(vocabulary_size, params.d_model)
        self.dropout = Dropout(params.dropout, site=0)
        self.blocks = nn.ModuleList(Block(params, layer) for layer in range(params.num_layers))
        self.norm = nn.RMSNorm(params.d_model, params.norm_epsilon)
        self.head = nn.Linear(params.d_model, vocabulary_size, bias=False)
        for name, weight in self.named_parameters():
            if weight.dim() >= 2:
                writes_residual = name.endswith(("attention.output.weight", "down.weight"))
                depth_scale = sqrt(2 * params.num_layers) if writes_residual else 1.0
                nn.init.normal_(weight, std=_INITIAL_STD / depth_scale)
        if params.tied_embeddings:
            self.head.weight = self.embedding.weight

    def forward(
        self,
        tokens: Tensor,
        cache: KeyValueCache | None = None,
        dropout_keys: Tensor | None = None,
    ) -> Tensor:
        """Hidden states ``(B, T, D)`` of tokens ``(B, T)`` that follow those in the cache.

        ``dropout_keys`` ``(B, 2)`` make dropout a function of them, see :mod:`trainer.dropout`.
        """
        start = cache.length if cache is not None else 0
        rotation = rotary_angles(
            start, tokens.shape[1], self.params.head_size, self.params.rope_base, tokens.device
        )
        hidden: Tensor = self.dropout(self.embedding(tokens), dropout_keys)
        for block in self.blocks:
            hidden = block(hidden, rotation, cache, dropout_keys)
        if cache is not None:
            cache.length += tokens.shape[1]
        normed: Tensor = self.norm(hidden)
        return normed

    def logits(self, hidden: Tensor) -> Tensor:
        """Scores ``(..., V)`` of the next token, in the precision of the product."""
        scores: Tensor = self.head(hidden)
        return scores

    def weights(self) -> dict[str, Tensor]:
        """Every weight once, by name."""
        return dict(self.named_parameters())

    def load_weights(self, weights: dict[str, Tensor]) -> None:
        """Copy in what :meth:`weights` of a model of this shape gave."""
        if self.params.tied_embeddings:
            weights = weights | {"head.weight": weights["embedding.weight"]}
        self.load_state_dict(weights)


class Block(nn.Module):
    """Attention, then feed-forward, each normed before and added after."""

    def __init__(self, params: ModelParams, layer: int) -> None:
        super().__init__()
        self.attention_norm = nn.RMSNorm(params.d_model, params.norm_epsilon)
        self.attention = Attention(params, layer)
        self.feed_forward_norm = nn.RMSNorm(params.d_model, params.norm_epsilon)
        self.feed_forward = FeedForward(params)
        self.attention_dropout = Dropout(params.dropout, site=3 * layer + 1)
        self.feed_forward_dropout = Dropout(params.dropout, site=3 * layer + 2)

    def forward(
        self,
        hidden: Tensor,
        rotation: tuple[Tensor, Tensor],
        cache: KeyValueCache | None,
        dropout_keys: Tensor | None,
    ) -> Tensor:
        """``(B, T, D)`` -> ``(B, T, D)``."""
        attended: Tensor = self.attention(self.attention_norm(hidden), rotation, cache)
        hidden = hidden + self.attention_dropout(attended, dropout_keys)
        fed: Tensor = self.feed_forward(self.feed_forward_norm(hidden))
        hidden = hidden + self.feed_forward_dropout(fed, dropout_keys)
        return hidden


class Attention(nn.Module):
    """Causal self-attention; each key-value head serves ``H / K`` query heads."""

    def __init__(self, params: ModelParams, layer: int) -> None:
        super().__init__()
        self.layer = layer
        self.head_size = params.head_size
        query_size, kv_size = params.d_model, params.num_kv_heads * params.head_size
        self.query = nn.Linear(params.d_model, query_size, bias=False)
        self.key = nn.Linear(params.d_model, kv_size, bias=False)
        self.value = nn.Linear(params.d_model, kv_size, bias=False)
        self.output = nn.Linear(query_size, params.d_model, bias=False)
        norms = params.qk_norm
        self.query_norm = nn.RMSNorm(self.head_size, params.norm_epsilon) if norms else None
        self.key_norm = nn.RMSNorm(self.head_size, params.norm_epsilon) if norms else None

    def forward(
        self, hidden: Tensor, rotation: tuple[Tensor, Tensor], cache: KeyValueCache | None
    ) -> Tensor:
        """``(B, T, D)`` -> ``(B, T, D)``."""
        batch_size, length, _ = hidden.shape
        query = self._heads(self.query(hidden))  # (B, H, T, E)
        key = self._heads(self.key(hidden))  # (B, K, T, E)
        value = self._heads(self.value(hidden))
        if self.query_norm is not None and self.key_norm is not None:
            query, key = self.query_norm(query.float()), self.key_norm(key.float())
        query = rotate(query, *rotation).to(value.dtype)
        key = rotate(key, *rotation).to(value.dtype)
        mask = None
        if cache is not None:
            key, value = cache.extend(self.layer, key, value)
            if 1 < length < key.shape[2]:  # several new positions after some old ones
                seen = torch.ones(length, key.shape[2], dtype=torch.bool, device=key.device)
                mask = seen.tril(key.shape[2] - length)
        mixed = F.scaled_dot_product_attention(
            query,
            key,
            value,
            attn_mask=mask,
            is_causal=mask is None and length > 1,
            enable_gqa=query.shape[1] != key.shape[1],
        )
        attended: Tensor = self.output(mixed.transpose(1, 2).reshape(batch_size, length, -1))
        return attended

    def _heads(self, projected: Tensor) -> Tensor:
        """``(B, T, heads * E)`` -> ``(B, heads, T, E)``."""
        batch_size, length, _ = projected.shape
        return projected.view(batch_size, length, -1, self.head_size).transpose(1, 2)


class FeedForward(nn.Module):
    """SwiGLU: ``down(silu(gate(x)) * up(x))``."""

    def __init__(self, params: ModelParams) -> None:
        super().__init__()
        self.gate = nn.Linear(params.d_model, params.feed_forward_size, bias=False)
        self.up = nn.Linear(params.d_model, params.feed_forward_size, bias=False)
        self.down = nn.Linear(params.feed_forward_size, params.d_model, bias=False)

    def forward(self, hidden: Tensor) -> Tensor:
        """``(B, T, D)`` -> ``(B, T, D)``."""
        fed: Tensor = self.down(F.silu(self.gate(hidden)) * self.up(hidden))
        return fed


def rotary_angles(
    start: int, length: int, head_size: int, base: float, device: torch.device
) -> tuple[Tensor, Tensor]:
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


def count_parameters(params: ModelParams, vocabulary_size: int) -> int:
    """Number of weights by formula; tied embeddings count once.

    >>> count_parameters(ModelParams(d_model=768, num_layers=12, num_heads=12, num_kv_heads=12,
    ...                              feed_forward_size=2048, qk_norm=False), 50304)
    123587328
    """
    width, kv_size = params.d_model, params.num_kv_heads * params.head_size
    attention = 2 * width * width + 2 * width * kv_size
    feed_forward = 3 * width * params.feed_forward_size
    norms = 2 * width + (2 * params.head_size if params.qk_norm else 0)
    embeddings = vocabulary_size * width * (1 if params.tied_embeddings else 2)
    return embeddings + params.num_layers * (attention + feed_forward + norms) + width
