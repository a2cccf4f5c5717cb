"""A trained model as other programs load it: a folder of the ``transformers`` library.

Our blocks are those of Llama, with QK-norm those of Qwen3: the same weights under other names,
nothing transposed or permuted, as pairs of rotated elements lie half a head apart in both.
"""

import json
import shutil
from pathlib import Path
from typing import Any, Literal

import torch
from safetensors.torch import save_file
from torch import Tensor

from schemas.config import Section
from schemas.errors import ConfigError
from schemas.shards import TOKENIZER_NAME
from trainer.generate import Writer
from trainer.model_params import ModelParams


class ExportConfig(Section):
    """What ``jobs/export_model.py`` does."""

    run: str
    """Folder of a training run."""
    output: str
    """Folder to make; it must not exist."""
    checkpoint: str = "latest"
    """``latest``, ``best``, or a name such as ``step-00000500``."""
    average: bool = True
    """Take the averaged weights, where the run keeps them."""
    dtype: Literal["float32", "bfloat16"] = "float32"
    """Format of the weights."""


_NEEDED = {
    "positions": "rope",
    "norm": "rms",
    "activation": "swiglu",
    "biases": False,
    "logit_soft_cap": 0.0,
}
"""What the exported architectures have, by key of ``model``."""

_NAMES = {
    "embedding.weight": "model.embed_tokens.weight",
    "norm.weight": "model.norm.weight",
    "head.weight": "lm_head.weight",
}
_PARTS = {
    "attention_norm": "input_layernorm",
    "attention.query": "self_attn.q_proj",
    "attention.key": "self_attn.k_proj",
    "attention.value": "self_attn.v_proj",
    "attention.output": "self_attn.o_proj",
    "attention.query_norm": "self_attn.q_norm",
    "attention.key_norm": "self_attn.k_norm",
    "feed_forward_norm": "post_attention_layernorm",
    "feed_forward.gate": "mlp.gate_proj",
    "feed_forward.up": "mlp.up_proj",
    "feed_forward.down": "mlp.down_proj",
}


def their_name(ours: str) -> str:
    """Name of a weight in Llama and Qwen3.

    >>> their_name("blocks.3.attention.query.weight")
    'model.layers.3.self_attn.q_proj.weight'
    """
    if ours in _NAMES:
        return _NAMES[ours]
    _, layer, part = ours.removesuffix(".weight").split(".", 2)
    return f"model.layers.{layer}.{_PARTS[part]}.weight"


def describe(
    params: ModelParams, vocabulary_size: int, end_of_text_id: int, length: int, dtype: str
) -> dict[str, Any]:
    """``config.json`` of a model.

    Raises:
        ConfigError: neither architecture is the model's; the key is named.
    """
    for key, needed in _NEEDED.items():
        found = getattr(params, key)
        if found != needed:
            raise ConfigError(
                f"model.{key} = {found!r}: cannot be exported; Llama and Qwen3 have {needed!r}"
            )
    kind = "qwen3" if params.qk_norm else "llama"
    return {
        "architectures": ["Qwen3ForCausalLM" if params.qk_norm else "LlamaForCausalLM"],
        "model_type": kind,
        "vocab_size": vocabulary_size,
        "hidden_size": params.d_model,
        "intermediate_size": params.feed_forward_size,
        "num_hidden_layers": params.num_layers,
        "num_attention_heads": params.num_heads,
        "num_key_value_heads": params.num_kv_heads,
        "head_dim": params.head_size,
        "hidden_act": "silu",
        "rms_norm_eps": params.norm_epsilon,
        "rope_theta": params.rope_base,  # of releases before 5
        "rope_parameters": {"rope_type": "default", "rope_theta": params.rope_base},
        "max_position_embeddings": length,
        "attention_bias": False,
        "attention_dropout": 0.0,
        "tie_word_embeddings": params.tied_embeddings,
        "bos_token_id": end_of_text_id,
        "eos_token_id": end_of_text_id,
        "use_cache": True,
        "torch_dtype": dtype,
    }


def export_model(config: ExportConfig) -> None:
    """Write the folder; it appears whole or not at all.

    Raises:
        ConfigError: ``output`` exists, or the model cannot be exported.
        DataError: no such checkpoint, or it is damaged.
    """
    output = Path(config.output)
    if output.exists():
        raise ConfigError(f"output = {config.output!r}: exists already; choose another")
    writer = Writer(config.run, config.checkpoint, average=config.average)
    model, length = writer.model, writer.context_length
    described = describe(
        model.params, model.vocabulary_size, writer.end_of_text_id, length, config.dtype
    )
    end_of_text = writer.tokenizer.id_to_token(writer.end_of_text_id)
    files = {
        "config.json": described,
        "generation_config.json": {key: described[key] for key in ("bos_token_id", "eos_token_id")},
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "bos_token": end_of_text,  # documents follow an end of text in training
            "eos_token": end_of_text,
            "model_max_length": length,
        },
    }
    draft = output.with_name(f".{output.name}")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    for name, tree in files.items():
        (draft / name).write_text(json.dumps(tree, indent=2, ensure_ascii=False) + "\n", "utf-8")
    shutil.copyfile(Path(config.run) / TOKENIZER_NAME, draft / TOKENIZER_NAME)
    weights = _weights(model.weights(), model.params, getattr(torch, config.dtype))
    save_file(weights, draft / "model.safetensors", metadata={"format": "pt"})
    draft.rename(output)
    print(f"{described['architectures'][0]}, {sum(w.numel() for w in weights.values()):,} weights")
    print(f"written to {output}")


def _weights(
    weights: dict[str, Tensor], params: ModelParams, dtype: torch.dtype
) -> dict[str, Tensor]:
    left_out = {"head.weight"} if params.tied_embeddings else set()
    return {
        their_name(name): weight.detach().to(dtype).contiguous()
        for name, weight in weights.items()
        if name not in left_out
    }
