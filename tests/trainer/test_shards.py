import json
import os

import numpy as np
import pytest

from schemas.errors import ShardError
from schemas.shards import SIDE_FILES
from tests.trainer.handmade import SENTENCES, Document, encode, train_tokenizer, write_shards
from trainer.shards import TokenStream


def everything(folder, split="train"):
    """The stream, read the plain way."""
    names = [s["name"] for s in json.loads((folder / "manifest.json").read_text())["shards"]]
    parts = [np.fromfile(folder / f"{n}.bin", "<u2") for n in names if n.startswith(split)]
    return np.concatenate(parts).astype(np.int64)


@pytest.fixture
def fresh(tmp_path, tokenizer):
    documents = encode(tokenizer, SENTENCES)
    return write_shards(tmp_path, tokenizer, [("train", documents), ("train", documents[:2])])


def flip(path, position=-1):
    content = bytearray(path.read_bytes())
    content[position] ^= 1
    path.write_bytes(content)


def test_any_stretch_of_the_stream_is_what_the_files_hold(manifest):
    stream, oracle = TokenStream(manifest, "train"), everything(manifest.parent)
    assert stream.num_tokens == len(oracle)
    for length in (1, 7, 60):
        starts = np.arange(len(oracle) - length + 1)  # also those that reach into the next shard
        rows = stream.gather(starts, length)
        assert rows.dtype == np.int64
        assert np.array_equal(rows, oracle[starts[:, None] + np.arange(length)])


def test_a_stretch_may_span_many_shards(tmp_path, tokenizer):
    one = [Document([5], 1)]
    manifest = write_shards(tmp_path, tokenizer, [("train", one)] * 6)
    assert TokenStream(manifest, "train").gather(np.array([1]), 9).tolist() == [
        [0, 5, 0, 5, 0, 5, 0, 5, 0]
    ]


def test_int32_shards_are_read_too(tmp_path, tokenizer):
    documents = encode(tokenizer, SENTENCES)
    wide = write_shards(tmp_path / "w", tokenizer, [("train", documents)], dtype="int32")
    narrow = write_shards(tmp_path / "n", tokenizer, [("train", documents)])
    starts = np.array([0, 3])
    assert np.array_equal(
        TokenStream(wide, "train").gather(starts, 20),
        TokenStream(narrow, "train").gather(starts, 20),
    )


def test_weights_are_those_of_each_tokens_document(tmp_path, tokenizer):
    a, b, c = (
        Document([5, 6], 2, weight=0.5),
        Document([7], 1, weight=0.0),
        Document([8], 1, weight=3.0),
    )
    stream = TokenStream(
        write_shards(tmp_path, tokenizer, [("train", [a, b]), ("train", [c])]), "train"
    )
    assert stream.facts(np.array([0, 2]), 5)[0].tolist() == [
        [0.5, 0.5, 0.5, 0.0, 0.0],
        [0.5, 0.0, 0.0, 3.0, 3.0],
    ]


def test_a_stretch_is_located_by_shard_and_documents(tmp_path, tokenizer):
    one = Document([5, 6], 2)
    stream = TokenStream(
        write_shards(tmp_path, tokenizer, [("train", [one] * 3), ("train", [one])]), "train"
    )
    assert [str(place) for place in stream.locate(0, 3)] == ["train/shard-00000 documents 0-0"]
    assert [str(place) for place in stream.locate(4, 6)] == [
        "train/shard-00000 documents 1-2",
        "train/shard-00001 documents 0-0",
    ]


@pytest.mark.parametrize("suffix", SIDE_FILES)
def test_a_flipped_byte_is_refused_with_the_files_name(fresh, suffix):
    flip(fresh.parent / f"train/shard-00001{suffix}")
    with pytest.raises(ShardError, match=rf"train/shard-00001{suffix}: sha256"):
        TokenStream(fresh, "train", verify="open")


def test_a_flipped_byte_is_found_when_its_shard_is_first_read(fresh):
    flip(fresh.parent / "train/shard-00001.bin")
    stream = TokenStream(fresh, "train", verify="first_use")
    stream.gather(np.array([0]), 5)
    with pytest.raises(ShardError, match=r"train/shard-00001\.bin: sha256"):
        stream.gather(np.array([stream.num_tokens - 5]), 5)


def test_verification_can_be_switched_off(fresh):
    flip(fresh.parent / "train/shard-00000.bin", position=1 - 1)
    TokenStream(fresh, "train", verify="never").gather(np.array([0]), 5)


def test_a_missing_file_is_named(fresh):
    (fresh.parent / "train/shard-00000.bin").unlink()
    with pytest.raises(ShardError, match=r"train/shard-00000\.bin: no such file"):
        TokenStream(fresh, "train")


def test_a_shortened_file_is_named_even_without_verification(fresh):
    path = fresh.parent / "train/shard-00001.bin"
    path.write_bytes(path.read_bytes()[:-2])
    with pytest.raises(ShardError, match=r"train/shard-00001\.bin: \d+ bytes, the manifest says"):
        TokenStream(fresh, "train", verify="never")


def test_a_file_that_is_cut_short_while_it_is_read_is_named(fresh):
    stream = TokenStream(fresh, "train", verify="never")
    stream.gather(np.array([0]), 5)
    path = fresh.parent / "train/shard-00000.bin"
    os.truncate(path, 6)
    with pytest.raises(ShardError, match=r"train/shard-00000\.bin: cannot be read to its end"):
        stream.gather(np.array([0]), 5)


def test_another_tokenizer_is_refused(fresh):
    (fresh.parent / "tokenizer.json").write_text(train_tokenizer(SENTENCES, 280).to_str())
    with pytest.raises(ShardError, match=r"tokenizer\.json: sha256"):
        TokenStream(fresh, "train")


def test_a_token_outside_the_vocabulary_is_refused_by_shard(tmp_path, tokenizer):
    documents = [Document([5, 6], 2), Document([9999], 1)]
    manifest = write_shards(tmp_path, tokenizer, [("train", documents)])
    with pytest.raises(ShardError, match=r"train/shard-00000 documents 0-1: token id outside"):
        TokenStream(manifest, "train").gather(np.array([0]), 5)


def test_a_side_file_of_another_shape_is_refused_even_without_verification(fresh):
    np.save(fresh.parent / "train/shard-00000.weights.npy", np.ones(2, np.float32))
    stream = TokenStream(fresh, "train", verify="never")
    with pytest.raises(ShardError, match=r"train/shard-00000\.weights\.npy: shape \(2,\)"):
        stream.facts(np.array([0]), 3)


def test_the_folder_stands_for_its_manifest(manifest):
    assert TokenStream(manifest.parent, "train").num_tokens > 0


def test_a_split_without_shards_is_an_empty_stream(fresh):
    assert TokenStream(fresh, "validation").num_tokens == 0


def test_stretches_outside_the_stream_are_refused(manifest):
    stream = TokenStream(manifest, "train")
    for start in (-1, stream.num_tokens - 3):
        with pytest.raises(IndexError):
            stream.gather(np.array([start]), 4)
