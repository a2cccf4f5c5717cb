from dataclasses import replace

import pytest

from trainer.loop import train
from trainer.plan import Plan, make_plan, warn_of_days
from trainer.sizes import count_parameters


def test_the_plan_of_a_run_is_what_the_run_then_is(tiny, capsys):
    config = tiny()
    plan = make_plan(config)
    train(config)
    assert f"{plan.num_weights:,} weights" in capsys.readouterr().out
    assert plan.num_weights == count_parameters(config.model, 300)
    assert (plan.num_steps, plan.tokens_per_step, plan.num_tokens) == (6, 32, 192)
    assert plan.state_bytes == 16 * plan.num_weights  # weight, gradient, two moments
    averaged = tiny("optimizer.average_decay=0.9", "optimizer.kind=sgd")
    assert make_plan(averaged).state_bytes == 16 * plan.num_weights


def test_times_and_the_compute_optimal_budget_by_hand():
    plan = Plan(
        num_weights=1_000_000,
        flops_per_token=6_000_000,
        num_steps=1000,
        tokens_per_step=10_000,
        num_tokens_in_split=4_000_000,
        state_bytes=2**30,
        activation_bytes=2**29,
        peak=1e12,
        peak_source="measured",
        world_size=2,
        capacity_bytes=2**31,
    )
    assert plan.seconds == pytest.approx(1e7 * 6e6 / (2e12 * 0.4))
    text = str(plan)
    assert "10,000,000 (2.50 epochs of 4,000,000)" in text
    assert "20,000,000 tokens for these weights (20 each); this run has 50% of them" in text
    assert "6,000,000 per token, 6e+13 in all" in text
    assert "1.00 GiB weights, gradients and optimizer, about 0.50 GiB activations" in text
    assert "memory here      2.00 GiB\n" in text
    small = str(replace(plan, capacity_bytes=2**30))
    assert "1.00 GiB, too little: lower data.micro_batch_size" in small
    assert "2 x 1 TFLOP/s (measured)" in text
    assert "1.2 min at 40% of the peak" in text


def test_a_run_of_days_on_a_cpu_is_warned_of():
    day = 0.4 * 1e11 * 24 * 3600  # operations at 40 % of the peak
    assert warn_of_days(1.9 * day, 1e11) == []
    (line,) = warn_of_days(50.5 * day, 1e11)
    assert "on this CPU the run takes about 50.5 days; jobs/configs/train_tiny.toml is" in line


def test_the_run_itself_warns(tiny, capsys, monkeypatch):
    monkeypatch.setattr("trainer.loop.peak_flops", lambda device, dtype: (1.0, "of a test"))
    train(tiny("schedule.num_steps=3"))
    assert "warning: on this CPU the run takes about" in capsys.readouterr().out
