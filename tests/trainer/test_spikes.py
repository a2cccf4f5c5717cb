import math

import pytest
import torch

from trainer.batches import Batches
from trainer.config import DataParams
from trainer.distributed import World
from trainer.reader import Reader
from trainer.spikes import explain_not_finite


@pytest.fixture
def reader(manifest):
    world = World(0, 1, 0, torch.device("cpu"))
    batches = Batches(manifest, seed=3, sequence_length=8, global_batch_size=4)
    return Reader(batches, world, DataParams(manifest=str(manifest)))


def explain(reader, losses, loss=math.nan, norm=math.nan):
    batch = reader.read(7)
    world = World(0, 1, 0, torch.device("cpu"))
    return str(
        explain_not_finite(
            7, loss, norm, lambda part: torch.tensor(losses[part.start]), batch, reader, world
        )
    )


def test_the_rows_with_a_bad_loss_are_named_by_shard_and_documents(reader):
    message = explain(reader, [1.0, math.nan, 1.0, 1.0])
    (place,) = {str(place) for place in reader.batches.locate(7, 1)[:1]}
    assert message.startswith(f"step 8: the loss is nan, from {place}")
    assert "lower optimizer.learning_rate" in message


def test_a_long_list_is_cut(reader):
    assert " more; lower" in explain(reader, [math.inf] * 4)


def test_an_overflowing_gradient_blames_no_row(reader):
    message = explain(reader, [1.0] * 4, loss=1.0, norm=math.inf)
    assert message.startswith("step 8: gradient norm inf; lower")
