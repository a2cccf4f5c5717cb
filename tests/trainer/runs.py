"""What whole runs left in their folders."""

from pathlib import Path

import torch
from safetensors.torch import load_file

from trainer import checkpoint
from trainer.metrics import read_metrics


def tensors(config, step):
    folder = checkpoint.find(Path(config.output), f"step-{step:08d}")
    return {
        f"{file.name} {name}": value.clone()  # not a view of a file that a test may damage
        for file in folder.glob("*.safetensors")
        for name, value in load_file(file).items()
    }


def rows(config):
    """Metrics, less what depends on the clock."""
    kept = read_metrics(Path(config.output) / "metrics.jsonl")
    clock = ("tokens_per_second", "mfu", "memory_gib", "data_wait")
    return [{k: v for k, v in row.items() if k not in clock} for row in kept]


def assert_same_bits(first, second):
    assert set(first) == set(second)
    for name in first:
        assert torch.equal(first[name], second[name]), name
