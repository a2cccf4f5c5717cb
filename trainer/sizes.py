"""What a model costs, by formula: weights, products, memory."""

from trainer.model_params import ModelParams


def count_parameters(params: ModelParams, vocabulary_size: int) -> int:
    """Number of weights; tied embeddings count once.

    >>> count_parameters(ModelParams(d_model=768, num_layers=12, num_heads=12, num_kv_heads=12,
    ...                              feed_forward_size=2048, qk_norm=False), 50304)
    123587328
    """
    width, kv_size = params.d_model, params.num_kv_heads * params.head_size
    inner, is_gated = params.feed_forward_size, params.activation == "swiglu"
    layer = _matrices(params)
    norm = width * (2 if params.norm == "layer" and params.biases else 1)
    layer += 2 * norm + (2 * params.head_size if params.qk_norm else 0)
    if params.biases:
        layer += 3 * width + 2 * kv_size + inner * (2 if is_gated else 1)
    embeddings = vocabulary_size * width * (1 if params.tied_embeddings else 2)
    if params.positions == "learned":
        embeddings += params.num_positions * width
    return embeddings + params.num_layers * layer + norm


def flops_per_token(params: ModelParams, vocabulary_size: int, sequence_length: int) -> int:
    """Floating-point operations of a training step per token, forward and backward.

    ``6 * weights in products + 12 * layers * width * sequence_length``, the formula of PaLM's
    appendix B and of nanoGPT: attention counts as if it were not causal, and what is computed
    twice counts once. Hence MFU, not HFU.
    """
    products = params.num_layers * _matrices(params) + vocabulary_size * params.d_model
    return 6 * products + 12 * params.num_layers * params.d_model * sequence_length


def _matrices(params: ModelParams) -> int:
    """Weights of one block that take part in products."""
    width, kv_size = params.d_model, params.num_kv_heads * params.head_size
    matrices = 3 if params.activation == "swiglu" else 2
    return 2 * width * (width + kv_size) + matrices * width * params.feed_forward_size


def activation_bytes(
    params: ModelParams, vocabulary_size: int, num_positions: int, logits_chunk: int, halved: bool
) -> int:
    """Roughly what a forward pass over ``num_positions`` keeps for the backward pass.

    Per layer about eight tensors of the width, three of the feed-forward and those of keys and
    values; attention by a kernel that keeps no matrix; logits of one chunk, three times.
    ``halved``: products run in bfloat16.
    """
    kv_size = params.num_kv_heads * params.head_size
    matrices = 3 if params.activation == "swiglu" else 2
    per_layer = 8 * params.d_model + 2 * kv_size + matrices * params.feed_forward_size
    kept = num_positions * params.num_layers * per_layer * (2 if halved else 4)
    return kept + 3 * 4 * min(num_positions, logits_chunk) * vocabulary_size
