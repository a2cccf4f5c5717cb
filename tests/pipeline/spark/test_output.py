"""An output folder belongs to one corpus."""

import os

import pytest

from pipeline.spark.output import check_output, claim_output, point_latest
from schemas.build import BatchManifest
from schemas.errors import ConfigError, DataError


def test_a_new_or_empty_folder_may_be_claimed(tmp_path):
    check_output(str(tmp_path / "new"), "a", str(tmp_path / "in"))
    (tmp_path / "empty").mkdir()
    check_output(str(tmp_path / "empty"), "a", str(tmp_path / "in"))


def test_the_owner_may_come_back_and_no_one_else(tmp_path):
    output = str(tmp_path / "out")
    with claim_output(output, "a"):
        pass
    check_output(output, "a", str(tmp_path / "in"))
    with pytest.raises(ConfigError, match="belongs to the corpus 'a', not to 'b'"):
        check_output(output, "b", str(tmp_path / "in"))


def test_a_folder_with_other_files_is_refused_and_left_as_it_was(tmp_path):
    (tmp_path / "thesis.tex").write_text("x")
    with pytest.raises(ConfigError, match="not empty and is no corpus"):
        check_output(str(tmp_path), "a", "/elsewhere")
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_an_output_inside_the_input_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="lies inside the input"):
        check_output(str(tmp_path / "in" / "out"), "a", str(tmp_path / "in"))


def test_a_file_is_no_output(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(ConfigError, match="is a file"):
        check_output(str(tmp_path / "file"), "a", "/elsewhere")


def commit_documents(output):
    batch = output / "documents" / "v1" / "batch=b"
    batch.mkdir(parents=True)
    manifest = BatchManifest(
        table="documents", version=1, batch="b", rows=0, files=[], facts={}, code_version="0"
    )
    (batch / "_manifest.json").write_text(manifest.model_dump_json())


def fail_with(output, *, committed):
    with pytest.raises(ZeroDivisionError), claim_output(str(output), "a"):
        if committed:
            commit_documents(output)
        raise ZeroDivisionError


def test_an_output_made_in_vain_is_removed(tmp_path):
    fail_with(tmp_path / "new", committed=False)
    assert not (tmp_path / "new").exists()


def test_an_output_with_documents_stays_after_a_failure(tmp_path):
    fail_with(tmp_path / "new", committed=True)
    assert (tmp_path / "new" / "corpus.json").exists()


def test_a_failure_never_removes_what_an_earlier_build_made(tmp_path):
    output = tmp_path / "ours"
    with claim_output(str(output), "a"):
        (output / "builds" / "x").mkdir(parents=True)
    fail_with(output, committed=False)
    assert (output / "builds" / "x").is_dir()


def test_two_builds_of_a_corpus_do_not_run_at_once(tmp_path):
    output = str(tmp_path / "out")
    with (
        claim_output(output, "a"),
        pytest.raises(DataError, match=f"another build is running \\(process {os.getpid()} on "),
        claim_output(output, "a"),
    ):
        pass
    assert (tmp_path / "out" / "corpus.json").exists()
    with claim_output(output, "a"):
        pass


@pytest.mark.parametrize("name", ["a*", "b?", "[1]", "{x,y}", "back\\slash"])
def test_wildcards_of_spark_are_no_names(tmp_path, name):
    with pytest.raises(ConfigError, match="for wildcards"):
        check_output(str(tmp_path / name), "a", "/elsewhere")


def test_a_folder_that_cannot_be_written_is_refused_at_once():
    with pytest.raises(ConfigError, match="cannot write to /proc"):
        check_output("/proc/corpus", "a", "/elsewhere")


def test_latest_moves_from_build_to_build(tmp_path):
    for build in ("one", "two"):
        (tmp_path / "builds" / build).mkdir(parents=True)
        point_latest(str(tmp_path), build)
        assert (tmp_path / "builds" / "latest").resolve().name == build
        (tmp_path / "builds" / f".latest.{os.getpid()}").symlink_to("left-by-a-crash")
    (tmp_path / "builds" / f".latest.{os.getpid()}").unlink()
    assert sorted(p.name for p in (tmp_path / "builds").iterdir()) == ["latest", "one", "two"]
