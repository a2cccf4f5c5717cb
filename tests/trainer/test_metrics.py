import json
import math

import pytest

from trainer.metrics import MetricsLog, bits_per_byte, read_metrics


def test_bits_per_byte_by_hand():
    # 4 tokens, each one bit of surprise, over 2 bytes: 2 bits per byte.
    assert bits_per_byte(math.log(2), 4, 2) == pytest.approx(2.0)
    # A uniform model over 256 byte-tokens needs 8 bits per byte.
    assert bits_per_byte(math.log(256), 1000, 1000) == pytest.approx(8.0)


def test_rows_of_a_life_that_was_not_saved_are_removed(tmp_path):
    log = MetricsLog(tmp_path, 0, tensorboard=False)
    for step in (1, 2, 3):
        log.write(step, {"loss": float(step)})
    log.close()
    with (tmp_path / "metrics.jsonl").open("a") as file:
        file.write('{"step": 4, "lo')  # cut short by a crash
    log = MetricsLog(tmp_path, 2, tensorboard=False)
    log.write(3, {"loss": 9.0})
    log.close()
    assert read_metrics(tmp_path / "metrics.jsonl") == [
        {"step": 1, "loss": 1.0},
        {"step": 2, "loss": 2.0},
        {"step": 3, "loss": 9.0},
    ]


def test_a_row_can_be_read_while_the_run_goes_on(tmp_path):
    log = MetricsLog(tmp_path, 0, tensorboard=False)
    log.write(1, {"loss": 1.5})
    assert json.loads((tmp_path / "metrics.jsonl").read_text()) == {"step": 1, "loss": 1.5}
    log.close()


def test_scalars_reach_tensorboard(tmp_path):
    log = MetricsLog(tmp_path, 0, tensorboard=True)
    log.write(7, {"loss": 2.5})
    log.close()
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    board = EventAccumulator(str(tmp_path / "tensorboard"))
    board.Reload()
    assert [(event.step, event.value) for event in board.Scalars("loss")] == [(7, 2.5)]


def test_a_rollback_removes_rows_and_writing_goes_on(tmp_path):
    log = MetricsLog(tmp_path, 0, tensorboard=False)
    for step in (1, 2, 3):
        log.write(step, {"loss": float(step)})
    log.rewind(1)
    log.write(2, {"loss": 7.0})
    log.close()
    rows = read_metrics(tmp_path / "metrics.jsonl")
    assert [(row["step"], row["loss"]) for row in rows] == [(1, 1.0), (2, 7.0)]


def test_scalars_and_samples_reach_tensorboard(tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    log = MetricsLog(tmp_path, 0, tensorboard=True)
    log.write(3, {"loss": 2.5, "source_loss/web": 1.5})
    log.write_sample(3, "小猫坐")
    log.close()
    events = EventAccumulator(str(tmp_path / "tensorboard"))
    events.Reload()
    assert [(e.step, e.value) for e in events.Scalars("source_loss/web")] == [(3, 1.5)]
    assert "sample/text_summary" in events.Tags()["tensors"]
    assert "小猫坐" in (tmp_path / "samples.jsonl").read_text("utf-8")
