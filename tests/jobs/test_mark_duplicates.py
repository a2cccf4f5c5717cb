"""The command that marks what one corpus holds of another."""

from jobs.mark_duplicates import main


def test_a_wrong_folder_is_told_in_one_line_before_spark_starts(tmp_path, capsys):
    folders = [f"{key}={tmp_path}" for key in ("corpus", "against")]
    assert main([argument for pair in folders for argument in ("--set", pair)]) == 2
    assert capsys.readouterr().err == f"error: {tmp_path}: no build of a corpus there\n"


def test_both_corpora_are_asked_for(capsys):
    assert main(["--set", "corpus=x"]) == 2
    assert "against" in capsys.readouterr().err
