"""A manifest's identity, and refusal of what is no manifest."""

import json

import pytest

from schemas.errors import ShardError
from schemas.shards import Manifest, Shard, TokenizerFacts, read_manifest


def manifest(**changes):
    shard = Shard(
        name="train/shard-00000",
        split="train",
        num_tokens=7,
        num_documents=2,
        num_utf8_bytes=20,
        tokens_per_source={"web": 7},
        sha256={".bin": "00"},
    )
    fields = {
        "dtype": "uint16",
        "tokenizer": TokenizerFacts(
            sha256="11", vocabulary_size=300, end_of_text_id=0, end_of_text="<|endoftext|>"
        ),
        "sources": ["web"],
        "shards": [shard],
        "config": {"b": 1, "a": "中"},
        "inputs_sha256": "22",
        "ledger_sha256": "33",
        "code_version": "0",
    }
    return Manifest(**(fields | changes))


def test_a_manifest_survives_its_file(tmp_path):
    path = tmp_path / "manifest.json"
    path.write_text(manifest().to_json(), encoding="utf-8")
    assert read_manifest(path) == manifest()
    assert read_manifest(path).identity() == manifest().identity()


def test_identity_changes_with_any_field_and_not_with_key_order():
    assert manifest(config={"a": "中", "b": 1}).identity() == manifest().identity()
    assert manifest(ledger_sha256="34").identity() != manifest().identity()


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["../../train/shard-00000"], "name.*should match pattern"),
        (["/etc/shard-00000"], "name.*should match pattern"),
        (["train/shard-00000", "train/shard-00000"], "a shard is named twice"),
    ],
)
def test_shards_elsewhere_or_twice_are_refused(tmp_path, names, message):
    tree = json.loads(manifest().to_json())
    tree["shards"] = [tree["shards"][0] | {"name": name} for name in names]
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps(tree), encoding="utf-8")
    with pytest.raises(ShardError, match=message):
        read_manifest(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[data]", r"not a shard manifest, nor JSON \(Expecting.*; name a corpus folder"),
        ("[]", "not a shard manifest; name a corpus folder, or the manifest.json"),
        ('{"name": "x"}', "not a shard manifest; name a corpus folder"),
        ('{"format_version": 99}', "format version 99, this code reads 1"),
        ('{"format_version": 1}', "dtype"),
    ],
)
def test_what_is_no_manifest_is_refused_by_name(tmp_path, text, message):
    path = tmp_path / "manifest.json"
    path.write_text(text)
    with pytest.raises(ShardError, match=message) as caught:
        read_manifest(path)
    assert str(path) in str(caught.value)


def test_a_missing_manifest_says_what_to_do(tmp_path):
    with pytest.raises(ShardError, match="build the corpus first"):
        read_manifest(tmp_path / "manifest.json")


def test_tokens_are_counted_by_split():
    assert manifest().num_tokens("train") == 7
    assert manifest().num_tokens("validation") == 0
    assert json.loads(manifest().to_json())["format_version"] == 1
