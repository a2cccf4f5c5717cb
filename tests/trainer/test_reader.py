import numpy as np
import pytest
import torch

from schemas.errors import ShardError
from tests.trainer.handmade import Document, write_shards
from trainer.batches import Batches
from trainer.distributed import World
from trainer.reader import Reader


def make(manifest, rank=0, world_size=1, document_weights=True):
    batches = Batches(manifest, seed=3, sequence_length=8, global_batch_size=4)
    world = World(rank, world_size, rank, torch.device("cpu"))
    return Reader(batches, world, document_weights)


@pytest.mark.parametrize("document_weights", [True, False])
def test_ranks_agree_on_the_weight_of_the_whole_batch(manifest, document_weights):
    whole = make(manifest, document_weights=document_weights).read(2)
    parts = [make(manifest, rank, 2, document_weights).read(2) for rank in (0, 1)]
    assert np.array_equal(np.concatenate([part.rows for part in parts]), whole.rows)
    assert np.array_equal(np.concatenate([part.weights for part in parts]), whole.weights)
    assert [part.first_row for part in parts] == [0, 2]
    assert parts[0].total_weight == parts[1].total_weight == whole.total_weight
    assert whole.total_weight == pytest.approx(whole.weights.sum())


def test_reading_ahead_keeps_the_order_and_stops_at_the_end(manifest):
    reader = make(manifest)
    ahead = [future.result() for future in reader.ahead(3, 6)]
    assert len(ahead) == 3
    for step, batch in zip((3, 4, 5), ahead, strict=True):
        assert np.array_equal(batch.rows, reader.batches[step])
    assert list(reader.ahead(6, 6)) == []


def test_a_batch_without_any_weight_is_refused(tmp_path, tokenizer):
    documents = [Document([5] * 30, 30, weight=0.0)]
    manifest = write_shards(tmp_path, tokenizer, [("train", documents)])
    with pytest.raises(ShardError, match="step 1: every document of the batch has loss weight 0"):
        make(manifest).read(0)
