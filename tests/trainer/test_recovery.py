import json
import math
import re
import shutil
from dataclasses import replace
from pathlib import Path
from statistics import median

import numpy as np
import pytest
import torch

from schemas.errors import CorpusMillError
from tests.trainer.handmade import Document, write_shards
from tests.trainer.runs import assert_same_bits, rows, tensors
from trainer import checkpoint
from trainer.batches import Batches
from trainer.loop import Training, train
from trainer.recovery import Rollback
from trainer.validation import ValidationResult, Validator


def test_events_are_appended_as_they_are(tmp_path):
    for step in (3, 9):
        Rollback(step, "back", {"step": step, "most_likely": "小猫"}).record(tmp_path)
    lines = (tmp_path / "spikes.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line)["step"] for line in lines] == [3, 9]
    assert "小猫" in lines[0]


def test_weights_that_explode_stop_the_run_before_they_are_saved(tiny):
    config = tiny(
        "optimizer.learning_rate=1e30", "schedule.num_warmup_steps=0", "checkpoint.every=1"
    )
    with pytest.raises(
        CorpusMillError,
        match=r"^step 2: .*nan.*after 5 rollbacks .* lower optimizer.learning_rate and start "
        r"again, from the checkpoint of step 1; or look the documents up",
    ):
        train(config)
    newest, damaged = checkpoint.newest_sound(Path(config.output))
    assert (newest.name, damaged) == ("step-00000001", [])
    assert all(torch.isfinite(value).all() for value in tensors(config, 1).values())


def test_weights_whose_validation_is_no_number_are_not_kept(tiny, monkeypatch):
    nothing = ValidationResult(math.nan, math.nan)
    monkeypatch.setattr(Validator, "measure", lambda self, loss: nothing)
    config = tiny("checkpoint.every=2", "validation.every=2")
    with pytest.raises(
        CorpusMillError,
        match=r"^step 2: the validation loss is nan.*after 5 rollbacks the run.*and start anew;",
    ):
        train(config)
    assert checkpoint.newest_sound(Path(config.output)) == (None, [])


def test_a_run_goes_on_after_a_validation_that_was_no_number(tiny, monkeypatch):
    plain, measured = Validator.measure, []

    def measure(self, loss):
        found = plain(self, loss)
        measured.append(found if len(measured) != 1 else replace(found, loss=math.nan))
        return measured[-1]

    monkeypatch.setattr(Validator, "measure", measure)
    config = tiny("validation.every=2", "checkpoint.every=2", "checkpoint.keep_last=9")
    train(config)
    assert [math.isnan(found.loss) for found in measured] == [False, True, False, False]
    event = json.loads((Path(config.output) / "spikes.jsonl").read_text())
    assert (event["step"], event["back_to_step"], event["batches"]) == (4, 2, [2, 3])
    assert [row["step"] for row in rows(config)] == list(range(1, 7))
    for step, found in zip((2, 4, 6), (measured[0], *measured[2:]), strict=True):
        state = checkpoint.read_state(Path(config.output) / "checkpoints" / f"step-{step:08d}")
        assert state.validation_loss == found.loss


def test_validations_that_are_undone_do_not_use_up_the_patience(tiny, monkeypatch):
    losses = iter([3.0, 3.1, 3.1, math.nan, *[3.1] * 9])
    found = lambda self, loss: ValidationResult(next(losses), 1.0)  # noqa: E731
    every = "validation.every=1", "checkpoint.every=100"
    monkeypatch.setattr(Validator, "measure", found)
    config = tiny(*every, "validation.patience=5", "schedule.num_steps=5")
    train(config)  # back from step 4 to 1, the best; then four validations without a gain
    state = checkpoint.read_state(checkpoint.find(Path(config.output), "latest"))
    assert (state.step, state.best_step, state.validations_without_gain) == (5, 1, 4)


def poisoned(tmp_path, tokenizer):
    """Forty documents of one source; the one of another has a weight that breaks any sum."""
    documents = [
        Document([5 + (n + k) % 7 for k in range(8)], 8, weight=3e38 if n == 17 else 1.0)
        for n in range(40)
    ]
    documents[17] = Document(documents[17].ids, 8, source=1, weight=3e38)
    return write_shards(tmp_path / "poisoned", tokenizer, [("train", documents)])


def test_a_poisoned_document_is_named_and_left_out(tiny, tmp_path, tokenizer, capsys):
    manifest = poisoned(tmp_path, tokenizer)
    common = (
        f"data.manifest={manifest}",
        "schedule.num_steps=25",
        "spikes.snapshot_every=2",
        "checkpoint.every=100",
        "checkpoint.keep_last=9",
    )
    config = tiny(*common)
    batches = Batches(manifest, seed=5, sequence_length=8, global_batch_size=4)
    bad = [n for n in range(25) if batches.facts(n)[0].max() > 1e38]
    train(config)
    printed = capsys.readouterr().out
    events = [json.loads(line) for line in (Path(config.output) / "spikes.jsonl").open()]
    assert len(events) == len(bad) > 0
    for event, number in zip(events, bad, strict=True):
        first, last = event["batches"]
        assert last == number and last - first <= 1  # a snapshot every two steps
        assert re.search(
            r"documents (16-17|17-17|17-18) \((text, )?news(, text)?\)", event["most_likely"]
        )
        assert event["tokens_per_source"]["news"] > 0
        assert f"step {event['step']}: the gradient norm is inf, most likely from" in printed
    written = rows(config)
    assert [row["step"] for row in written] == list(range(1, 26))
    assert all(math.isfinite(row["loss"]) for row in written)
    # The same run stopped and resumed leaves out the same, bit for bit.
    parts = tiny(*common, "checkpoint.every=5", output="parts")
    again = tiny(*common, "checkpoint.every=5", output="again")
    train(parts)
    shutil.copytree(parts.output, again.output)
    for step in (25, 20, 15):
        shutil.rmtree(Path(again.output) / "checkpoints" / f"step-{step:08d}")
    train(again)
    assert_same_bits(tensors(parts, 25), tensors(again, 25))
    # Close to a run on the same documents without the poison.
    clean = [Document(d, 8) for d in [[5 + (n + k) % 7 for k in range(8)] for n in range(40)]]
    other = write_shards(tmp_path / "clean", tokenizer, [("train", clean)])
    plain = tiny(*common[1:], f"data.manifest={other}", output="clean")
    train(plain)
    assert written[-1]["loss"] == pytest.approx(rows(plain)[-1]["loss"], rel=0.15)


def test_a_leap_of_the_loss_is_undone_and_its_source_named(tiny, tmp_path, tokenizer):
    """Easy text, and after it has been learnt a document of noise with a heavy weight."""
    noise = np.random.default_rng(0).integers(1, 250, 24).tolist()
    documents = [Document([5, 6, 7, 8, 9, 10, 11], 7) for _ in range(1200)]
    documents[123] = Document(noise, 24, source=1, weight=30.0)
    manifest = write_shards(tmp_path / "s", tokenizer, [("train", documents)])
    config = tiny(
        f"data.manifest={manifest}",
        "schedule.num_steps=150",
        "schedule.kind=constant",
        "model.dropout=0.0",
        "spikes.snapshot_every=10",
        "spikes.window=20",
        "spikes.min_history=15",
        "spikes.max_rollbacks=20",
        "seed=4",
    )
    batches = Batches(manifest, seed=config.seed, sequence_length=8, global_batch_size=4)
    assert min(n for n in range(150) if batches.facts(n)[1].any()) > 50
    train(config)
    events = [json.loads(line) for line in (Path(config.output) / "spikes.jsonl").open()]
    assert events
    for event in events:
        assert "deviations above its median" in event["reason"]
        assert "news" in event["most_likely"] and event["tokens_per_source"]["news"] > 0
    assert rows(config)[-1]["loss"] < 0.5
    assert max(row["loss"] for row in rows(config)[-60:]) < 1.0


def test_rollbacks_are_bounded_and_the_end_is_clear(tiny, tmp_path, tokenizer):
    manifest = poisoned(tmp_path, tokenizer)
    config = tiny(f"data.manifest={manifest}", "schedule.num_steps=25", "spikes.enabled=false")
    with pytest.raises(CorpusMillError, match=r"news.*after 0 rollbacks the run ends: lower"):
        train(config)
    once = tiny(
        f"data.manifest={manifest}",
        "schedule.num_steps=90",
        "spikes.max_rollbacks=1",
        output="once",
    )
    with pytest.raises(CorpusMillError, match=r"after 1 rollback the run ends"):
        train(once)


def test_unread_steps_are_judged_before_anything_is_saved(tiny, tmp_path, tokenizer, monkeypatch):
    """As on CUDA, where the host reads the losses of several steps at once."""
    manifest = poisoned(tmp_path, tokenizer)
    common = (
        f"data.manifest={manifest}",
        "schedule.num_steps=25",
        "spikes.snapshot_every=4",
        "logging.every=50",
    )
    eager, late = tiny(*common, output="eager"), tiny(*common, output="late")
    train(eager)
    monkeypatch.setattr(Training, "waits", True)
    train(late)
    assert_same_bits(tensors(eager, 25), tensors(late, 25))


def test_documents_that_weigh_nothing_are_no_spike(tiny, tmp_path, tokenizer):
    """They are not learnt from, so their loss stays high, and undoing them undoes nothing."""
    easy = [Document([5 + (n + k) % 3 for k in range(8)], 8) for n in range(60)]
    silent = Document([200 + k % 50 for k in range(40)], 40, weight=0.0, source=1)
    documents = [*easy[:20], silent, *easy[20:40], silent, *easy[40:]]
    manifest = write_shards(tmp_path / "silent", tokenizer, [("train", documents)])
    config = tiny(
        f"data.manifest={manifest}",
        "data.global_batch_size=1",
        "schedule.num_steps=70",
        "spikes.min_history=4",
        "spikes.window=16",
        "checkpoint.every=100",
    )
    train(config)
    losses = [row["loss"] for row in rows(config)]
    assert len(losses) == 70 and max(losses[30:]) > 2 * median(losses)
    assert checkpoint.read_state(checkpoint.find(Path(config.output), "latest")).skipped == []
