"""The fates of planted documents from the command line; the logic: tests/pipeline/demo."""

import pytest

from jobs import show_fates


def test_a_folder_without_a_build_is_one_line(tmp_path, capsys):
    assert show_fates.main(["--corpus", str(tmp_path)]) == 1
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.spark
@pytest.mark.slow
def test_a_corpus_without_the_planted_documents_fails(corpus, capsys):
    _, output = corpus
    assert show_fates.main(["--corpus", str(output)]) == 1
    assert "0 of" in capsys.readouterr().out
