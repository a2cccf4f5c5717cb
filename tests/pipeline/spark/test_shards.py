"""Shards on Spark: the same bytes for any partitioning, every document exactly once."""

import hashlib
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from pipeline.measures.pii import PiiParams
from pipeline.spark import shards as shard_stage
from pipeline.tokens.shard_plan import ShardParams, place
from pipeline.tokens.tokenizer import TokenizerParams, load
from schemas.documents import Source
from schemas.errors import DataError
from schemas.shards import SIDE_FILES, SPLITS, Manifest
from tests.pipeline.spark import failing_shards

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


def manifest_of(tokenizer, shards):
    return Manifest(
        dtype="uint16",
        tokenizer=tokenizer.facts(),
        sources=[source.value for source in Source],
        shards=shards,
        config={},
        inputs_sha256="",
        ledger_sha256="",
        code_version="",
    )


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


def test_two_attempts_at_once_and_what_a_killed_one_left_change_nothing(spark, built, tmp_path):
    """As under speculation: two tasks write each shard at the same time, over torn files."""
    tokenizer, shards, folder = built
    target = tmp_path / "shards"
    for name in ("train/shard-00000.bin", "train/.draft", "train/shard-00099.bin"):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        (target / name).write_bytes(b"torn")
    texts = spark.createDataFrame(DOCUMENTS, "doc_id string, source string, text string")
    tokens = shard_stage.encode_documents(texts, tokenizer, PARAMS, PII, f"{tmp_path}/scratch")
    with ThreadPoolExecutor(2) as pool:
        attempts = [
            pool.submit(shard_stage.write_shards, tokens, tokenizer, PARAMS, str(target))
            for _ in range(2)
        ]
    assert [attempt.result() for attempt in attempts] == [shards, shards]
    shard_stage.commit_shards(manifest_of(tokenizer, shards), tokenizer, str(target))
    expected = {
        f"{shard.name}{suffix}": shard.sha256[suffix] for shard in shards for suffix in SIDE_FILES
    }
    found = {
        str(path.relative_to(target)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in target.rglob("*")
        if path.is_file() and path.suffix != ".json"
    }
    assert found == expected
    for name in expected:
        assert (target / name).read_bytes() == (folder / name).read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("what", failing_shards.MASTERS)
def test_tasks_that_die_between_two_files_are_repeated_to_the_same_bytes(spark, tmp_path, what):
    ran = subprocess.run(
        [sys.executable, "-m", failing_shards.__name__, what, str(tmp_path / what)],
        capture_output=True,
        text=True,
        cwd=Path(__file__).resolve().parents[3],
        check=False,
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    found = [line.removeprefix("SHARD ") for line in ran.stdout.splitlines() if "SHARD" in line]
    assert list((tmp_path / what / "shards").glob("died-*"))
    _, shards = build(spark, tmp_path / "calm", 3, failing_shards.documents())
    assert found == [shard.model_dump_json() for shard in shards]
    assert len(found) > 3
    for shard in shards:
        for suffix, digest in shard.sha256.items():
            content = (tmp_path / what / "shards" / f"{shard.name}{suffix}").read_bytes()
            assert hashlib.sha256(content).hexdigest() == digest


def test_a_tokenizer_may_be_brought_along(spark, built, tmp_path):
    tokenizer, _, _ = built
    path = tmp_path / "tokenizer.json"
    path.write_text(tokenizer.definition, encoding="utf-8")
    texts = spark.createDataFrame(DOCUMENTS[:2], "doc_id string, source string, text string")
    brought = shard_stage.make_tokenizer(texts, TokenizerParams(path=str(path)), PII)
    assert brought.definition == load(path).definition


def test_sources_are_repeated_and_left_out_by_configuration(spark, built, tmp_path):
    tokenizer, _, _ = built
    params = ShardParams(
        tokens_per_shard=1500,
        validation_fraction=0.2,
        test_fraction=0.1,
        repeat={Source.WEB: 2.0, Source.WIKI: 0.0},
    )
    texts = spark.createDataFrame(DOCUMENTS, "doc_id string, source string, text string")
    tokens = shard_stage.encode_documents(texts, tokenizer, params, PII, f"{tmp_path}/scratch")
    shards = shard_stage.write_shards(tokens, tokenizer, params, str(tmp_path / "shards"))
    documents = dict.fromkeys(SPLITS, 0)
    for shard in shards:
        documents[shard.split] += shard.num_documents
        assert shard.split != "train" or set(shard.tokens_per_source) == {"web"}
    splits = [(place(doc_id, params)[0], source) for doc_id, source, _ in DOCUMENTS]
    assert documents == {
        "train": 2 * splits.count(("train", "web")),
        "validation": sum(split == "validation" for split, _ in splits),
        "test": sum(split == "test" for split, _ in splits),
    }
    assert documents["test"] > 10


def test_nothing_is_written_where_all_sources_are_left_out(spark, built, tmp_path):
    tokenizer, _, _ = built
    left_out = {Source.WEB: 0.0, Source.WIKI: 0.0}
    params = ShardParams(validation_fraction=0.0, repeat=left_out)
    texts = spark.createDataFrame(DOCUMENTS[:9], "doc_id string, source string, text string")
    tokens = shard_stage.encode_documents(texts, tokenizer, params, PII, f"{tmp_path}/scratch")
    assert shard_stage.write_shards(tokens, tokenizer, params, str(tmp_path / "shards")) == []


def test_copies_of_a_long_document_are_counted_beyond_2_gib(spark):
    columns = ["'train' AS split", "CAST(space(22000000) AS binary) AS tokens"]
    tokens = spark.range(1).selectExpr(*columns, "sequence(1, 100) AS positions")
    assert shard_stage._tokens_per_split(tokens, "uint16") == {"train": 1_100_000_000}


def test_a_small_sample_is_chosen_by_document_id(spark):
    texts = spark.createDataFrame(DOCUMENTS, "doc_id string, source string, text string")
    params = TokenizerParams(vocabulary_size=300, sample_bytes=2000)
    first = shard_stage.make_tokenizer(texts.repartition(1), params, PII)
    assert (
        shard_stage.make_tokenizer(texts.repartition(5), params, PII).definition == first.definition
    )


def test_a_sample_is_weighted_by_source(spark):
    words = {"web": "zebra", "wiki": "quokka"}
    documents = [
        (hashlib.md5(str(i).encode()).hexdigest(), source, f"{words[source]} " * 9)
        for i in range(100)
        for source in words
    ]
    texts = spark.createDataFrame(documents, "doc_id string, source string, text string")
    params = TokenizerParams(vocabulary_size=300, sample_weights={Source.WEB: 0.0})
    tokenizer = shard_stage.make_tokenizer(texts, params, PII)
    _, offsets = tokenizer.encode_batch(["zebra", "quokka"])
    assert offsets.tolist() == [0, 5, 6]


def test_an_empty_corpus_says_so(spark):
    empty = spark.createDataFrame([], "doc_id string, source string, text string")
    with pytest.raises(DataError, match="no text to train"):
        shard_stage.make_tokenizer(empty, TOKENIZER, PII)
