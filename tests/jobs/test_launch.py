"""Exit codes and one-line errors of every job."""

import io
import subprocess
import sys
from pathlib import Path

import pytest

from jobs.launch import explain, run_job
from schemas.config import Section
from schemas.errors import ConfigError, DataError

ROOT = Path(__file__).resolve().parents[2]


class Settings(Section):
    size: int = 1


def test_a_job_that_ends_well_returns_0_and_sees_its_configuration():
    seen = []
    assert run_job(seen.append, Settings, ["--set", "size=3"], "test") == 0
    assert seen == [Settings(size=3)]


@pytest.mark.parametrize(("error", "code"), [(ConfigError("fix me"), 2), (DataError("broken"), 1)])
def test_our_errors_are_one_line(capsys, error, code):
    def fail():
        raise error

    assert explain(fail) == code
    assert capsys.readouterr().err == f"error: {error}\n"


def test_a_wrong_key_never_starts_the_job(capsys):
    def never(config):
        raise AssertionError("started")

    assert run_job(never, Settings, ["--set", "sise=3"], "test") == 2
    assert capsys.readouterr().err.startswith("error: --set sise=3: unknown key sise")


def test_wrong_usage_exits_with_2():
    with pytest.raises(SystemExit) as caught:
        run_job(lambda config: None, Settings, ["--nonsense"], "test")
    assert caught.value.code == 2


def test_a_defect_of_ours_shows_its_trace(capsys):
    def fail():
        raise KeyError("defect")

    assert explain(fail) == 1
    assert "Traceback" in capsys.readouterr().err


def test_what_the_storage_refuses_is_one_line(capsys, tmp_path):
    (tmp_path / "file").write_text("")
    assert explain(lambda: (tmp_path / "file").mkdir()) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"error: {tmp_path / 'file'}: File exists; ") and said.count("\n") == 1


def test_a_defect_of_ours_keeps_its_trace(capsys):
    assert explain(lambda: 1 // 0) == 1
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_a_terminal_that_lacks_a_letter_shows_its_number(monkeypatch):
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii", errors="strict"))
    assert explain(lambda: print("小猫")) == 0
    sys.stdout.flush()
    assert raw.getvalue() == b"\\u5c0f\\u732b\n"


def test_a_flag_calls_something_else_instead():
    seen = []
    instead = {"plan": ("only plan", lambda config: seen.append(("plan", config.size)))}
    for flags in (["--set", "size=3", "--plan"], ["--set", "size=4"]):
        run = lambda config: seen.append(("run", config.size))  # noqa: E731
        assert run_job(run, Settings, flags, "test", instead) == 0
    assert seen == [("plan", 3), ("run", 4)]


def test_help_keeps_lines_and_lists_the_keys(capsys):
    with pytest.raises(SystemExit) as caught:
        run_job(lambda config: None, Settings, ["--help"], "What it does.\n\n  an example\n")
    assert caught.value.code == 0
    said = capsys.readouterr().out
    assert "What it does.\n\n  an example\n" in said
    assert "may be repeated" in " ".join(said.split())
    assert said.endswith("keys and their defaults:\n  size = 1\n")


@pytest.mark.parametrize("job", ["train_model", "rebuild_corpus", "trace_tokens"])
def test_without_the_packages_it_is_said_how_to_get_them(job):
    bare = [sys.executable, "-S", f"jobs/{job}.py", "--help"]  # without those of the environment
    done = subprocess.run(bare, cwd=ROOT, env={}, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "lacks the packages of this project; call `make setup`, then" in done.stderr
    assert done.stderr.count("\n") == 1
