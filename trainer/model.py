"""The Transformer: decoder-only, pre-norm, in the shape that Llama made common, with options.

RMSNorm (Zhang and Sennrich 2019), rotary positions (Su et al. 2021), SwiGLU (Shazeer 2020),
grouped-query attention (Ainslie et al. 2023), QK-norm (Henry et al. 2020); by option LayerNorm,
learned or sinusoidal positions, GELU, squared ReLU (So et al. 2021), biases, a soft cap on the
logits (Gemma 2) and tied embeddings (Press and Wolf 2017). Shapes: B sequences, T positions,
S positions seen so far, D width, H query heads, K key-value heads, E head size, V vocabulary.
"""

from collections.abc import Callable, Mapping
from math import sqrt

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from trainer import triton_kernels
from trainer.attend import Visible, attend, document_numbers, visibility
from trainer.cache import KeyValueCache
from trainer.cross_entropy import capped
from trainer.dropout import Dropout
from trainer.model_params import ModelParams
from trainer.positions import Rotation, norm_and_rotate, rotary_angles, sinusoids
from trainer.precision import dtype_in_force
from trainer.sharding import spread

if triton_kernels.AVAILABLE:
    from trainer.triton_kernels import swiglu as kernel

_INITIAL_STD = 0.02
_LEAST_FLEX_HEAD = 16  # flex attention has no kernels for smaller heads
_ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "swiglu": F.silu,
    "gelu": F.gelu,
    "relu2": lambda values: F.relu(values).square(),
}


class Transformer(nn.Module):
    """Token ids in, hidden states out; ``logits`` turns these into scores of the next token.

    Attributes:
        residual_dtype: format of the sum that all blocks add to; None leaves that of the weights.
    """

    def __init__(
        self, params: ModelParams, vocabulary_size: int, end_of_text_id: int | None = None
    ) -> None:
        """Draw the initial weights from torch's global generator.

        ``plain``: normal with standard deviation 0.02. ``depth``: the two projections that write
        into the residual stream get ``0.02 / sqrt(2 * num_layers)``, so that its variance does
        not grow with depth (Radford et al. 2019, GPT-2, section 2.3). ``width``: the matrices of
        the blocks get ``1 / sqrt(inputs)`` instead of 0.02, as in muP (Yang et al. 2022, table
        8), and the depth's factor; learning rates are not scaled. Gains start at one, biases at
        zero. ``end_of_text_id`` is needed for document masking.
        """
        super().__init__()
        if params.document_masking and end_of_text_id is None:
            raise ValueError("document masking needs the id of the end-of-text token")
        self.params = params
        self.vocabulary_size, self.end_of_text_id = vocabulary_size, end_of_text_id
        self.residual_dtype: torch.dtype | None = None
        self.embedding = nn.Embedding(vocabulary_size, params.d_model)
        self.position_embedding = None
        if params.positions == "learned":
            self.position_embedding = nn.Embedding(params.num_positions, params.d_model)
        self.dropout = Dropout(params.dropout_of("embedding"), site=0)
        self.blocks = nn.ModuleList(Block(params, layer) for layer in range(params.num_layers))
        self.norm = make_norm(params)
        self.head = nn.Linear(params.d_model, vocabulary_size, bias=False)
        for name, weight in self.named_parameters():
            if weight.dim() >= 2:
                nn.init.normal_(weight, std=_initial_std(name, weight, params))
            elif name.endswith(".bias"):
                nn.init.zeros_(weight)
        if params.tied_embeddings:
            self.head.weight = self.embedding.weight

    def forward(
        self,
        tokens: Tensor,
        cache: KeyValueCache | None = None,
        dropout_keys: Tensor | None = None,
        rotation: Rotation | None = None,
    ) -> Tensor:
        """Hidden states ``(B, T, D)``, in the format of matrix products, of tokens ``(B, T)`` that
        follow those in the cache.

        ``dropout_keys`` ``(B, 2)`` make dropout a function of them, see :mod:`trainer.dropout`.
        ``rotation`` is what :meth:`rotation` gives; who compiles this passes it in, or each
        element of each layer computes its sine anew.
        """
        start, length = cache.length if cache is not None else 0, tokens.shape[1]
        seen = cache.remember(tokens) if cache is not None else tokens
        documents = None
        if self.params.document_masking and self.end_of_text_id is not None:
            documents = document_numbers(seen, self.end_of_text_id)
        flex = tokens.is_cuda and self.params.dropout_of("attention") == 0
        flex = flex and self.params.head_size >= _LEAST_FLEX_HEAD
        visible = visibility(length, seen.shape[1], documents, tokens.device, flex)
        if rotation is None:
            rotation = self.rotation(start, length, tokens.device)
        hidden = self.dropout(self._embed(tokens, start), dropout_keys)
        for block in self.blocks:
            hidden = block(hidden, rotation, visible, cache, dropout_keys)
        if cache is not None:
            cache.length += length
        normed = apply_norm(self.norm, hidden)
        return normed.to(dtype_in_force(normed.device.type) or normed.dtype)

    def logits(self, hidden: Tensor) -> Tensor:
        """Scores ``(..., V)`` of the next token, in the precision of the product."""
        return capped(self.head(hidden), self.params.logit_soft_cap)

    def weights(self) -> dict[str, Tensor]:
        """Every weight once, by name."""
        return dict(self.named_parameters())

    def load_weights(self, weights: Mapping[str, Tensor]) -> None:
        """Copy in what :meth:`weights` of a model of this shape gave."""
        own = self.weights()
        spreads = {n: spread(w, own[n]) if n in own else w for n, w in weights.items()}
        if self.params.tied_embeddings:
            spreads["head.weight"] = spreads["embedding.weight"]
        self.load_state_dict(spreads)

    def rotation(self, start: int, length: int, device: torch.device) -> Rotation | None:
        """Cosines and sines for so many positions; None where positions are told otherwise."""
        params = self.params
        if params.positions != "rope":
            return None
        return rotary_angles(start, length, params.head_size, params.rope_base, device)

    def _embed(self, tokens: Tensor, start: int) -> Tensor:
        """Embeddings ``(B, T, D)``, in the format of the residual stream."""
        params, length = self.params, tokens.shape[1]
        hidden: Tensor = self.embedding(tokens)
        if self.position_embedding is not None:
            hidden = hidden + self.position_embedding.weight[start : start + length]
        elif params.positions == "sinusoidal":  # as large as the embeddings are at first
            waves = sinusoids(start, length, params.d_model, tokens.device)
            hidden = hidden + _INITIAL_STD * sqrt(2) * waves
        return hidden if self.residual_dtype is None else hidden.to(self.residual_dtype)


class Block(nn.Module):
    """Attention, then feed-forward, each normed before and added after."""

    def __init__(self, params: ModelParams, layer: int) -> None:
        super().__init__()
        probability = params.dropout_of("residual")
        self.attention_norm = make_norm(params)
        self.attention = Attention(params, layer)
        self.attention_dropout = Dropout(probability, site=3 * layer + 1)
        self.feed_forward_norm = make_norm(params)
        self.feed_forward = FeedForward(params)
        self.feed_forward_dropout = Dropout(probability, site=3 * layer + 2)

    def forward(
        self,
        hidden: Tensor,
        rotation: Rotation | None,
        visible: Visible,
        cache: KeyValueCache | None,
        dropout_keys: Tensor | None,
    ) -> Tensor:
        """``(B, T, D)`` -> ``(B, T, D)``."""
        normed = apply_norm(self.attention_norm, hidden)
        attended = self.attention(normed, rotation, visible, cache, dropout_keys)
        hidden = hidden + self.attention_dropout(attended, dropout_keys)
        fed: Tensor = self.feed_forward(apply_norm(self.feed_forward_norm, hidden))
        hidden = hidden + self.feed_forward_dropout(fed, dropout_keys)
        return hidden


class Attention(nn.Module):
    """Causal self-attention; each key-value head serves ``H / K`` query heads."""

    def __init__(self, params: ModelParams, layer: int) -> None:
        super().__init__()
        self.layer = layer
        self.head_size = params.head_size
        width, kv_size, biases = params.d_model, params.num_kv_heads * self.head_size, params.biases
        self.query = nn.Linear(width, width, bias=biases)
        self.key = nn.Linear(width, kv_size, bias=biases)
        self.value = nn.Linear(width, kv_size, bias=biases)
        self.output = nn.Linear(width, width, bias=biases)
        norms = params.qk_norm
        self.query_norm = nn.RMSNorm(self.head_size, params.norm_epsilon) if norms else None
        self.key_norm = nn.RMSNorm(self.head_size, params.norm_epsilon) if norms else None
        self.dropout = Dropout(params.dropout_of("attention"), site=3 * layer + 3)

    def forward(
        self,
        hidden: Tensor,
        rotation: Rotation | None,
        visible: Visible,
        cache: KeyValueCache | None = None,
        dropout_keys: Tensor | None = None,
    ) -> Tensor:
        """``(B, T, D)`` -> ``(B, T, D)``."""
        batch_size, length, _ = hidden.shape
        query = norm_and_rotate(self._heads(self.query(hidden)), self.query_norm, rotation)
        key = norm_and_rotate(self._heads(self.key(hidden)), self.key_norm, rotation)
        value = self._heads(self.value(hidden)).transpose(1, 2)  # (B, K, T, E); query (B, H, T, E)
        if cache is not None:
            key, value = cache.extend(self.layer, key, value)
        mixed = attend(query, key, value, visible, self.dropout, dropout_keys)
        attended: Tensor = self.output(mixed.transpose(1, 2).reshape(batch_size, length, -1))
        return attended

    def _heads(self, projected: Tensor) -> Tensor:
        """``(B, T, heads * E)`` -> ``(B, T, heads, E)``."""
        batch_size, length, _ = projected.shape
        return projected.view(batch_size, length, -1, self.head_size)


class FeedForward(nn.Module):
    """``down(act(up(x)))``, or SwiGLU: ``down(silu(gate(x)) * up(x))``."""

    def __init__(self, params: ModelParams) -> None:
        super().__init__()
        width, inner, biases = params.d_model, params.feed_forward_size, params.biases
        self.activation = _ACTIVATIONS[params.activation]
        is_gated = params.activation == "swiglu"
        self.gate = nn.Linear(width, inner, bias=biases) if is_gated else None
        self.up = nn.Linear(width, inner, bias=biases)
        self.down = nn.Linear(inner, width, bias=biases)

    def forward(self, hidden: Tensor) -> Tensor:
        """``(B, T, D)`` -> ``(B, T, D)``."""
        if self.gate is None:
            inner = self.activation(self.up(hidden))
        elif self._is_one_product(hidden):
            both = F.linear(hidden, torch.cat([self.gate.weight, self.up.weight]))
            inner = kernel.swiglu(both)
        else:
            inner = self.activation(self.gate(hidden)) * self.up(hidden)
        fed: Tensor = self.down(inner)
        return fed

    def _is_one_product(self, hidden: Tensor) -> bool:
        """Of one position, in generation, to put the weights together costs more than it saves."""
        return self.up.bias is None and hidden.shape[1] > 1 and triton_kernels.takes(hidden)


def make_norm(params: ModelParams) -> nn.Module:
    """The norm of a branch, over the width."""
    if params.norm == "layer":
        return nn.LayerNorm(params.d_model, params.norm_epsilon, bias=params.biases)
    return nn.RMSNorm(params.d_model, params.norm_epsilon)


def apply_norm(norm: nn.Module, hidden: Tensor) -> Tensor:
    """The norm, in float32 or more also where the residual stream or the weights have less."""
    dtype = torch.promote_types(next(norm.parameters()).dtype, torch.float32)
    normed: Tensor = norm(hidden.to(dtype))
    return normed


def _initial_std(name: str, weight: Tensor, params: ModelParams) -> float:
    std, in_block = _INITIAL_STD, name.startswith("blocks.")
    if params.initialization == "width" and in_block:
        std = 1 / sqrt(weight.shape[1])
    writes_residual = name.endswith(("attention.output.weight", "down.weight"))
    if params.initialization != "plain" and writes_residual:
        std /= sqrt(2 * params.num_layers)
    return std
