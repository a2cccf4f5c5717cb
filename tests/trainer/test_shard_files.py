from pathlib import Path

import numpy as np
import pytest

from schemas.errors import ShardError
from tests.trainer.handmade import Document, write_shards
from trainer import shard_files
from trainer.shards import TokenStream

OPEN = Path("/proc/self/fd")


@pytest.fixture
def five(tmp_path, tokenizer):
    return write_shards(tmp_path, tokenizer, [("train", [Document([5, 6], 2)])] * 5)


def test_no_more_files_stay_mapped_than_the_limit(five, monkeypatch):
    monkeypatch.setattr(shard_files, "_MAX_MAPS", 2)
    stream = TokenStream(five, "train")
    for _ in range(2):
        assert stream.gather(np.array([0, 3, 6, 9, 12]), 3).tolist() == [[5, 6, 0]] * 5
        assert len(stream._files._maps) == 2
        assert np.count_nonzero(stream._files.addresses[0]) == 2


def test_a_map_keeps_no_file_open(five):
    stream = TokenStream(five, "train")
    before = len(list(OPEN.iterdir()))
    stream.gather(np.array([0, 3, 6, 9, 12]), 3)
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
