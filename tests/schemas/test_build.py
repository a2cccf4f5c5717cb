"""Finding the shards that a corpus folder stands for."""

import json

import pytest

from schemas.build import find_shard_manifest, read_build
from schemas.errors import ConfigError, DataError


def test_a_corpus_folder_leads_to_the_shards_of_its_build(tmp_path):
    latest = tmp_path / "builds" / "latest"
    latest.mkdir(parents=True)
    stated = {"shards": "shards/v1/batch=b/manifest.json", "shards_sha256": "ab"}
    (latest / "manifest.json").write_text(json.dumps(stated))
    assert find_shard_manifest(tmp_path) == (tmp_path / "shards/v1/batch=b/manifest.json", "ab")


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"shards": '])
def test_a_damaged_build_manifest_is_one_line(tmp_path, content):
    latest = tmp_path / "builds" / "latest"
    latest.mkdir(parents=True)
    (latest / "manifest.json").write_text(content)
    with pytest.raises(DataError, match=r"manifest\.json: not a build manifest"):
        find_shard_manifest(tmp_path)


def test_a_file_and_its_folder_stand_for_themselves(tmp_path):
    path = tmp_path / "manifest.json"
    path.write_text("{}")
    assert find_shard_manifest(path) == (path, None)
    assert find_shard_manifest(tmp_path) == (path, None)


def test_a_folder_without_shards_says_what_to_do(tmp_path):
    with pytest.raises(ConfigError, match="build the corpus first"):
        find_shard_manifest(tmp_path)


def test_what_is_no_build_is_refused(tmp_path):
    with pytest.raises(DataError, match="no such build"):
        read_build(tmp_path / "manifest.json")
    (tmp_path / "manifest.json").write_text("{}")
    with pytest.raises(DataError, match="not a build manifest"):
        read_build(tmp_path / "manifest.json")
