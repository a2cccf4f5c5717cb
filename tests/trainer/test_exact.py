from pathlib import Path

import pytest
import torch

from schemas.errors import ConfigError
from tests.trainer.ranks import train_on
from trainer import checkpoint
from trainer.batches import Batches
from trainer.distributed import World
from trainer.exact import ExactGradients, SumTree
from trainer.gradients import FastGradients, Tally
from trainer.loop import train
from trainer.loss import SummedLoss
from trainer.model import Transformer
from trainer.reader import Reader

EXACT = (
    "parallel.mode=exact",
    "parallel.num_slots=4",
    "data.global_batch_size=8",
    "model.dropout=0.2",
    "checkpoint.every=2",
    "checkpoint.keep_last=9",
)


def digests(config):
    """sha256 of weights and of optimizer state, by step."""
    states = {
        step: checkpoint.read_state(checkpoint.find(Path(config.output), f"step-{step:08d}"))
        for step in (2, 4, 6)
    }
    return {step: state.files_sha256 for step, state in states.items()}


@pytest.mark.slow
def test_any_number_of_ranks_gives_the_same_bits_also_across_resumes(tiny, tmp_path):
    kinds = (*EXACT, "schedule.kind=constant")
    alone = tiny(*kinds, output="alone")
    train(alone)

    def handed(num_steps, micro):
        sizes = (f"schedule.num_steps={num_steps}", f"data.micro_batch_size={micro}")
        return tiny(*kinds, *sizes, output="handed")

    train_on(2, handed(2, 1), tmp_path)
    train_on(4, handed(4, 3), tmp_path)
    train(handed(6, 8))
    assert digests(handed(6, 8)) == digests(alone)


def gradient(config, kind):
    world = World(0, 1, 0, torch.device("cpu"))
    batches = Batches(config.data.manifest, seed=5, sequence_length=8, global_batch_size=8)
    batch = Reader(batches, world, config.data).read(1)
    torch.manual_seed(2)
    model = Transformer(config.model, 300)
    tally = Tally(batches.stream.manifest.sources)
    sums = kind(SummedLoss(model, config.loss), config, world, tally)(batch)
    return sums, {name: weight.grad for name, weight in model.weights().items()}


def test_the_gradient_is_that_of_the_fast_mode(tiny):
    config = tiny(*EXACT, "model.dropout=0.0")
    (sums, exact), (fast_sums, fast) = (
        gradient(config, k) for k in (ExactGradients, FastGradients)
    )
    torch.testing.assert_close(sums, fast_sums)
    for name, value in fast.items():
        torch.testing.assert_close(exact[name], value, msg=name)


def test_the_tree_adds_neighbours_first():
    # In float32, (1e8 + 1) + (-1e8 + 1) is 0, where any other order gives something else.
    tree = SumTree()
    for value in (1e8, 1.0, -1e8, 1.0):
        tree.add(torch.tensor([value]))
    assert tree.total().item() == 0.0
    assert sum([torch.tensor(v) for v in (1e8, 1.0, -1e8, 1.0)]).item() == 1.0


def test_a_run_keeps_its_mode_and_its_slots(tiny):
    train(tiny(*EXACT, "schedule.num_steps=2"))
    with pytest.raises(ConfigError, match=r"parallel.num_slots = 8: the run was started with 4"):
        train(tiny(*EXACT, "parallel.num_slots=8"))
    with pytest.raises(ConfigError, match=r"parallel.mode = 'fast': .* with 'exact'"):
        train(tiny(*EXACT, "parallel.mode=fast"))
    with pytest.raises(ConfigError, match="num_slots must be a power of two"):
        tiny("parallel.num_slots=6")
