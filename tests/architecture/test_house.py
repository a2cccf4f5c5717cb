"""The house stays as it is described: thin jobs, mirrored tests, a true README."""

import os
import re
import shlex
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("schemas", "pipeline", "trainer", "jobs")
SOURCES = sorted(
    path.relative_to(ROOT)
    for package in PACKAGES
    for path in (ROOT / package).rglob("*.py")
    if path.name != "__init__.py"
)


@pytest.mark.parametrize("path", SOURCES, ids=str)
def test_every_source_file_has_its_test_file(path):
    mirror = ROOT / "tests" / path.parent / f"test_{path.name}"
    assert mirror.exists(), f"no {mirror.relative_to(ROOT)}"


@pytest.mark.parametrize("path", [p for p in SOURCES if p.parts[0] == "jobs"], ids=str)
def test_jobs_are_thin(path):
    if path.name == "launch.py":
        return
    assert len((ROOT / path).read_text().splitlines()) <= 40


@pytest.mark.parametrize("path", SOURCES, ids=str)
def test_no_file_is_a_drawer_for_odds_and_ends(path):
    assert not {"utils", "helpers", "common", "misc"} & {
        part.removesuffix(".py") for part in path.parts
    }


@pytest.mark.parametrize("path", SOURCES, ids=str)
def test_every_file_says_what_it_is(path):
    assert (ROOT / path).read_text().startswith('"""')


def test_every_make_target_of_the_readme_exists():
    named = set(re.findall(r"\bmake ([a-z][a-z-]*)", (ROOT / "README.md").read_text()))
    targets = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.M))
    assert named
    assert named <= targets


@pytest.mark.parametrize(
    ("arguments", "output"),
    [
        (["IN=/in"], '--set "output=out/corpus"'),
        (["CONFIG=a.toml"], None),
        (["CONFIG=a.toml", "OUT=/out"], '--set "output=/out"'),
    ],
)
def test_our_own_default_does_not_overrule_the_output_of_a_configuration(arguments, output):
    command = _dry_run("corpus", *arguments)
    assert (output in command) if output else ("output" not in command)


@pytest.mark.parametrize(
    ("arguments", "settings"),
    [
        ([], ["data.manifest=out/corpus", "output=out/run"]),
        (["TRAIN_CONFIG=a.toml"], []),
        (["TRAIN_CONFIG=a.toml", "OUT=/c"], ["data.manifest=/c"]),
        (["TRAIN_CONFIG=a.toml", "OUT=/c", "RUN=/r"], ["data.manifest=/c", "output=/r"]),
        (["RUN=/r"], ["data.manifest=out/corpus", "output=/r"]),
    ],
)
def test_our_own_defaults_do_not_overrule_a_training_configuration(arguments, settings):
    words = shlex.split(_dry_run("train", *arguments))
    assert [word for before, word in pairwise(words) if before == "--set"] == settings


def test_a_prompt_reaches_the_job_as_it_was_given():
    prompt = """He said "hello world" and $HOME, isn't it `ls`"""
    words = shlex.split(_dry_run("sample", f"PROMPT={prompt}"))
    assert words[words.index("--prompt") + 1 :] == [prompt]
    assert "--prompt" not in _dry_run("sample")


def _dry_run(target, *arguments):
    """The command of a job that ``make target`` would call."""
    names = ("IN", "OUT", "RUN", "CONFIG", "TRAIN_CONFIG", "PROMPT", "RANKS", "SET", "MAKEFLAGS")
    done = subprocess.run(
        ["make", "--dry-run", target, *arguments],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if name not in names},
        capture_output=True,
        text=True,
        check=True,
    )
    (command,) = (line for line in done.stdout.splitlines() if " jobs/" in line)
    return command


def test_every_path_of_the_readme_exists():
    text = (ROOT / "README.md").read_text()
    for path in re.findall(r"`((?:pipeline|trainer|jobs|schemas|tests)/[\w./-]*)`", text):
        assert (ROOT / path).exists(), path
