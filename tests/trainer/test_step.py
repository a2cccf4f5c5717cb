from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F

from trainer.average import WeightAverage
from trainer.batches import Batches
from trainer.distributed import World
from trainer.loss import SummedLoss
from trainer.model import Transformer
from trainer.optim import Optimizer
from trainer.reader import Reader
from trainer.schedule import learning_rate_scale
from trainer.step import Step

WORLD = World(0, 1, 0, torch.device("cpu"))


def build(config):
    batches = Batches(config.data.manifest, seed=5, sequence_length=8, global_batch_size=4)
    reader = Reader(batches, WORLD, config.data)
    torch.manual_seed(config.seed)
    model = Transformer(config.model, batches.stream.manifest.tokenizer.vocabulary_size)
    optimizer = Optimizer(model, config.optimizer)
    decay = config.optimizer.average_decay
    average = WeightAverage(model, decay) if decay else None
    names = batches.stream.manifest.sources
    take_step = Step(SummedLoss(model, config.loss), optimizer, average, names, config, WORLD)
    take_step.average = average
    return model, reader, take_step


@pytest.mark.parametrize("micro_batch_size", [1, 3, 4])
def test_a_step_is_adamw_on_the_weighted_mean_of_the_batch(tiny, micro_batch_size):
    config = tiny("model.dropout=0.0", f"data.micro_batch_size={micro_batch_size}")
    model, reader, take_step = build(config)
    # Where weights differ within the batch, a mean of means would be off.
    batch = next(b for b in map(reader.read, range(20)) if len(set(b.weights.ravel())) > 1)
    facts = take_step.read(take_step(1, batch))

    torch.manual_seed(config.seed)
    plain = Transformer(config.model, model.vocabulary_size)
    rows, weights = torch.from_numpy(batch.rows), torch.from_numpy(batch.weights)
    logits = plain.logits(plain(rows[:, :-1]))
    losses = F.cross_entropy(logits.flatten(0, 1), rows[:, 1:].flatten(), reduction="none")
    mean = (losses * weights.flatten()).sum() / weights.sum()
    mean.backward()
    norm = torch.nn.utils.clip_grad_norm_(plain.parameters(), config.optimizer.max_gradient_norm)
    optimizer = Optimizer(plain, config.optimizer)
    rate = config.optimizer.learning_rate * learning_rate_scale(1, config.schedule)
    optimizer.step(rate)

    assert facts["loss"] == pytest.approx(mean.item(), rel=1e-6)
    assert facts["gradient_norm"] == pytest.approx(norm.item(), rel=1e-5)
    assert facts["learning_rate"] == rate
    # Adam's first step is the sign of the gradient: compare where that is not near zero.
    for name, weight in plain.weights().items():
        clear = weight.grad.abs() > 1e-4
        torch.testing.assert_close(
            model.weights()[name][clear], weight[clear], atol=1e-6, rtol=1e-4, msg=name
        )


def test_dropout_depends_on_the_batch_and_not_on_what_was_drawn_before(tiny):
    config = tiny("model.dropout=0.3")

    def loss_of(step, draws):
        _, reader, take_step = build(config)
        torch.rand(draws)
        return take_step.read(take_step(0, replace(reader.read(0), number=step)))["loss"]

    assert loss_of(2, draws=0) == loss_of(2, draws=7)
    assert loss_of(2, draws=0) != loss_of(3, draws=0)


def test_the_average_follows_the_weights(tiny):
    config = tiny("optimizer.average_decay=0.5")
    model, reader, take_step = build(config)
    before = {name: weight.detach().clone() for name, weight in model.weights().items()}
    take_step(4, reader.read(0))
    for name, value in take_step.average.tensors.items():
        decay = 5 / 14
        expected = decay * before[name] + (1 - decay) * model.weights()[name].detach()
        torch.testing.assert_close(value, expected)
