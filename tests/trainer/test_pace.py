import pytest

from trainer import pace


@pytest.fixture
def clock(monkeypatch):
    """A clock that is set by hand."""
    now = [100.0]
    monkeypatch.setattr(pace.time, "perf_counter", lambda: now[0])
    return now


def test_rates_are_of_the_steps_since_the_last_row_without_what_is_apart(clock):
    made = pace.Pace(tokens_per_step=1000, flops_per_token=6, peak=12_000.0, _since=clock[0])
    for _ in range(4):
        with made.waiting():
            clock[0] += 0.5
        clock[0] += 1.5
        made.count_step()
    with made.apart():
        clock[0] += 60.0
    assert made.row() == {"tokens_per_second": 500.0, "mfu": 0.25, "data_wait": 0.25}
    made.restart()
    clock[0] += 1.0
    made.count_step()
    assert made.row() == {"tokens_per_second": 1000.0, "mfu": 0.5, "data_wait": 0.0}
