"""The report can be written again without Spark."""

import pytest

from jobs import show_corpus


@pytest.mark.spark
@pytest.mark.slow
def test_the_report_is_written_again_as_it_was(corpus, capsys):
    _, output = corpus
    page = output / "builds" / "latest" / "report" / "index.html"
    before = page.read_bytes()
    page.unlink()
    assert show_corpus.main([str(output)]) == 0
    assert page.read_bytes() == before
    said = capsys.readouterr().out
    assert "adds up" in said
    assert said.splitlines()[-1].endswith("report/index.html")


def test_a_folder_without_a_build_is_one_line(tmp_path, capsys):
    assert show_corpus.main([str(tmp_path)]) == 1
    assert "no such build" in capsys.readouterr().err
