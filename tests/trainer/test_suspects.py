import math

import pytest
import torch

from tests.trainer.handmade import Document, write_shards
from trainer.batches import Batches
from trainer.config import DataParams
from trainer.distributed import World
from trainer.loss import Losses
from trainer.reader import Reader
from trainer.suspects import Suspect, describe, find_suspects, name_suspects

WORLD = World(0, 1, 0, torch.device("cpu"))


class Charge(torch.nn.Module):
    """The objective of a row is what its first token is charged."""

    def __init__(self, charges):
        super().__init__()
        self.charges = charges

    def forward(self, inputs, targets, weights, keys):
        first = int(inputs[0, 0])
        return Losses(torch.tensor(self.charges.get(first, 1.0)), torch.zeros(targets.shape))


@pytest.fixture
def batches(tmp_path, tokenizer):
    """Documents of three tokens; with end-of-text a sequence of four is one of them."""
    documents = [Document([10 + n, 1, 1], 3, source=n % 2) for n in range(8)]
    manifest = write_shards(tmp_path, tokenizer, [("train", documents)])
    return Batches(manifest, seed=1, sequence_length=4, global_batch_size=7)


def find(batches, charges, tiny):
    data = DataParams(manifest=str(batches.stream.folder))
    batch = Reader(batches, WORLD, data).read(0)
    found = find_suspects(Charge(charges), batch, tiny(), WORLD)
    return [(int(batch.rows[suspect.row, 0]), suspect.loss) for suspect in found]


def test_rows_that_are_not_finite_are_to_blame(batches, tiny):
    found = find(batches, {12: math.inf, 14: 99.0}, tiny)
    assert found == [(12, math.inf)]


def test_otherwise_the_three_worst_worst_first(batches, tiny):
    assert find(batches, {11: 5.0, 13: 9.0, 16: 7.0}, tiny) == [(13, 9.0), (16, 7.0), (11, 5.0)]


def test_a_window_is_described_by_its_documents_and_sources(batches):
    found = describe(batches, 0, 0)  # tokens 1 to 28, the whole epoch
    assert found["batches"] == [0, 0]
    assert found["tokens_per_source"] == {"news": 13, "text": 15}
    assert len(found["documents"]) == 7
    assert found["documents"][0] == {
        "shard": "train/shard-00000",
        "first_document": 0,
        "last_document": 1,
        "sources": ["text", "news"],
    }


def test_suspects_are_named_by_shard_documents_and_sources(batches):
    row = next(r for r in range(7) if batches[0][r, 0] == 12)
    named = name_suspects([Suspect(row, 1.0)], 0, batches)
    assert named == "train/shard-00000 documents 2-3 (text, news)"
    assert name_suspects([Suspect(r, 1.0) for r in range(5)], 0, batches).endswith(" and 2 more")
