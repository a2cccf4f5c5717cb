"""The demo's input from the command line."""

from jobs import make_demo_dumps


def test_the_dumps_are_written_and_listed(tmp_path, capsys):
    assert make_demo_dumps.main(["--out", str(tmp_path), "--set", "max_articles=40"]) == 0
    listed = capsys.readouterr().out
    names = {path.suffix for path in tmp_path.rglob("*") if path.is_file()}
    assert {".gz", ".txt", ".xml", ".jsonl", ".zst", ".bz2"} <= names
    assert "warc" in listed


def test_a_wrong_key_is_one_line(tmp_path, capsys):
    assert make_demo_dumps.main(["--out", str(tmp_path / "x"), "--set", "nope=1"]) == 2
    assert "unknown key nope" in capsys.readouterr().err
    assert not (tmp_path / "x").exists()
