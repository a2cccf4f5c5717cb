import json
import math
import os
import shutil
import signal
from pathlib import Path

import numpy as np
import pytest
import torch

from schemas.errors import CorpusMillError, DataError
from tests.trainer.handmade import SENTENCES, Document, encode, write_shards
from tests.trainer.runs import assert_same_bits, rows, tensors
from trainer import checkpoint, tensor_files
from trainer.batches import Batches
from trainer.interruption import Interrupted
from trainer.loop import train
from trainer.metrics import read_metrics
from trainer.progress import Progress
from trainer.reader import Reader
from trainer.shards import TokenStream


@pytest.fixture
def stop_after(monkeypatch):
    """``stop_after(3)``: SIGTERM comes while step 4 is about to begin."""
    plain = Progress.step

    def arm(*steps):
        def step(self, done, row):
            plain(self, done, row)
            if done in steps:
                os.kill(os.getpid(), signal.SIGTERM)

        monkeypatch.setattr(Progress, "step", step)

    return arm


@pytest.fixture
def consumed(monkeypatch):
    """Every batch that is trained on, as (step, rows)."""
    seen = []
    plain = Reader.ahead

    def ahead(self, first, end):
        for step, future in zip(range(first, end), plain(self, first, end), strict=True):
            yield future
            seen.append((step, future.result().rows))

    monkeypatch.setattr(Reader, "ahead", ahead)
    return seen


def test_a_run_stopped_and_resumed_twice_in_an_epoch_has_the_same_bits(tiny, stop_after, consumed):
    sizes = ("data.sequence_length=5", "data.micro_batch_size=3")
    whole, parts = tiny(*sizes, output="whole"), tiny(*sizes, output="parts")
    train(whole)
    batches = Batches(whole.data.manifest, seed=5, sequence_length=5, global_batch_size=4)
    assert batches.epoch(5) < 1  # the resumes lie inside the first epoch
    in_one_go = list(consumed)
    consumed.clear()
    for stop in (2, 5):
        stop_after(stop)
        with pytest.raises(Interrupted, match=f"stopped by SIGTERM after step {stop}; checkpoint"):
            train(parts)
    train(parts)
    assert_same_bits(tensors(whole, 6), tensors(parts, 6))
    assert rows(whole) == rows(parts)
    # A batch is consumed once its step is done; the one that a stop turned away is not.
    done = [
        batch for n, batch in enumerate(consumed) if batch[0] not in {b[0] for b in consumed[:n]}
    ]
    assert [step for step, _ in done] == [step for step, _ in in_one_go] == list(range(6))
    assert all(np.array_equal(a[1], b[1]) for a, b in zip(done, in_one_go, strict=True))


def test_a_crash_loses_only_the_steps_since_the_last_checkpoint(tiny):
    whole = tiny("checkpoint.every=2", "checkpoint.keep_last=5", output="whole")
    train(whole)
    crashed = tiny("checkpoint.every=2", "checkpoint.keep_last=5", output="crashed")
    shutil.copytree(whole.output, crashed.output)
    for step in (4, 6):  # what a kill at step 3 would not have written
        shutil.rmtree(checkpoint.find(Path(crashed.output), f"step-{step:08d}"))
    train(crashed)
    assert_same_bits(tensors(whole, 6), tensors(crashed, 6))
    assert rows(whole) == rows(crashed)


def test_a_damaged_checkpoint_is_named_and_the_one_before_is_used(tiny, capsys):
    config = tiny()
    train(config)
    expected = tensors(config, 6)
    file = checkpoint.find(Path(config.output), "latest") / "model.safetensors"
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    capsys.readouterr()
    train(config)
    printed = capsys.readouterr().out
    assert "warning: checkpoint step-00000006: model.safetensors differs from its checks" in printed
    assert "resumed from" in printed and "step-00000003" in printed
    assert_same_bits(expected, tensors(config, 6))


def test_a_run_with_only_damaged_checkpoints_is_not_started_over(tiny):
    config = tiny("schedule.num_steps=3")
    train(config)
    (checkpoint.find(Path(config.output), "latest") / "state.json").write_text("{")
    for _ in range(2):
        with pytest.raises(DataError, match="none before it is sound; choose another output"):
            train(config)


def test_a_finished_run_has_nothing_to_do_and_a_longer_one_goes_on(tiny):
    train(tiny("schedule.num_steps=3", "schedule.kind=constant"))
    config = tiny("schedule.num_steps=3", "schedule.kind=constant")
    train(config)
    assert [row["step"] for row in rows(config)] == [1, 2, 3]
    train(tiny("schedule.num_steps=5", "schedule.kind=constant"))
    assert [row["step"] for row in rows(config)] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("before", "after", "slots"),
    [
        ("sgd", "adamw", {"step", "exp_avg", "exp_avg_sq"}),
        ("adamw", "adagrad", {"step", "sum"}),
        ("muon", "adamw", {"step", "exp_avg", "exp_avg_sq"}),
        ("adamw", "sgd", {"momentum_buffer"}),
    ],
)
def test_a_run_goes_on_with_another_optimizer(tiny, capsys, before, after, slots):
    train(tiny("schedule.num_steps=3", f"optimizer.kind={before}"))
    config = tiny(f"optimizer.kind={after}", "optimizer.learning_rate=1e-3")
    train(config)
    said = f"optimizer.kind = '{after}': the run had '{before}', so its moments begin anew"
    assert said in capsys.readouterr().out
    names = [name.split()[1] for name in tensors(config, 6) if name.startswith("optimizer")]
    assert {name.partition("/")[0] for name in names} == slots
    assert math.isfinite(rows(config)[-1]["loss"])


@pytest.mark.parametrize(("before", "after"), [("adam", "adamw"), ("adamw", "adam")])
def test_adam_and_adamw_have_the_same_moments(tiny, capsys, before, after):
    train(tiny("schedule.num_steps=3", f"optimizer.kind={before}"))
    config = tiny(f"optimizer.kind={after}")
    train(config)
    assert "anew" not in capsys.readouterr().out
    assert tensors(config, 6)["optimizer.safetensors step/norm.weight"] == 6


def test_micro_batches_change_memory_and_not_the_result(tiny):
    runs = [
        tiny("model.dropout=0.0", f"data.micro_batch_size={size}", output=f"micro{size}")
        for size in (1, 3, 4, 100)
    ]
    for config in runs:
        train(config)
    losses = [[row["loss"] for row in rows(config)] for config in runs]
    for other in losses[1:]:
        assert other == pytest.approx(losses[0], rel=1e-5)


def test_metrics_and_validation_are_written(tiny):
    config = tiny()
    train(config)
    written = read_metrics(Path(config.output) / "metrics.jsonl")
    assert [row["step"] for row in written] == [1, 2, 3, 4, 5, 6]
    for name in ("loss", "learning_rate", "gradient_norm", "tokens_per_second", "epoch"):
        assert all(math.isfinite(row[name]) for row in written)
    assert all(0 <= row["data_wait"] < 1 for row in written)
    assert all(0 < row["mfu"] < 1 and 0.05 < row["memory_gib"] < 64 for row in written)
    assert [row["step"] for row in written if "bits_per_byte" in row] == [3, 6]
    state = checkpoint.read_state(checkpoint.find(Path(config.output), "latest"))
    assert state.validation_loss == written[-1]["validation_loss"]
    assert state.num_tokens == 6 * 4 * 8
    assert (Path(config.output) / "tokenizer.json").exists()


def test_a_resume_that_would_repeat_data_is_refused(tiny, monkeypatch):
    train(tiny("schedule.num_steps=3", "schedule.kind=constant"))
    plain = Batches.draw
    monkeypatch.setattr(
        Batches, "draw", lambda self, draws: plain(self, range(draws.start - 1, draws.stop - 1))
    )
    with pytest.raises(DataError, match="run has read other data than 3 steps of this program"):
        train(tiny("schedule.kind=constant"))


def test_a_loader_that_reads_past_its_plan_is_stopped_before_the_checkpoint(tiny, monkeypatch):
    plain = TokenStream.read
    monkeypatch.setattr(
        TokenStream,
        "read",
        lambda self, starts, *rest: plain(self, np.maximum(0, starts - 1), *rest),
    )
    with pytest.raises(DataError, match="this run has read other data than 3 steps"):
        train(tiny("schedule.kind=constant"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"ledger_sha256": ""}, "step-00000003: holds no ledger of the data read"),
        ({"format_version": 1}, "step-00000003: format 1, whose ledger cannot be audited"),
    ],
)
def test_a_checkpoint_that_cannot_be_audited_is_not_gone_on_with(tiny, change, message):
    config = tiny("schedule.num_steps=3", "schedule.kind=constant")
    train(config)
    path = checkpoint.find(Path(config.output), "latest") / "state.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(DataError, match=message):
        train(tiny("schedule.kind=constant"))


def test_a_checkpoint_that_cannot_be_written_ends_the_run(tiny, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tensor_files, "save_file", full)
    with pytest.raises(CorpusMillError, match=r"step-0000000[36] cannot be written: .*No space"):
        train(tiny())


def test_one_batch_is_overfitted(tiny, tmp_path, tokenizer):
    ids = np.random.default_rng(1).integers(1, 300, 32).tolist()
    manifest = write_shards(tmp_path / "one", tokenizer, [("train", [Document(ids, 32)])])
    config = tiny(
        f"data.manifest={manifest}",
        "schedule.num_steps=120",
        "schedule.kind=constant",
        "model.dropout=0.0",
        "model.d_model=32",
        "data.global_batch_size=4",
    )
    train(config)
    assert rows(config)[-1]["loss"] < 0.1


def test_training_learns(tiny):
    config = tiny("schedule.num_steps=60", "data.sequence_length=16", "model.dropout=0.0")
    train(config)
    written = rows(config)
    assert written[0]["loss"] == pytest.approx(math.log(300), rel=0.05)
    assert written[-1]["loss"] < written[0]["loss"] - 2


@pytest.mark.parametrize(
    "options",
    [
        ("positions=learned", "norm=layer", "activation=gelu", "biases=true"),
        ("positions=sinusoidal", "activation=relu2", "logit_soft_cap=10.0"),
        ("document_masking=true", "initialization=width"),
    ],
)
def test_every_option_learns(tiny, options):
    config = tiny(
        *(f"model.{option}" for option in options),
        "schedule.num_steps=50",
        "model.dropout=0.0",
        "data.sequence_length=16",
    )
    train(config)
    assert rows(config)[-1]["loss"] < rows(config)[0]["loss"] - 2


def test_a_source_of_weight_zero_is_not_learnt_from(tiny, tmp_path, tokenizer):
    documents = encode(tokenizer, SENTENCES)
    silent = [Document(d.ids, d.num_utf8_bytes, weight=0.0) for d in documents]
    loud = [Document(d.ids, d.num_utf8_bytes, weight=5.0) for d in documents]
    manifest = write_shards(tmp_path / "s", tokenizer, [("train", [*loud, *silent])])
    batches = Batches(manifest, seed=5, sequence_length=8, global_batch_size=4)
    share = float((batches.facts(0)[0] > 0).mean())
    assert 0 < share < 1
    config = tiny("schedule.num_steps=1", f"data.manifest={manifest}", "model.dropout=0.0")
    train(config)
    plain = tiny(
        "schedule.num_steps=1",
        f"data.manifest={manifest}",
        "model.dropout=0.0",
        "data.document_weights=false",
        output="plain",
    )
    train(plain)
    # Normalised by weight, so the scale 5 drops out and both are near log(vocabulary).
    assert rows(config)[0]["loss"] == pytest.approx(math.log(300), rel=0.05)
    assert rows(config)[0]["loss"] != rows(plain)[0]["loss"]


def test_samples_leave_the_weights_as_they_are(tiny):
    train(tiny(output="plain"))
    train(tiny("logging.sample_tokens=5", output="speaking"))
    assert_same_bits(tensors(tiny(output="plain"), 6), tensors(tiny(output="speaking"), 6))


def test_samples_are_written_by_the_averaged_weights(tiny, monkeypatch):
    written_by = []

    def begin_text(model, *_):
        written_by.append(model.embedding.weight.detach().clone())
        return "text"

    monkeypatch.setattr("trainer.loop.begin_text", begin_text)
    config = tiny("logging.sample_tokens=5", "optimizer.average_decay=0.7")
    train(config)
    for step, weight in zip((3, 6), written_by, strict=True):
        kept = tensors(config, step)
        assert torch.equal(weight, kept["average.safetensors embedding.weight"])
        assert not torch.equal(weight, kept["model.safetensors embedding.weight"])


def test_early_stopping_keeps_the_best_and_says_so(tiny, capsys):
    config = tiny(
        "schedule.num_steps=400",
        "optimizer.learning_rate=0.05",
        "schedule.kind=constant",
        "validation.every=5",
        "validation.patience=3",
        "checkpoint.every=1000",
    )
    train(config)
    losses = {r["step"]: r["validation_loss"] for r in rows(config) if "validation_loss" in r}
    last, best = max(losses), min(losses, key=losses.__getitem__)
    assert last == best + 15 < 400
    assert (
        f"best validation loss {losses[best]:.4f} at step {best}, 3 val" in capsys.readouterr().out
    )
    run = Path(config.output)
    assert checkpoint.find(run, "best").name == f"step-{best:08d}"
    assert checkpoint.find(run, "latest").name == f"step-{last:08d}"
    train(config)  # it stays ended
    assert "stopped early" in capsys.readouterr().out
    assert checkpoint.find(run, "latest").name == f"step-{last:08d}"


def test_a_run_without_a_validation_split_says_so(tiny, tmp_path, tokenizer, capsys):
    manifest = write_shards(tmp_path / "s", tokenizer, [("train", encode(tokenizer, SENTENCES))])
    train(tiny(f"data.manifest={manifest}", "schedule.num_steps=1"))
    assert "warning: the shards have no validation split" in capsys.readouterr().out


def test_the_average_is_saved_resumed_and_validated(tiny, stop_after):
    sizes = ("optimizer.average_decay=0.7",)
    whole, parts = tiny(*sizes, output="whole"), tiny(*sizes, output="parts")
    train(whole)
    stop_after(4)
    with pytest.raises(Interrupted):
        train(parts)
    train(parts)
    found = tensors(whole, 6)
    assert_same_bits(found, tensors(parts, 6))
    assert rows(whole) == rows(parts)
    averages = {k.partition(" ")[2]: v for k, v in found.items() if k.startswith("average")}
    weights = {k.partition(" ")[2]: v for k, v in found.items() if k.startswith("model")}
    assert set(averages) == set(weights)
    assert not torch.equal(averages["embedding.weight"], weights["embedding.weight"])
    stop_after()
    plain = tiny(output="plain")
    train(plain)
    assert rows(plain)[-1]["loss"] == rows(whole)[-1]["loss"]
    assert rows(plain)[-1]["validation_loss"] != rows(whole)[-1]["validation_loss"]
