"""The command that takes down."""

from jobs.take_down import main


def test_mistakes_are_told_before_spark_starts(tmp_path, capsys):
    corpus = ["--set", f"corpus={tmp_path}"]
    assert main([*corpus, "--set", f"list={tmp_path / 'none.txt'}"]) == 2
    assert "none.txt: no such file" in capsys.readouterr().err
    (tmp_path / "list.txt").write_text("x\n")
    assert main([*corpus, "--set", f"list={tmp_path / 'list.txt'}"]) == 2
    assert capsys.readouterr().err == f"error: {tmp_path}: no build of a corpus there\n"
    assert main(corpus) == 2
    assert "list" in capsys.readouterr().err
