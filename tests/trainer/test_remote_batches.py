"""Batches of shards in an object store are those of the same shards on a disk."""

import time
from contextlib import suppress

import numpy as np
import pytest
import torch

from schemas.errors import ConfigError, ShardError
from schemas.redaction import has_credentials
from tests.trainer.faulty_store import open_faulty_store
from tests.trainer.handmade import Document, write_shards
from trainer.batches import Batches
from trainer.config import CacheParams, DataParams
from trainer.distributed import World
from trainer.ledger import BatchLedger
from trainer.loop import train
from trainer.reader import Reader
from trainer.run_state import without_credentials

ALONE = World(0, 1, 0, torch.device("cpu"))
SIZES = {"seed": 1, "sequence_length": 100, "global_batch_size": 4, "shuffle_window": 2}
SHARD = 2 * 2100 + 4 * 128 + 100  # bytes of the files of one that are read, and some more


@pytest.fixture(scope="module")
def shards(tmp_path_factory, tokenizer):
    """Sixteen shards of 2,100 tokens, no two of them alike."""
    draws = np.random.default_rng(3)
    splits = [
        (
            "train",
            [Document(draws.integers(1, 300, 699).tolist(), 699, weight=w) for w in (1, 2, 3)],
        )
        for _ in range(16)
    ]
    return write_shards(tmp_path_factory.mktemp("remote"), tokenizer, splits)


@pytest.fixture(scope="module")
def store(shards):
    with open_faulty_store() as faulty:
        faulty.upload(shards.parent, "shards")
        yield faulty


@pytest.fixture(autouse=True)
def sound(store):
    yield
    store.faults.clear()
    store.reads.clear()


def cache(tmp_path, **changes):
    options = {"folder": str(tmp_path / "cache"), "max_bytes": 8 * SHARD, "stall_seconds": 1.0}
    return CacheParams(**options | changes)


def bytes_in(folder):
    total = 0
    for path in (folder / "cache").rglob("train/*"):
        with suppress(FileNotFoundError):  # gone meanwhile
            total += path.stat().st_size
    return total


def test_no_token_is_wrong_and_nothing_hangs_whatever_the_store_does(store, shards, tmp_path):
    local = Batches(shards, **SIZES)
    params = cache(tmp_path)
    remote = Batches(store.uri("shards"), **SIZES, cache=params)
    data = DataParams(manifest=store.uri("shards"), cache=params)
    reader, ledger = Reader(remote, ALONE, data), BatchLedger(remote, ALONE)
    faults = ["500", "cut", None, "slow", "flip", "short", None, "stall", "500", "500", "cut"]
    store.faults = {".bin": faults * 2, ".weights.npy": ["cut", "flip", "500"]}
    steps = 2 * local.num_sequences // 4
    began = time.monotonic()
    for step, coming in enumerate(reader.ahead(0, steps)):
        batch = coming.result(timeout=60)
        assert np.array_equal(batch.rows, local[step])
        assert np.array_equal(batch.weights, local.facts(step)[0])
        ledger.take(batch.number, batch.places)
        assert bytes_in(tmp_path) <= params.max_bytes
    ledger.close_books(steps, [])
    assert store.faults[".bin"] == []
    assert time.monotonic() - began < 60


def test_a_window_fetches_each_shard_about_once_an_epoch(store, shards, tmp_path):
    remote = Batches(store.uri("shards"), **SIZES | {"shuffle_window": 4}, cache=cache(tmp_path))
    for step in range(remote.num_sequences // 4):
        remote[step]
    reads = [count for name, count in store.reads.items() if name.endswith(".bin")]
    assert len(reads) == 16
    assert sum(reads) <= 16 + 8  # and once more the neighbour of each run


def test_a_larger_cache_fetches_nothing_twice(store, shards, tmp_path):
    local = Batches(shards, **SIZES | {"shuffle_window": None})
    params = cache(tmp_path, max_bytes=17 * SHARD)
    for _ in range(2):  # the second process takes over
        remote = Batches(store.uri("shards"), **SIZES | {"shuffle_window": None}, cache=params)
        for step in range(local.num_sequences // 2):
            assert np.array_equal(remote[step], local[step])
        remote.stream._files._cache._claim.close()
    assert {count for name, count in store.reads.items() if name.endswith(".bin")} == {1}


def test_a_cache_that_one_batch_does_not_fit_into_is_refused(store, tmp_path):
    remote = Batches(store.uri("shards"), **SIZES, cache=cache(tmp_path, max_bytes=100))
    with pytest.raises(ConfigError, match=r"data\.cache\.max_bytes = 100: one batch needs \d+ by"):
        remote[0]


def test_a_shard_that_stays_damaged_is_refused_by_name(store, tmp_path):
    store.faults = {".bin": ["flip"] * 1000}
    remote = Batches(store.uri("shards"), **SIZES, cache=cache(tmp_path, attempts=2))
    with pytest.raises(ShardError, match=r"train/shard-\d+\.bin: given up after 2 attempts: sha25"):
        remote[0]


def test_all_checksums_at_the_start_would_fetch_everything(store, tmp_path):
    with pytest.raises(ConfigError, match=r"data\.verify = 'open': would fetch all shards"):
        Batches(store.uri("shards"), **SIZES, verify="open", cache=cache(tmp_path))


def test_a_run_trains_on_remote_shards_as_on_local_ones(store, shards, tiny, tmp_path):
    losses = []
    for place in (str(shards), store.uri("shards")):
        config = tiny(
            "schedule.num_steps=4",
            "data.shuffle_window=2",
            f"data.cache.folder={tmp_path / 'cache'}",
            output=f"run-{len(losses)}",
        )
        config = config.model_copy(
            update={"data": config.data.model_copy(update={"manifest": place})}
        )
        train(config)
        losses.append((tmp_path / f"run-{len(losses)}" / "metrics.jsonl").read_text())
        stored = without_credentials(config)["data"]["manifest"]
        assert not has_credentials(stored)
        for path in (tmp_path / "run-0").rglob("*.json"):
            assert "secret" not in path.read_text()
    first, second = ([line.partition("tokens_per")[0] for line in t.splitlines()] for t in losses)
    assert first == second
