from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch

from schemas.errors import ConfigError, ShardError
from tests.trainer.handmade import Document, write_shards
from trainer.batches import Batches
from trainer.config import DataParams
from trainer.distributed import World
from trainer.reader import Reader


def make(manifest, rank=0, world_size=1, document_weights=True, **sources):
    batches = Batches(manifest, seed=3, sequence_length=8, global_batch_size=4)
    world = World(rank, world_size, rank, torch.device("cpu"))
    data = DataParams(
        manifest=str(manifest), document_weights=document_weights, source_weights=sources
    )
    return Reader(batches, world, data)


@pytest.mark.parametrize("document_weights", [True, False])
def test_ranks_agree_on_the_weight_of_the_whole_batch(manifest, document_weights):
    whole = make(manifest, document_weights=document_weights).read(2)
    parts = [make(manifest, rank, 2, document_weights).read(2) for rank in (0, 1)]
    assert np.array_equal(np.concatenate([part.rows for part in parts]), whole.rows)
    assert np.array_equal(np.concatenate([part.weights for part in parts]), whole.weights)
    assert [part.first_row for part in parts] == [0, 2]
    assert [*parts[0].row_weights, *parts[1].row_weights] == whole.row_weights
    assert whole.total_weight == pytest.approx(whole.weights.sum())


class Pair(World):
    """Rank 0 of two, beside a rank that is not there."""

    def gather(self, value):
        return [value, [5.0, 0.25]]


def test_the_weight_of_the_whole_batch_is_agreed_on(manifest):
    reader = make(manifest)
    reader._world = Pair(0, 2, 0, torch.device("cpu"))
    batch = reader.read(2)
    shared = reader.share(lambda: batch)
    assert shared.total_weight == pytest.approx(batch.total_weight + 5.25)
    assert np.array_equal(shared.rows, batch.rows)


def test_reading_ahead_keeps_the_order_and_stops_at_the_end(manifest):
    reader = make(manifest)
    ahead = [future.result() for future in reader.ahead(3, 6)]
    assert len(ahead) == 3
    for step, batch in zip((3, 4, 5), ahead, strict=True):
        assert np.array_equal(batch.rows, reader.batches[step])
    assert list(reader.ahead(6, 6)) == []


def test_batches_without_any_weight_are_refused_when_nothing_else_comes(tmp_path, tokenizer):
    documents = [Document([5] * 30, 30, weight=0.0)]
    manifest = write_shards(tmp_path, tokenizer, [("train", documents)])
    reader = make(manifest)
    for step in range(99):
        batch = reader.share(partial(reader.read, step))
        assert (batch.total_weight, batch.divisor) == (0.0, 1.0)
    with pytest.raises(ShardError, match="batch 100 and the 99 before it: every document has loss"):
        reader.share(partial(reader.read, 99))


def test_a_batch_with_weight_begins_the_count_anew(tmp_path, tokenizer):
    documents = [Document([5] * 30, 30, weight=0.0)]
    weightless = make(write_shards(tmp_path, tokenizer, [("train", documents)]))
    other = replace(weightless.read(0), row_weights=[1.0])
    for step in range(300):
        weightless.share(lambda step=step: other if step % 50 == 49 else weightless.read(step))


def test_a_sources_factor_multiplies_the_weight_of_its_documents(manifest):
    plain, scaled = make(manifest).read(2), make(manifest, news=0.5).read(2)
    assert set(plain.sources.ravel()) == {0, 1}
    expected = np.where(plain.sources == 1, plain.weights / 2, plain.weights)
    assert np.array_equal(scaled.weights, expected)
    assert scaled.total_weight == pytest.approx(expected.sum())


def test_a_source_that_the_shards_lack_is_refused(manifest):
    with pytest.raises(ConfigError, match="no source 'books'; allowed here: text, news"):
        make(manifest, books=1.0)


def test_a_run_that_would_learn_nothing_is_refused(manifest, tmp_path, tokenizer):
    message = r"every source of the training split has weight 0.*: "
    with pytest.raises(ConfigError, match=f"{message}news, text"):
        make(manifest, text=0.0, news=0.0)
    make(manifest, text=0.0)
    # A manifest names sources that the training split has nothing of.
    alone = write_shards(tmp_path, tokenizer, [("train", [Document([5] * 90, 9)])])
    with pytest.raises(ConfigError, match=f"{message}text"):
        make(alone, text=0.0)
