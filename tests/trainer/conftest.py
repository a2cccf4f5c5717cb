"""A small corpus made by hand, and the configuration of a model small enough to train on it."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer

from schemas.config import build_config
from tests.trainer.handmade import SENTENCES, encode, train_tokenizer, write_shards
from trainer.config import TrainConfig

torch.set_num_threads(1)


@pytest.fixture(scope="session")
def tokenizer() -> Tokenizer:
    return train_tokenizer(SENTENCES, 300)


@pytest.fixture(scope="session")
def manifest(tmp_path_factory: pytest.TempPathFactory, tokenizer: Tokenizer) -> Path:
    """Two train shards of unequal size and a validation shard."""
    documents = encode(tokenizer, SENTENCES)
    heavy = encode(tokenizer, SENTENCES[:3], weight=2.0, source=1)
    return write_shards(
        tmp_path_factory.mktemp("shards"),
        tokenizer,
        [("train", documents), ("train", heavy), ("validation", documents[1:4])],
    )


@pytest.fixture
def tiny(manifest: Path, tmp_path: Path) -> Callable[..., TrainConfig]:
    """``tiny("schedule.num_steps=3", output="b")`` -> a configuration."""

    def build(*overrides: str, output: str = "run") -> TrainConfig:
        tree = {
            "output": str(tmp_path / output),
            "seed": 5,
            "model": {
                "d_model": 16,
                "num_layers": 2,
                "num_heads": 4,
                "num_kv_heads": 2,
                "feed_forward_size": 24,
                "dropout": 0.1,
            },
            "optimizer": {"learning_rate": 0.01},
            "schedule": {"num_steps": 6, "num_warmup_steps": 2},
            "data": {
                "manifest": str(manifest),
                "sequence_length": 8,
                "global_batch_size": 4,
                "micro_batch_size": 3,
            },
            "checkpoint": {"every": 3},
            "validation": {"every": 3},
            "logging": {"every": 1, "tensorboard": False, "report": False, "sample_tokens": 0},
            "runtime": {"device": "cpu", "num_threads": 1},
        }
        return build_config(TrainConfig, tree, where="test", overrides=overrides)

    return build
