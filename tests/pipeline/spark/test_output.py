"""An output folder belongs to one corpus."""

import pytest

from pipeline.spark.output import check_output, claim_output, discard_output, point_latest
from schemas.build import BatchManifest
from schemas.errors import ConfigError


def test_a_new_or_empty_folder_may_be_claimed(tmp_path):
    check_output(str(tmp_path / "new"), "a", str(tmp_path / "in"))
    (tmp_path / "empty").mkdir()
    check_output(str(tmp_path / "empty"), "a", str(tmp_path / "in"))


def test_the_owner_may_come_back_and_no_one_else(tmp_path):
    output = str(tmp_path / "out")
    claim_output(output, "a")
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


def test_an_output_without_documents_is_discarded_and_no_other(tmp_path):
    output = tmp_path / "ours"
    claim_output(str(output), "a")
    batch = output / "documents" / "v1" / "batch=b"
    batch.mkdir(parents=True)
    manifest = BatchManifest(
        table="documents", version=1, batch="b", rows=0, files=[], facts={}, code_version="0"
    )
    (batch / "_manifest.json").write_text(manifest.model_dump_json())
    discard_output(str(output))
    assert (output / "corpus.json").exists()
    (batch / "_manifest.json").unlink()
    discard_output(str(output))
    assert not output.exists()


def test_latest_moves_from_build_to_build(tmp_path):
    for build in ("one", "two"):
        (tmp_path / "builds" / build).mkdir(parents=True)
        point_latest(str(tmp_path), build)
        assert (tmp_path / "builds" / "latest").resolve().name == build
    assert sorted(p.name for p in (tmp_path / "builds").iterdir()) == ["latest", "one", "two"]
