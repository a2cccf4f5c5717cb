import pytest

from jobs.make_demo_dumps import main

FEW = ["--set", "max_articles=20"]


def test_the_dumps_are_written_and_listed(tmp_path, capsys):
    assert main(["--out", str(tmp_path / "in"), *FEW]) == 0
    listed = capsys.readouterr().out.split()
    written = {
        path.relative_to(tmp_path / "in").as_posix()
        for path in (tmp_path / "in").rglob("*")
        if path.is_file()
    }
    assert set(listed) == written and "web/cut-off.warc.gz" in written


@pytest.mark.parametrize("override", ["max_articles=1", "size=3", "nonsense"])
def test_a_wrong_override_is_one_line_and_exit_code_2(tmp_path, capsys, override):
    assert main(["--out", str(tmp_path / "in"), "--set", override]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not (tmp_path / "in").exists()


def test_a_folder_with_other_files_is_left_alone(tmp_path, capsys):
    (tmp_path / "thesis.txt").write_text("mine")
    assert main(["--out", str(tmp_path), *FEW]) == 2
    assert "thesis.txt" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]
