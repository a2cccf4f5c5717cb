"""Shards on Spark: the same bytes for any partitioning, every document exactly once."""

import hashlib

import numpy as np
import pytest

from pipeline.measures.pii import PiiParams
from pipeline.spark import shards as shard_stage
from pipeline.tokens.shard_plan import ShardParams, place
from pipeline.tokens.tokenizer import TokenizerParams, load
from schemas.errors import DataError

pytestmark = pytest.mark.spark

DOCUMENTS = [
    (
        hashlib.md5(str(i).encode()).hexdigest(),
        "web" if i % 3 else "wiki",
        f"Document {i}. " + "磨坊 grinds grain. " * (i % 7),
    )
    for i in range(300)
]
PII = PiiParams()
PARAMS = ShardParams(tokens_per_shard=1500, validation_fraction=0.2)
TOKENIZER = TokenizerParams(vocabulary_size=320)


def build(spark, folder, partitions, documents=DOCUMENTS):
    texts = spark.createDataFrame(documents, "doc_id string, source string, text string")
    texts = texts.repartition(partitions)
    tokenizer = shard_stage.make_tokenizer(texts, TOKENIZER, PII)
    tokens = shard_stage.encode_documents(texts, tokenizer, PARAMS, PII, f"{folder}/scratch")
    return tokenizer, shard_stage.write_shards(tokens, tokenizer, PARAMS, f"{folder}/shards")


@pytest.fixture(scope="module")
def built(spark, tmp_path_factory):
    folder = tmp_path_factory.mktemp("one")
    return (*build(spark, folder, 1), folder / "shards")


def test_any_partitioning_gives_the_same_shards(spark, built, tmp_path):
    tokenizer, shards, _ = built
    other_tokenizer, other_shards = build(spark, tmp_path, 7, DOCUMENTS[::-1])
    assert other_tokenizer.definition == tokenizer.definition
    assert other_shards == shards
    assert len(shards) > 3


def test_every_document_is_in_its_place_exactly_once(built):
    tokenizer, shards, folder = built
    found = {}
    for split in ("train", "validation"):
        order = []
        for shard in shards:
            if shard.split != split:
                continue
            flat = np.fromfile(folder / f"{shard.name}.bin", "<u2")
            offsets = np.load(folder / f"{shard.name}.offsets.npy")
            ids = np.load(folder / f"{shard.name}.doc_ids.npy")
            for row, doc_id in enumerate(ids):
                key = doc_id.tobytes().hex()
                found[key] = tokenizer.decode(flat[int(offsets[row]) : int(offsets[row + 1]) - 1])
                order.append((split, place(key, PARAMS)[1]))
                assert place(key, PARAMS)[0] == split
        assert order == sorted(order)
    assert found == {doc_id: text for doc_id, _, text in DOCUMENTS}


def test_a_tokenizer_may_be_brought_along(spark, built, tmp_path):
    tokenizer, _, _ = built
    path = tmp_path / "tokenizer.json"
    path.write_text(tokenizer.definition, encoding="utf-8")
    texts = spark.createDataFrame(DOCUMENTS[:2], "doc_id string, source string, text string")
    brought = shard_stage.make_tokenizer(texts, TokenizerParams(path=str(path)), PII)
    assert brought.definition == load(path).definition


def test_a_small_sample_is_chosen_by_document_id(spark):
    texts = spark.createDataFrame(DOCUMENTS, "doc_id string, source string, text string")
    params = TokenizerParams(vocabulary_size=300, sample_bytes=2000)
    first = shard_stage.make_tokenizer(texts.repartition(1), params, PII)
    assert (
        shard_stage.make_tokenizer(texts.repartition(5), params, PII).definition == first.definition
    )


def test_an_empty_corpus_says_so(spark):
    empty = spark.createDataFrame([], "doc_id string, source string, text string")
    with pytest.raises(DataError, match="no text to train"):
        shard_stage.make_tokenizer(empty, TOKENIZER, PII)
