import resource
from pathlib import Path

import numpy as np
import pytest
from pyarrow.fs import LocalFileSystem

from schemas.errors import ShardError
from schemas.shards import SPLITS, read_manifest
from tests.trainer.handmade import Document, write_shards
from trainer import shard_files
from trainer.fetching import Patience
from trainer.shard_cache import ShardCache
from trainer.shard_files import ShardFiles
from trainer.shards import TokenStream

OPEN = Path("/proc/self/fd")


@pytest.fixture
def five(tmp_path, tokenizer):
    return write_shards(tmp_path, tokenizer, [("train", [Document([5, 6], 2)])] * 5)


def test_no_more_files_stay_mapped_than_the_limit(five, monkeypatch):
    monkeypatch.setattr(shard_files, "_MAX_MAPS", 4)
    monkeypatch.setattr(shard_files, "_MAX_OPEN", 2)
    stream, starts = TokenStream(five, "train"), np.array([0, 3, 6, 9, 12])
    before = len(list(OPEN.iterdir()))
    for _ in range(2):
        assert stream.gather(starts, 3).tolist() == [[5, 6, 0]] * 5
        assert len(list(OPEN.iterdir())) == before + 2
        assert (stream._files.descriptors >= 0).sum() == 2
        assert stream.facts(starts, 3)[0].tolist() == [[1.0] * 3] * 5
        assert len(stream._files._maps) == np.count_nonzero(stream._files.addresses) == 4


def test_the_limit_of_open_files_is_raised_where_it_may_be():
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, limits[1]))
        assert shard_files._allow_open(100) == 100
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == 256
        assert shard_files._allow_open(300) == 300
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == 600
        assert shard_files._allow_open(10**6) == min(limits[1], 2 * 10**6) // 2
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)


def test_a_map_keeps_no_file_open(five):
    stream = TokenStream(five, "train")
    before = len(list(OPEN.iterdir()))
    stream.facts(np.array([0, 3, 6, 9, 12]), 3)
    assert len(list(OPEN.iterdir())) == before


@pytest.mark.parametrize(
    ("suffix", "array", "message"),
    [
        (".offsets.npy", np.array([0, 7], "<u8"), r"offsets\.npy: ends at 7, the manifest says 3"),
        (".offsets.npy", np.array([0, 3], "<i8"), r"cannot be read: numbers are int64, not uint64"),
        (".weights.npy", np.ones(2, "<f4"), r"weights\.npy: shape \(2,\), the manifest says \(1,"),
        (".sources.npy", np.zeros((1, 1), "<u2"), r"sources\.npy: shape \(1, 1\)"),
    ],
)
def test_a_side_file_that_does_not_fit_is_refused_also_without_checksums(
    five, suffix, array, message
):
    np.save(five.parent / f"train/shard-00001{suffix}", array)
    stream = TokenStream(five, "train", verify="never")
    stream.facts(np.array([0]), 3)
    with pytest.raises(ShardError, match=message):
        stream.facts(np.array([3]), 3)


def test_what_is_no_array_is_refused(five):
    (five.parent / "train/shard-00001.weights.npy").write_bytes(b"not at all")
    with pytest.raises(ShardError, match=r"weights\.npy: cannot be read: the magic string"):
        TokenStream(five, "train", verify="never").facts(np.array([3]), 3)


def test_what_another_split_left_in_the_cache_makes_room(tmp_path, tokenizer):
    path = write_shards(
        tmp_path / "store", tokenizer, [(s, [Document([5, 6], 2)]) for s in SPLITS for _ in "123"]
    )
    for split in SPLITS:
        shards = [shard for shard in read_manifest(path).shards if shard.split == split]
        cache = ShardCache(
            LocalFileSystem(), str(path.parent), tmp_path / "cache", 12, 1, Patience(2, 5.0, 0.01)
        )
        bounds = np.array([0, 3, 6, 9])
        files = ShardFiles(cache.folder, cache, shards, bounds, np.dtype("<u2"), "first_use")
        for start in bounds[:-1]:
            with files.reading(np.array([start]), 3, (".bin",)):
                assert cache.num_bytes <= 12
        left = {file.parent.name for file in cache.folder.rglob("*.bin")}
        assert left == {split}
        cache._claim.close()  # as the end of a process does
