"""Whole rollbacks are tested with whole runs, in test_loop.py."""

import json

from trainer.recovery import Rollback


def test_events_are_appended_as_they_are(tmp_path):
    for step in (3, 9):
        Rollback(step, "back", {"step": step, "most_likely": "小猫"}).record(tmp_path)
    lines = (tmp_path / "spikes.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line)["step"] for line in lines] == [3, 9]
    assert "小猫" in lines[0]
