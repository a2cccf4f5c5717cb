import pytest

from trainer.plots import line_chart, plot_schedule, schedule_line


def test_the_schedule_is_drawn_over_all_steps(tiny, tmp_path):
    config = tiny("schedule.num_steps=5000", "schedule.kind=wsd", "schedule.num_warmup_steps=10")
    steps, rates = schedule_line(config)
    assert (steps[0], steps[-1], len(steps)) == (1, 5000, 1000)
    assert max(rates) == config.optimizer.learning_rate
    assert rates[-1] == pytest.approx(0.1 * config.optimizer.learning_rate)
    plot_schedule(tmp_path / "schedule.svg", config)
    assert (tmp_path / "schedule.svg").read_text().count("<svg") == 1


def test_equal_lines_give_equal_text():
    lines = {"a": ([1, 2], [3.0, 4.0]), "b": ([1, 2], [4.0, 3.0])}
    assert line_chart(lines, "x", "y") == line_chart(lines, "x", "y")
