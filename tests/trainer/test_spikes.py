import math
import random

import pytest
import torch

from trainer.average import WeightAverage
from trainer.config import OptimizerParams, SpikeParams
from trainer.model import Transformer
from trainer.model_params import ModelParams
from trainer.optim import Optimizer
from trainer.spikes import Snapshot, SpikeGuard

PARAMS = SpikeParams(window=20, min_history=10, threshold=8.0)


def feed(guard, losses, first=0):
    found = []
    for step, loss in enumerate(losses, first):
        found.append(guard.judge(step, {"loss": loss, "gradient_norm": 1.0}))
    return found


def test_a_loss_that_falls_with_noise_is_in_order():
    random.seed(1)
    losses = [3 + 5 * math.exp(-step / 100) + random.gauss(0, 0.1) for step in range(500)]
    assert set(feed(SpikeGuard(PARAMS), losses)) == {None}


def test_a_leap_is_told_with_its_deviations_and_not_remembered():
    guard = SpikeGuard(PARAMS)
    feed(guard, [2.0, 2.05, 2.1, 2.15, 2.2] * 4)  # median 2.1, median deviation 0.05
    (spike,) = feed(guard, [2.1 + 9 * 0.07413], first=20)
    assert (spike.step, spike.reason) == (
        20,
        "loss 2.7672 is 9 deviations above its median 2.1000",
    )
    assert feed(guard, [2.1 + 7 * 0.07413], first=21) == [None]
    assert len(guard.recent) == 20


def test_dust_on_a_loss_near_zero_is_no_spike():
    """What is learnt by heart has a loss of exactly 0, now and then a little more."""
    assert set(feed(SpikeGuard(PARAMS), [0.0] * 20 + [1e-6, 0.0, 0.05])) == {None}
    guard = SpikeGuard(PARAMS)
    feed(guard, [0.0] * 20)
    assert feed(guard, [0.3])[0].reason == "loss 0.3000 is 30 deviations above its median 0.0000"


def test_what_has_leapt_before_leaps_again_without_alarm():
    losses = [2.0, 2.05, 2.1, 2.15, 2.2] * 3
    assert feed(SpikeGuard(PARAMS), [*losses, 5.0])[-1] is not None
    rare = [3.6, *losses, 5.0]  # a source that is harder came by early on
    assert set(feed(SpikeGuard(PARAMS), rare)) == {None}
    assert feed(SpikeGuard(PARAMS), [3.6, *losses, 5.3])[-1] is not None


@pytest.mark.parametrize("params", [PARAMS, SpikeParams(enabled=False)])
def test_what_is_no_number_is_always_told(params):
    guard = SpikeGuard(params)
    assert guard.judge(3, {"loss": math.nan, "gradient_norm": 1.0}).reason == "the loss is nan"
    norm = guard.judge(3, {"loss": 1.0, "gradient_norm": math.inf})
    assert norm.reason == "the gradient norm is inf"
    assert list(guard.recent) == []


def test_no_leap_is_told_before_there_is_a_history_or_when_off():
    assert feed(SpikeGuard(PARAMS), [2.0] * 9 + [50.0]) == [None] * 10
    assert set(feed(SpikeGuard(SpikeParams(enabled=False)), [2.0] * 99 + [50.0])) == {None}


def test_a_loss_without_weight_is_judged_by_nothing_but_whether_it_is_a_number():
    guard = SpikeGuard(PARAMS)
    feed(guard, [2.0, 2.1] * 10)
    recent = list(guard.recent)
    assert guard.judge(20, {"loss": 9.0, "gradient_norm": 0.0}, has_weight=False) is None
    assert list(guard.recent) == recent
    assert guard.judge(21, {"loss": math.nan, "gradient_norm": 0.0}, has_weight=False) is not None


def test_a_full_window_is_history_enough():
    guard = SpikeGuard(SpikeParams(window=16))  # less than the 32 steps of min_history
    assert feed(guard, [2.0] * 15 + [50.0])[-1] is None
    assert feed(SpikeGuard(SpikeParams(window=16)), [2.0] * 16 + [50.0])[-1] is not None


def test_a_rollback_forgets_what_came_after():
    guard = SpikeGuard(PARAMS, [(3, 1.0), (4, 2.0), (5, 3.0)])
    guard.forget_after(5)
    assert list(guard.recent) == [(3, 1.0), (4, 2.0)]


@pytest.mark.parametrize("kind", ["adamw", "muon", "lion"])
@pytest.mark.parametrize("num_steps_before", [0, 2])
def test_a_snapshot_restores_every_bit_and_can_be_used_again(kind, num_steps_before):
    torch.manual_seed(0)
    shape = {"d_model": 16, "num_layers": 1, "num_heads": 2, "num_kv_heads": 1}
    model = Transformer(ModelParams(**shape, feed_forward_size=16), 30)
    optimizer, average = Optimizer(model, OptimizerParams(kind=kind)), WeightAverage(model, 0.9)

    def advance(seed):
        torch.manual_seed(seed)
        for weight in model.parameters():
            weight.grad = torch.randn_like(weight)
        optimizer.step(0.01)
        average.update(seed)

    def state():
        parts = (model.weights(), optimizer.tensors(), average.tensors)
        return [{name: value.detach().clone() for name, value in part.items()} for part in parts]

    for seed in range(num_steps_before):
        advance(seed)
    snapshot, before = Snapshot(0, model, optimizer, average), state()
    ends = []
    for _ in range(2):
        advance(8)
        advance(9)
        ends.append(state())
        snapshot.restore(model, optimizer, average)
        for ours, theirs in zip(state(), before, strict=True):
            assert set(ours) == set(theirs)
            assert all(torch.equal(ours[name], theirs[name]) for name in ours)
    for ours, theirs in zip(*ends, strict=True):
        assert all(torch.equal(ours[name], theirs[name]) for name in ours)
