"""The shape of the Transformer: options, and presets from one million weights to seven billion."""

from typing import Any, ClassVar, Literal, Self, get_args

from pydantic import Field, model_validator

from schemas.config import Section

Preset = Literal["1M", "10M", "30M", "124M", "350M", "760M", "1.3B", "3B", "7B"]

_SHAPE = ("d_model", "num_layers", "num_heads", "num_kv_heads", "feed_forward_size")
_SHAPES = (
    (128, 5, 4, 2, 352),
    (384, 6, 6, 2, 1024),
    (512, 10, 8, 4, 1408),
    (768, 12, 12, 12, 2048),
    (1024, 24, 16, 16, 2752),
    (1536, 24, 16, 16, 4096),
    (2048, 24, 16, 16, 5504),
    (3072, 28, 24, 8, 8192),
    (4096, 32, 32, 32, 11008),
)
PRESETS: dict[str, dict[str, Any]] = {
    name: dict(zip(_SHAPE, shape, strict=True)) | {"tied_embeddings": name != "7B"}
    for name, shape in zip(get_args(Preset), _SHAPES, strict=True)
}
"""Shapes by name. Up to 30M the name counts weights without embeddings, from 124M on with those
of a vocabulary of 50,304."""


class ModelParams(Section):
    """Shape of the decoder-only Transformer."""

    stands_for: ClassVar = {"preset": (*_SHAPE, "tied_embeddings")}

    preset: Preset | None = None
    """A shape by name; keys given beside it win, but set by ``--set`` it wins over those of the
    file."""
    d_model: int = Field(default=384, ge=8)
    """Width of the residual stream."""
    num_layers: int = Field(default=6, ge=1)
    """Blocks of attention and feed-forward."""
    num_heads: int = Field(default=6, ge=1)
    """Query heads; ``d_model / num_heads`` is the head size and must be even."""
    num_kv_heads: int = Field(default=2, ge=1)
    """Key and value heads; each serves ``num_heads / num_kv_heads`` query heads."""
    feed_forward_size: int = Field(default=1024, ge=8)
    """Inner width of the feed-forward; with SwiGLU 8/3 of ``d_model`` keeps a plain block's
    parameters."""
    activation: Literal["swiglu", "gelu", "relu2"] = "swiglu"
    """Of the feed-forward: gated SiLU with a third matrix, or GELU or squared ReLU without."""
    positions: Literal["rope", "learned", "sinusoidal", "none"] = "rope"
    """Rotation of queries and keys, or a vector added to each embedding, or nothing."""
    num_positions: int = Field(default=2048, ge=2)
    """Most positions that ``learned`` has vectors for."""
    rope_base: float = Field(default=10_000.0, gt=1.0)
    """Base of the rotary frequencies."""
    norm: Literal["rms", "layer"] = "rms"
    """RMSNorm or LayerNorm."""
    norm_epsilon: float = Field(default=1e-5, gt=0.0)
    """Added to the mean square (or variance) inside the norm."""
    qk_norm: bool = True
    """RMSNorm on each query and key head before rotation: keeps attention logits bounded."""
    biases: bool = False
    """Linear layers (but the output layer) and LayerNorms have biases."""
    tied_embeddings: bool = True
    """The output layer shares the weights of the token embeddings."""
    logit_soft_cap: float = Field(default=0.0, ge=0.0)
    """Logits ``x`` become ``c * tanh(x / c)``; 0 leaves them as they are."""
    document_masking: bool = False
    """A position sees its own document only; off, also those before it in the sequence."""
    dropout: float = Field(default=0.0, ge=0.0, lt=1.0)
    """Of the three places below, where they say nothing else."""
    embedding_dropout: float | None = Field(default=None, ge=0.0, lt=1.0)
    """On the embeddings."""
    residual_dropout: float | None = Field(default=None, ge=0.0, lt=1.0)
    """On each branch before it joins the residual stream."""
    attention_dropout: float | None = Field(default=None, ge=0.0, lt=1.0)
    """On the attention weights."""
    initialization: Literal["depth", "plain", "width"] = "depth"
    """See :class:`trainer.model.Transformer`."""

    @model_validator(mode="before")
    @classmethod
    def _take_preset(cls, values: Any) -> Any:
        if isinstance(values, dict):
            return PRESETS.get(str(values.get("preset")), {}) | values
        return values

    @model_validator(mode="after")
    def _shapes_fit(self) -> Self:
        if self.d_model % self.num_heads or self.head_size % 2:
            raise ValueError("d_model must be an even multiple of num_heads")
        if self.num_heads % self.num_kv_heads:
            raise ValueError("num_heads must be a multiple of num_kv_heads")
        return self

    @property
    def head_size(self) -> int:
        """Width of one head."""
        return self.d_model // self.num_heads

    def dropout_of(self, place: Literal["embedding", "residual", "attention"]) -> float:
        """Probability at one of the three places."""
        own: float | None = getattr(self, f"{place}_dropout")
        return self.dropout if own is None else own
