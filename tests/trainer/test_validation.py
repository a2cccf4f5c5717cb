import math

import numpy as np
import pytest
import torch

from schemas.errors import ConfigError
from tests.trainer.handmade import Document, write_shards
from trainer.config import DataParams, LossParams, RuntimeParams, ValidationParams
from trainer.distributed import World
from trainer.loss import Losses, SummedLoss
from trainer.model import Transformer
from trainer.validation import Validator

CPU = torch.device("cpu")


class CountingLoss(torch.nn.Module):
    """Charges each target its own id, so that sums show which tokens were predicted."""

    def forward(self, inputs, targets, weights):
        return Losses((targets * weights).sum(), targets * weights)


def validator(manifest, length=4, world=None, in_step=False, **params):
    data = DataParams(manifest=str(manifest), sequence_length=length, micro_batch_size=2)
    world = world or World(0, 1, 0, CPU)
    return Validator(data, ValidationParams(**params), RuntimeParams(device="cpu"), world, in_step)


@pytest.fixture
def eleven(tmp_path, tokenizer):
    """Eleven validation tokens: 1 ... 10 and end-of-text (0); 20 bytes."""
    documents = [Document(range(1, 11), 20)]
    return write_shards(tmp_path, tokenizer, [("train", documents), ("validation", documents)])


@pytest.mark.parametrize("length", [2, 3, 4, 7, 10, 11, 500])
def test_every_token_but_the_first_is_predicted_once(eleven, length):
    result = validator(eleven, length).measure(CountingLoss())
    assert result.loss == pytest.approx(sum(range(2, 11)) / 10)


def test_bits_per_byte_by_hand(eleven):
    result = validator(eleven).measure(CountingLoss())
    assert result.bits_per_byte == pytest.approx(result.loss * 11 / 20 / math.log(2))


@pytest.mark.parametrize("world_size", [2, 3, 5])
def test_ranks_in_step_compute_equally_often_and_count_nothing_twice(manifest, world_size):
    class Apart(World):
        def sum(self, values):
            sums.append(values.clone())
            return values

    class Counted(CountingLoss):
        calls = 0

        def forward(self, inputs, targets, weights):
            self.calls += 1
            return super().forward(inputs, targets, weights)

    sums: list[torch.Tensor] = []
    calls = []
    for rank in range(world_size):
        loss = Counted()
        world = Apart(rank, world_size, rank, CPU)
        validator(manifest, world=world, in_step=True).measure(loss)
        calls.append(loss.calls)
    assert len(set(calls)) == 1
    total, count = torch.stack(sums).sum(0).tolist()
    alone = validator(manifest).measure(CountingLoss())
    assert total / count == pytest.approx(alone.loss)


@pytest.mark.parametrize("world_size", [2, 3, 5])
def test_ranks_with_unequal_parts_sum_to_the_whole(manifest, world_size):
    class Apart(World):
        def sum(self, values):
            sums.append(values.clone())
            return values

    sums: list[torch.Tensor] = []
    for rank in range(world_size):
        validator(manifest, world=Apart(rank, world_size, rank, CPU)).measure(CountingLoss())
    total, count = torch.stack(sums).sum(0).tolist()
    alone = validator(manifest).measure(CountingLoss())
    assert total / count == pytest.approx(alone.loss)


def test_a_cap_takes_evenly_spaced_sequences(eleven):
    result = validator(eleven, length=2, max_sequences=2).measure(CountingLoss())
    assert result.loss == pytest.approx(np.mean([2, 3, 10, 0]))


def test_an_untrained_model_pays_for_a_uniform_guess(manifest, tokenizer):
    size = tokenizer.get_vocab_size()
    params = {"d_model": 16, "num_layers": 1, "num_heads": 2, "num_kv_heads": 1}
    from trainer.model_params import ModelParams

    torch.manual_seed(0)
    model = Transformer(ModelParams(feed_forward_size=16, dropout=0.5, **params), size)
    loss = SummedLoss(model, LossParams())
    first, second = (validator(manifest).measure(loss) for _ in range(2))
    assert first == second  # dropout is off
    assert loss.training  # and on again
    assert first.loss == pytest.approx(math.log(size), rel=0.02)


def test_no_validation_split_is_no_result(tmp_path, tokenizer):
    manifest = write_shards(tmp_path, tokenizer, [("train", [Document([5] * 9, 9)])])
    empty = validator(manifest)
    assert empty.measure(CountingLoss()) is None
    (notice,) = empty.notices
    assert notice.startswith("warning: the shards have no validation split: no validation loss")
    with pytest.raises(ConfigError, match=r"validation\.patience = 2: the shards have no valid"):
        validator(manifest, patience=2)
