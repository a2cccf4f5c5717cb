"""The command line of the rebuild: mistakes are told in one line, and nothing is written."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from jobs import rebuild_corpus
from pipeline.dedup.bands import collision_probability

JOB = Path(rebuild_corpus.__file__)


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        (["dedup.treshold=1"], 2, "unknown key dedup.treshold"),
        (["input=/no/such/folder"], 2, "no such file or folder"),
        (["decide.max_toxicity=7"], 2, "decide.max_toxicity = 7"),
    ],
)
def test_mistakes_are_told_in_one_line_before_spark_starts(
    dumps, tmp_path, capsys, changes, code, words
):
    overrides = [f"input={dumps}", f"output={tmp_path / 'out'}", *changes]
    argv = [part for override in overrides for part in ("--set", override)]
    assert rebuild_corpus.main(argv) == code
    said = capsys.readouterr().err
    assert words in said
    assert said.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_help_names_every_section_with_its_defaults(capsys):
    with pytest.raises(SystemExit):
        rebuild_corpus.main(["--help"])
    said = capsys.readouterr().out
    assert "--set input=/data/dumps --set output=/data/corpus\n" in said
    assert "\n  dedup.threshold = 0.8\n" in said and "\n  input (required)\n" in said
    for name in rebuild_corpus.CorpusConfig.model_fields.keys() - {"normalize", "measure"}:
        assert f"\n  {name}" in said  # the two have no keys


def test_help_states_the_recall_curve_of_the_bands(capsys):
    with pytest.raises(SystemExit):
        rebuild_corpus.main(["--help"])
    said = " ".join(capsys.readouterr().out.split())
    for similarity in (0.5, 0.6, 0.7, 0.75, 0.8, 0.85):
        assert f"{collision_probability(similarity, 20, 6):.3f} at {similarity}" in said


@pytest.mark.spark
def test_an_output_of_another_corpus_is_refused(corpus, dumps, capsys):
    _, output = corpus
    argv = ["--set", f"input={dumps}", "--set", f"output={output}", "--set", "name=other"]
    assert rebuild_corpus.main(argv) == 2
    assert "belongs to the corpus 'test'" in capsys.readouterr().err


def test_an_input_without_any_dump_says_what_is_there(tmp_path, capsys):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "notes.md").write_text("# notes")
    argv = ["--set", f"input={tmp_path / 'in'}", "--set", f"output={tmp_path / 'out'}"]
    assert rebuild_corpus.main(argv) == 2
    assert "no dump that we can read; notes.md" in capsys.readouterr().err


@pytest.mark.spark
@pytest.mark.slow
def test_it_runs_under_spark_submit_from_another_folder(dumps, tmp_path):
    """A file that is not what its name says, alone: refused in one line, nothing left behind."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "crawl.warc.gz").write_text("this is no archive")
    config = tmp_path / "corpus.toml"
    config.write_text(f'input = "{tmp_path}/in"\noutput = "{tmp_path}/out"\n')
    programs = str(Path(sys.executable).parent)
    environment = os.environ | {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}
    for name in ("PYSPARK_GATEWAY_PORT", "PYSPARK_GATEWAY_SECRET", "PYTHONPATH"):
        environment.pop(name, None)
    done = subprocess.run(
        ["spark-submit", "--master", "local[1]", str(JOB), "--config", str(config)],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 1
    # spark-submit sends what the job writes to standard error to its own standard output.
    errors = [line for line in done.stdout.splitlines() if line.startswith("error:")]
    assert len(errors) == 1, done.stderr[-2000:]
    assert "crawl.warc.gz: not warc" in errors[0]
    assert "raise max_unreadable" in errors[0]
    assert not (tmp_path / "out").exists()
