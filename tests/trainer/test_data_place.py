import json
import shutil

import pytest

from schemas.errors import ConfigError, ShardError
from schemas.shards import read_manifest
from tests.pipeline.sources.object_store import ACCESS
from tests.trainer.faulty_store import open_faulty_store
from trainer.config import CacheParams
from trainer.data_place import open_place


@pytest.fixture(scope="module")
def store(manifest, tmp_path_factory):
    with open_faulty_store() as faulty:
        faulty.upload(manifest.parent, "corpus/shards/abc")
        build = tmp_path_factory.mktemp("build")
        (build / "manifest.json").write_text('{"shards": "shards/abc/manifest.json"}')
        faulty.upload(build, "corpus/builds/latest")
        yield faulty


@pytest.fixture
def params(tmp_path):
    return CacheParams(folder=str(tmp_path / "cache"), attempts=3)


def test_a_local_manifest_needs_no_cache(manifest, params):
    folder, found, cache = open_place(manifest.parent, params)
    assert (folder, cache) == (manifest.parent, None)
    assert found == read_manifest(manifest)


@pytest.mark.parametrize("path", ["corpus", "corpus/shards/abc", "corpus/shards/abc/manifest.json"])
def test_a_remote_manifest_is_found_as_a_local_one_is(store, manifest, params, path):
    store.faults["manifest.json"] = ["500"]
    folder, found, cache = open_place(store.uri(path), params)
    assert found == read_manifest(manifest)
    assert folder.is_relative_to(params.folder) and cache is not None
    tokenizer = (folder / "tokenizer.json").read_bytes()
    assert tokenizer == (manifest.parent / "tokenizer.json").read_bytes()


def test_the_cache_is_in_the_users_folder_unless_told(store, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    folder, found, _ = open_place(store.uri("corpus"), CacheParams())
    assert folder == tmp_path / "corpusmill" / "shards" / found.identity()[:16]


def test_where_nothing_is_that_is_said_without_credentials(store, params):
    with pytest.raises(ConfigError, match="no shard manifest there") as caught:
        open_place(store.uri("elsewhere"), params)
    assert ACCESS not in str(caught.value)
    with pytest.raises(ConfigError, match=r"data\.manifest = nonsense://host/path: "):
        open_place("nonsense://host/path", params)


def test_shards_that_are_not_those_of_the_build_are_refused(store, manifest, params, tmp_path):
    corpus = tmp_path / "changed"
    shutil.copytree(manifest.parent, corpus / "shards/abc")
    (corpus / "builds/latest").mkdir(parents=True)
    stated = {
        "shards": "shards/abc/manifest.json",
        "shards_sha256": read_manifest(manifest).identity(),
    }
    (corpus / "builds/latest/manifest.json").write_text(json.dumps(stated))
    assert open_place(corpus, params)[1] == read_manifest(manifest)
    path = corpus / "shards/abc/manifest.json"
    path.write_text(path.read_text().replace('"end_of_text_id": 0', '"end_of_text_id": 1'))
    with pytest.raises(ShardError, match=r"abc/manifest\.json: sha256 .*, the build says"):
        open_place(corpus, params)
    store.upload(corpus, "changed")
    with pytest.raises(ShardError, match=r"manifest\.json: given up after 3 attempts: sha256"):
        open_place(store.uri("changed"), params)


def test_a_tokenizer_that_differs_is_refused(store, manifest, params, tmp_path):
    shutil.copytree(manifest.parent, tmp_path / "other")
    (tmp_path / "other" / "tokenizer.json").write_text("{}")
    store.upload(tmp_path / "other", "other")
    with pytest.raises(ShardError, match=r"tokenizer\.json: given up after 3 attempts: sha256"):
        open_place(store.uri("other"), params)
