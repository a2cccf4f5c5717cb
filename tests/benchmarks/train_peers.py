"""Loops that :mod:`tests.benchmarks.bench_train` is held against, as others write them.

Both are nanoGPT's loop: random stretches of one file, whole logits in float32, torch's fused
AdamW, the gradient clipped, ``loss.item()`` at each step; one around our model, one around that of
``transformers`` of the same shape.
"""

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from trainer.config import TrainConfig
from trainer.distributed import World
from trainer.model import Transformer
from trainer.precision import autocast

Turn = Callable[[int], None]
"""Takes so many steps, and waits for the last."""


def plain(config: TrainConfig, world: World, vocabulary_size: int) -> Turn:
    """Around our model."""
    torch.manual_seed(0)
    model = Transformer(config.model, vocabulary_size).to(world.device)

    def loss(inputs: Tensor, targets: Tensor) -> Tensor:
        logits = model.logits(model(inputs))
        return F.cross_entropy(logits.float().flatten(0, 1), targets.flatten())

    return _loop(model, loss, config, world)


def has_transformers() -> bool:
    """Whether that peer can take part; the project itself does not need it."""
    return find_spec("transformers") is not None


def hugging_face(config: TrainConfig, world: World, vocabulary_size: int) -> Turn:
    """Around ``LlamaForCausalLM`` with attention by SDPA; it has no QK-norm."""
    from transformers import LlamaConfig, LlamaForCausalLM  # type: ignore[import-not-found]

    torch.manual_seed(0)
    shape = config.model
    model: Any = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=vocabulary_size,
            hidden_size=shape.d_model,
            intermediate_size=shape.feed_forward_size,
            num_hidden_layers=shape.num_layers,
            num_attention_heads=shape.num_heads,
            num_key_value_heads=shape.num_kv_heads,
            max_position_embeddings=config.data.sequence_length,
            tie_word_embeddings=shape.tied_embeddings,
            attn_implementation="sdpa",
            use_cache=False,
        )
    ).to(world.device)

    def loss(inputs: Tensor, targets: Tensor) -> Tensor:
        logits: Tensor = model(input_ids=inputs).logits
        return F.cross_entropy(logits.float().flatten(0, 1), targets.flatten())

    return _loop(model, loss, config, world)


def _loop(
    model: nn.Module,
    loss: Callable[[Tensor, Tensor], Tensor],
    config: TrainConfig,
    world: World,
) -> Turn:
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, betas=(0.9, 0.95), fused=True)
    length, size = config.data.sequence_length, config.data.micro_batch_size
    path = next(Path(config.data.manifest).parent.rglob("*.bin"))
    forward = torch.compile(loss) if config.runtime.compile else loss

    def turn(num_steps: int) -> None:
        for _ in range(num_steps):
            data = np.memmap(path, np.uint16, mode="r")
            starts = torch.randint(len(data) - length - 1, (size,)).tolist()
            rows = np.stack([data[s : s + length + 1].astype(np.int64) for s in starts])
            batch = torch.from_numpy(rows).to(world.device)
            with autocast(config.runtime, world.device):
                value = forward(batch[:, :-1], batch[:, 1:])
            value.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            value.item()

    return turn
