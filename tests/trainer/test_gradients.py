from dataclasses import replace

import numpy as np
import pytest
import torch

from trainer.batches import Batches
from trainer.distributed import World
from trainer.gradients import FastGradients, Tally, run
from trainer.loss import Losses, SummedLoss
from trainer.model import Transformer
from trainer.reader import Reader

WORLD = World(0, 1, 0, torch.device("cpu"))


def gradient(config, step=2, factor=1):
    """Means and gradient of a batch whose weights are multiplied by ``factor``."""
    batches = Batches(config.data.manifest, seed=5, sequence_length=8, global_batch_size=4)
    batch = Reader(batches, WORLD, config.data).read(step)
    weights = batch.weights * np.float32(factor)
    batch = replace(batch, weights=weights, total_weight=batch.total_weight * factor)
    torch.manual_seed(config.seed)
    model = Transformer(config.model, 300)
    tally = Tally(batches.stream.manifest.sources)
    sums = FastGradients(SummedLoss(model, config.loss), config, WORLD, tally)(batch)
    means = tally.means(sums.tolist(), batch.total_weight)
    return means, {name: weight.grad for name, weight in model.weights().items()}


def test_a_tally_by_hand():
    tally = Tally(["books", "web"])
    losses = Losses(torch.tensor(9.0), torch.tensor([[1.0, 2.0], [4.0, 8.0]]))
    weights, sources = torch.tensor([[1.0, 0.0], [2.0, 1.0]]), torch.tensor([[0, 1], [1, 0]])
    sums = tally.of(losses, weights, sources)
    assert sums.tolist() == [9.0, 17.0, 9.0, 6.0, 2.0, 2.0]
    assert tally.means(sums.tolist(), 4.0) == {
        "loss": 17 / 4,
        "objective": 9 / 4,
        "source_loss/books": 4.5,
        "source_loss/web": 3.0,
    }


def test_a_batch_without_weight_has_no_gradient_and_the_loss_of_its_tokens(tiny):
    config = tiny("model.dropout=0.0", "loss.z_loss=0.01")
    means, _ = gradient(config)
    without, gradients = gradient(config, factor=0)
    assert all(not value.any() for value in gradients.values())
    assert "objective" not in without
    assert without["source_loss/news"] == pytest.approx(means["source_loss/news"])
    parts = sorted((without["source_loss/text"], without["source_loss/news"]))
    assert parts[0] < without["loss"] < parts[1]


@pytest.mark.parametrize("extra", [(), ("loss.label_smoothing=0.1", "loss.z_loss=0.01")])
def test_micro_batches_change_nothing(tiny, extra):
    plain = ("model.dropout=0.0", *extra)
    means, whole = gradient(tiny(*plain, "data.micro_batch_size=4"))
    assert ("objective" in means) == bool(extra)
    for size in (1, 2, 3):
        part_means, parts = gradient(tiny(*plain, f"data.micro_batch_size={size}"))
        assert part_means == pytest.approx(means, rel=1e-6)
        for name, value in whole.items():
            torch.testing.assert_close(parts[name], value, msg=name)


def test_source_weights_scale_the_gradient_of_their_tokens(tiny):
    # Batch 2 has both sources: without "news" its gradient is that of "text" alone.
    means, _ = gradient(tiny("model.dropout=0.0"))
    assert {"source_loss/text", "source_loss/news"} <= set(means)
    only = tiny("model.dropout=0.0", "data.source_weights.news=0.0", "data.document_weights=false")
    without, _ = gradient(only)
    assert without["loss"] == pytest.approx(means["source_loss/text"], rel=1e-6)
    assert without["source_loss/news"] == pytest.approx(means["source_loss/news"], rel=1e-6)


def test_run_gives_the_losses_of_its_rows(tiny):
    config = tiny("model.dropout=0.0")
    batches = Batches(config.data.manifest, seed=5, sequence_length=8, global_batch_size=4)
    batch = Reader(batches, WORLD, config.data).read(2)
    loss = SummedLoss(Transformer(config.model, 300), config.loss)
    losses, weights, _ = run(loss, batch, slice(1, 3), config, WORLD)
    assert losses.positions.shape == weights.shape == (2, 8)
    torch.testing.assert_close(losses.objective, (losses.positions * weights).sum())
