"""The command that traces."""

import pytest

from jobs.trace_tokens import main


def test_no_build_is_one_line(tmp_path, capsys):
    assert main(["--corpus", str(tmp_path), "train:0"]) == 2
    assert capsys.readouterr().err == f"error: {tmp_path}: no build of a corpus there\n"


@pytest.mark.spark
@pytest.mark.slow
def test_what_is_not_there_is_exit_code_1(corpus, capsys):
    _, output = corpus
    assert main(["--corpus", str(output), "train:0"]) == 0
    assert "fate     kept" in capsys.readouterr().out
    assert main(["--corpus", str(output), "train:0", "https://no.example/"]) == 1
    assert "https://no.example/  not found" in capsys.readouterr().out
    assert main(["--corpus", str(output), "train:99999999"]) == 2
