from pathlib import Path

import pytest
import torch
import torch.distributed as dist

from schemas.errors import ConfigError
from tests.trainer.ranks import train_on
from trainer import checkpoint
from trainer.distributed import World
from trainer.generate import SamplingParams, Writer
from trainer.loop import train
from trainer.loss import SummedLoss
from trainer.metrics import read_metrics
from trainer.model import Transformer
from trainer.precision import autocast
from trainer.sharding import is_sharded, local, own_part, shard, spread, whole

KINDS = ("model", "optimizer", "average")
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
    folder = checkpoint.find(Path(sharded(6).output), "latest")
    parts = [f"{kind}-part-0000{n}-of-00002.safetensors" for kind in KINDS for n in (1, 2)]
    assert sorted(path.name for path in folder.iterdir()) == sorted([*parts, "state.json"])
    for one, other in zip(parts[::2], parts[1::2], strict=True):  # no rank keeps it all
        sizes = [(folder / name).stat().st_size for name in (one, other)]
        assert max(sizes) < 1.5 * min(sizes)
    text = Writer(sharded(6).output).write("A", SamplingParams(max_new_tokens=3))
    assert text.startswith("A")
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
    copies = {"a": tensor.clone()}
    assert own_part({"a": tensor}, copies, rank=0) == copies
    assert own_part({"a": tensor}, copies, rank=1) == {}


def test_muon_is_refused(tiny):
    with pytest.raises(ConfigError, match="'muon' needs whole matrices"):
        tiny("optimizer.kind=muon", "parallel.mode=fsdp")


def test_with_products_in_bfloat16_the_loss_weights_are_not_rounded(tiny, tmp_path):
    config = tiny("runtime.precision=bfloat16", "model.dropout=0.0")
    store = f"file://{tmp_path}/rendezvous"
    dist.init_process_group("gloo", init_method=store, rank=0, world_size=1)
    try:
        torch.manual_seed(0)
        world = World(0, 1, 0, torch.device("cpu"))
        loss = SummedLoss(Transformer(config.model, 300), config.loss)
        loss.model.residual_dtype = torch.float32
        shard(loss, loss.model.blocks, config, world)
        inputs, weights = torch.randint(300, (2, 9)), torch.full((2, 8), 0.3)
        with autocast(config.runtime, world.device):
            found = loss(inputs[:, :-1], inputs[:, 1:], weights)
        assert float(found.objective) == pytest.approx(float((found.positions * 0.3).sum()))
        found.objective.backward()
        for name, weight in loss.model.weights().items():
            assert whole(weight.grad).isfinite().all(), name
    finally:
        dist.destroy_process_group()
