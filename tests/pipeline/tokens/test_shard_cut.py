"""A shard without some documents equals the shard written without them."""

import numpy as np
import pyarrow.fs
import pytest
import tokenizers
from tokenizers import models, pre_tokenizers

from pipeline.tokens.shard_cut import cut_shard
from pipeline.tokens.shard_writer import ShardWriter
from pipeline.tokens.tokenizer import Tokenizer, TokenizerParams, train
from schemas.documents import Source
from schemas.errors import ShardError
from schemas.shards import SIDE_FILES, Manifest

TEXTS = ["The mill grinds.", "磨坊慢慢地磨。", "", "Die Mühle 🌾 mahlt.", "ends"]
SOURCES = ["web", "wiki", "web", "book", "web"]
FILES = pyarrow.fs.LocalFileSystem()


@pytest.fixture(scope="module")
def tokenizer():
    return train(iter(TEXTS * 9), TokenizerParams(vocabulary_size=300))


def write(tokenizer, folder, rows, weights, dtype="uint16"):
    writer = ShardWriter("train", 0, dtype)
    for row in rows:
        ids, _ = tokenizer.encode_batch([TEXTS[row]])
        tokens = np.append(ids, tokenizer.end_of_text_id).astype(np.int32)
        writer.add(f"{row:032x}", SOURCES[row], tokens, len(TEXTS[row].encode()))
    return writer.write(FILES, str(folder), weights)


def manifest_of(tokenizer, shard, dtype="uint16"):
    return Manifest(
        dtype=dtype,
        tokenizer=tokenizer.facts(),
        sources=[source.value for source in Source],
        shards=[shard],
        config={},
        inputs_sha256="",
        ledger_sha256="",
        code_version="",
    )


@pytest.mark.parametrize("rows", [[0], [1, 3], [2], [4], [0, 1, 2, 3, 4]])
@pytest.mark.parametrize("dtype", ["uint16", "int32"])
def test_the_rest_is_as_if_they_had_never_been_there(tokenizer, tmp_path, rows, dtype):
    weights = {"web": 0.25, "book": 3.0}
    whole = write(tokenizer, tmp_path / "whole", range(5), weights, dtype)
    stays = [row for row in range(5) if row not in rows]
    expected = write(tokenizer, tmp_path / "expected", stays, weights, dtype)
    manifest = manifest_of(tokenizer, whole, dtype)
    cut = cut_shard(FILES, f"{tmp_path}/whole", f"{tmp_path}/cut", whole, rows, manifest, tokenizer)
    assert cut == expected
    for suffix in SIDE_FILES:
        name = f"train/shard-00000{suffix}"
        assert (tmp_path / "cut" / name).read_bytes() == (tmp_path / "expected" / name).read_bytes()


@pytest.mark.parametrize(("rows", "num_utf8_bytes"), [([0, 1, 2, 3, 4], 0), ([0, 1, 2, 3], 6)])
def test_bytes_of_text_are_no_less_than_none_where_the_tokenizer_adds_some(
    tmp_path, rows, num_utf8_bytes
):
    library = tokenizers.Tokenizer(models.WordLevel({"<not known>": 0, "ends": 1}, "<not known>"))
    library.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    library.add_special_tokens(["</s>"])
    lossy = Tokenizer(library.to_str(), "</s>")
    whole = write(lossy, tmp_path / "a", range(5), {})
    manifest = manifest_of(lossy, whole)
    cut = cut_shard(FILES, f"{tmp_path}/a", f"{tmp_path}/b", whole, rows, manifest, lossy)
    assert (whole.num_utf8_bytes, whole.num_tokens) == (63, 50)
    assert (cut.num_documents, cut.num_utf8_bytes) == (5 - len(rows), num_utf8_bytes)


def test_a_shard_that_loses_nothing_is_linked(tokenizer, tmp_path):
    shard = write(tokenizer, tmp_path / "a", range(5), {})
    manifest = manifest_of(tokenizer, shard)
    again = cut_shard(FILES, f"{tmp_path}/a", f"{tmp_path}/b", shard, [], manifest, tokenizer)
    assert again == shard
    for suffix in SIDE_FILES:
        name = f"train/shard-00000{suffix}"
        assert (tmp_path / "a" / name).samefile(tmp_path / "b" / name)


def test_a_damaged_shard_is_refused_by_name(tokenizer, tmp_path):
    shard = write(tokenizer, tmp_path / "a", range(5), {})
    path = tmp_path / "a/train/shard-00000.bin"
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(ShardError, match=r"shard-00000\.bin: not the file of the manifest"):
        cut_shard(
            FILES,
            f"{tmp_path}/a",
            f"{tmp_path}/b",
            shard,
            [0],
            manifest_of(tokenizer, shard),
            tokenizer,
        )
