import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from jobs.train_model import main
from tests.trainer.conftest import manifest, tokenizer  # noqa: F401
from trainer.metrics import read_metrics

ROOT = Path(__file__).resolve().parents[2]
JOB = str(ROOT / "jobs" / "train_model.py")
TINY = """
seed = 5
[model]
d_model = 16
num_layers = 2
num_heads = 4
num_kv_heads = 2
feed_forward_size = 24
[schedule]
num_steps = 4
num_warmup_steps = 2
[data]
sequence_length = 8
global_batch_size = 6
micro_batch_size = 2
[validation]
every = 2
[logging]
every = 1
tensorboard = false
[runtime]
device = "cpu"
num_threads = 1
"""


@pytest.fixture
def arguments(manifest, tmp_path):  # noqa: F811
    """``arguments("run", "seed=3")`` -> command line of a tiny run."""
    config = tmp_path / "tiny.toml"
    config.write_text(TINY)

    def build(output, *overrides):
        sets = [f"output={tmp_path / output}", f"data.manifest={manifest}", *overrides]
        return ["--config", str(config), *(part for each in sets for part in ("--set", each))]

    return build


def losses(folder):
    return [
        (row["loss"], row["gradient_norm"], row.get("validation_loss", 0.0))
        for row in read_metrics(folder / "metrics.jsonl")
    ]


@pytest.mark.slow
def test_two_ranks_train_like_one_and_hand_over_to_one(arguments, tmp_path):
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    done = subprocess.run(
        [*torchrun, "--nproc-per-node", "2", JOB, *arguments("two")],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("step 4/4  loss") == 1  # one rank talks
    assert main(arguments("one")) == 0
    assert len(losses(tmp_path / "one")) == 4
    for two, one in zip(losses(tmp_path / "two"), losses(tmp_path / "one"), strict=True):
        assert two == pytest.approx(one, rel=1e-4)
    # A run may go on with another number of ranks.
    for run in ("two", "one"):
        assert main(arguments(run, "schedule.num_steps=6")) == 0
    assert losses(tmp_path / "two")[-1] == pytest.approx(losses(tmp_path / "one")[-1], rel=1e-3)


def ranks_of(launcher):
    """Process ids by rank of what torchrun has started."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            environment = (folder / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        for entry in environment if parent == launcher else ():
            if entry.startswith(b"RANK="):
                found[int(entry[5:])] = int(folder.name)
    return found


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc")
def test_a_rank_killed_in_mid_step_is_told_and_the_restart_has_the_same_curve(arguments, tmp_path):
    changes = (
        "parallel.mode=exact",
        "parallel.num_slots=2",
        "schedule.num_steps=80",
        "checkpoint.every=10",
        "validation.every=40",
        "model.dropout=0.1",
    )
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command = [*torchrun, "--nproc-per-node", "2", JOB, *arguments("killed", *changes)]
    process = subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    metrics, deadline = tmp_path / "killed" / "metrics.jsonl", time.monotonic() + 120
    while not (metrics.exists() and metrics.read_text().count("\n") >= 25):
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    os.kill(ranks_of(process.pid)[1], signal.SIGKILL)
    _, error = process.communicate(timeout=90)
    assert process.returncode != 0
    assert "trainer/loop.py" not in error  # torchrun has a trace of its own
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=180)
    assert done.returncode == 0, done.stderr
    assert "resumed from" in done.stdout
    assert main(arguments("whole", *changes)) == 0
    assert len(losses(tmp_path / "whole")) == 80
    assert losses(tmp_path / "killed") == losses(tmp_path / "whole")


@pytest.mark.slow
def test_two_ranks_say_in_one_line_that_they_cannot_write(arguments, tmp_path):
    (tmp_path / "taken").write_text("a file")
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    done = subprocess.run(
        [*torchrun, "--nproc-per-node", "2", JOB, *arguments("taken/run")],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert done.returncode == 1
    ours = done.stderr.partition("torch/distributed")[0]  # torchrun has a trace of its own
    assert ours.count("error: ") == 1
    assert f"error: {tmp_path / 'taken' / 'run'}: Not a directory" in ours
    assert "Traceback" not in ours.partition("torch.distributed.elastic")[0]


@pytest.mark.slow
def test_sigterm_saves_a_checkpoint_and_is_told_from_failure(arguments, tmp_path):
    command = [sys.executable, JOB, *arguments("run", "schedule.num_steps=1000000")]
    process = subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    metrics = tmp_path / "run" / "metrics.jsonl"
    deadline = time.monotonic() + 120
    while not (metrics.exists() and metrics.read_text().count("\n") >= 3):
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 143
    step = int((tmp_path / "run/checkpoints/latest").read_text().removeprefix("step-"))
    assert error == (
        f"error: stopped by SIGTERM after step {step}; checkpoint saved, start again to go on\n"
    )
    state = json.loads((tmp_path / f"run/checkpoints/step-{step:08d}/state.json").read_text())
    assert state["step"] == step >= 3


@pytest.mark.parametrize(
    ("override", "code", "message"),
    [
        ("model.num_heads=5", 2, "even multiple of num_heads"),
        (
            "data.global_batch=5",
            2,
            "unknown key data.global_batch; did you mean global_batch_size? allowed",
        ),
        ("data.manifest=/nowhere", 2, "/nowhere: no shard manifest there; build the corpus first"),
        ("data.sequence_length=100000", 1, "fewer than one sequence"),
    ],
)
def test_a_mistake_is_one_line_and_an_exit_code(arguments, capsys, override, code, message):
    assert main(arguments("run", override)) == code
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


def test_the_plan_trains_nothing(arguments, tmp_path, capsys):
    assert main([*arguments("run"), "--plan"]) == 0
    printed = capsys.readouterr().out
    assert "compute-optimal" in printed and "expected time" in printed
    assert not (tmp_path / "run").exists()


def test_the_manifest_must_be_given(capsys):
    assert main([]) == 2
    assert "missing key data" in capsys.readouterr().err
