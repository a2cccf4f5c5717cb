import pytest
import torch

from trainer.attend import attend, document_numbers, visibility
from trainer.dropout import Dropout, keep_mask, sample_keys

CPU = torch.device("cpu")
NONE = Dropout(0.0, site=0)


def qkv(length=6, seen=6):
    torch.manual_seed(0)
    return torch.randn(2, 4, length, 8), torch.randn(2, 2, seen, 8), torch.randn(2, 2, seen, 8)


def definition(query, key, value, sees, kept=None):
    """``sees[b][t]``: positions that position ``t`` may see; one query head at a time."""
    out = torch.zeros_like(query)
    for b in range(2):
        for head in range(4):
            for t in range(query.shape[2]):
                at = sees[b][t]
                scores = torch.stack([query[b, head, t] @ key[b, head // 2, s] for s in at])
                shares = torch.softmax(scores / 8**0.5, 0)
                if kept is not None:
                    shares = torch.where(kept[b, head, t, at], shares / 0.5, 0)
                out[b, head, t] = shares @ value[b, head // 2, at]
    return out


def causal(length=6):
    return [[list(range(t + 1)) for t in range(length)]] * 2


DOCUMENTS = torch.tensor([[0, 0, 0, 1, 1, 2], [0, 1, 1, 1, 1, 1]])
MASKED = [
    [[0], [0, 1], [0, 1, 2], [3], [3, 4], [5]],
    [[0], [1], [1, 2], [1, 2, 3], [1, 2, 3, 4], [1, 2, 3, 4, 5]],
]


def test_without_documents_a_position_sees_those_before_it():
    found = attend(*qkv(), visibility(6, 6, None, CPU), NONE, None)
    torch.testing.assert_close(found, definition(*qkv(), causal()))


@pytest.mark.parametrize("flex", [False, True])
def test_with_documents_a_position_sees_its_own(flex):
    visible = visibility(6, 6, DOCUMENTS, CPU, flex=flex)
    assert (visible.blocks is not None) is flex
    found = attend(*qkv(), visible, NONE, None)
    torch.testing.assert_close(found, definition(*qkv(), MASKED))


@pytest.mark.parametrize("documents", [None, DOCUMENTS])
def test_new_positions_after_old_ones(documents):
    found = attend(*qkv(2, 6), visibility(2, 6, documents, CPU), NONE, None)
    sees = MASKED if documents is not None else causal()
    torch.testing.assert_close(found, definition(*qkv(2, 6), [row[4:] for row in sees]))


@pytest.mark.parametrize("documents", [None, DOCUMENTS])
def test_keyed_dropout_drops_attention_weights(documents):
    keys, dropout = sample_keys(1, 2, 0, 2), Dropout(0.5, site=3)
    found = attend(*qkv(), visibility(6, 6, documents, CPU), dropout, keys)
    kept = keep_mask(keys, 3, (4, 6, 6), 0.5)
    sees = MASKED if documents is not None else causal()
    torch.testing.assert_close(found, definition(*qkv(), sees, kept))


def test_an_end_of_text_belongs_before_itself():
    tokens = torch.tensor([[5, 0, 5, 0, 0, 5], [0, 5, 5, 5, 5, 0]])
    assert document_numbers(tokens, 0).tolist() == [[0, 0, 1, 1, 2, 3], [0, 1, 1, 1, 1, 1]]
