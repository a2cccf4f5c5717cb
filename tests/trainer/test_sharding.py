from pathlib import Path

import pytest
import torch

from schemas.errors import ConfigError
from tests.trainer.ranks import train_on
from trainer import checkpoint
from trainer.loop import train
from trainer.metrics import read_metrics
from trainer.sharding import gather_copies, is_sharded, local, spread, whole

SHARED = (
    "model.dropout=0.0",
    "data.sequence_length=6",
    "optimizer.average_decay=0.9",
    "optimizer.l1=0.01",
    "schedule.kind=constant",
)


def losses(config):
    return [
        (row["loss"], row["gradient_norm"], row.get("validation_loss", 0.0))
        for row in read_metrics(Path(config.output) / "metrics.jsonl")
    ]


@pytest.mark.slow
def test_sharded_ranks_take_over_train_like_one_and_hand_over(tiny, tmp_path):
    alone = tiny(*SHARED, "schedule.num_steps=8", output="alone")
    train(alone)

    def sharded(num_steps, mode="fsdp"):
        changes = (f"schedule.num_steps={num_steps}", f"parallel.mode={mode}")
        return tiny(*SHARED, *changes, output="sharded")

    train(sharded(3, "fast"))  # whole weights are taken apart, and put together again
    train_on(2, sharded(6), tmp_path)
    train(sharded(8, "fast"))
    assert len(losses(alone)) == 8
    for ours, theirs in zip(losses(sharded(8)), losses(alone), strict=True):
        assert ours == pytest.approx(theirs, rel=1e-3)
    folders = [checkpoint.find(Path(config.output), "latest") for config in (alone, sharded(8))]
    for read in (checkpoint.read_model, checkpoint.read_average):
        whole_run, parts = (read(folder) for folder in folders)
        assert set(whole_run) == set(parts)
        for name, value in whole_run.items():
            torch.testing.assert_close(parts[name], value, atol=2e-3, rtol=1e-2, msg=name)


def test_what_is_not_sharded_is_left_as_it_is():
    tensor = torch.ones(3)
    assert local(tensor) is tensor and whole(tensor) is tensor
    assert spread(tensor, torch.zeros(3)) is tensor
    assert not is_sharded({"a": tensor})
    copies = gather_copies({"a": tensor}, keep=True)
    assert copies["a"].equal(tensor) and copies["a"] is not tensor
    assert gather_copies({"a": tensor}, keep=False) == {}


def test_muon_is_refused(tiny):
    with pytest.raises(ConfigError, match="'muon' needs whole matrices"):
        tiny("optimizer.kind=muon", "parallel.mode=fsdp")
