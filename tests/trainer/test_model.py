from math import sqrt

import pytest
import torch

from trainer import triton_kernels
from trainer.attend import visibility
from trainer.cache import KeyValueCache
from trainer.dropout import sample_keys
from trainer.model import Attention, FeedForward, Transformer
from trainer.model_params import ModelParams
from trainer.positions import rotary_angles

SHAPES = [
    ModelParams(d_model=16, num_layers=2, num_heads=4, num_kv_heads=2, feed_forward_size=24),
    ModelParams(
        d_model=24,
        num_layers=3,
        num_heads=2,
        num_kv_heads=1,
        feed_forward_size=40,
        tied_embeddings=False,
        qk_norm=False,
    ),
    ModelParams(d_model=16, num_layers=1, num_heads=4, num_kv_heads=4, feed_forward_size=8),
]


OPTIONS = [
    SHAPES[0].model_copy(update=options)
    for options in (
        {"positions": "learned", "norm": "layer", "activation": "gelu", "biases": True},
        {"positions": "sinusoidal", "activation": "relu2", "logit_soft_cap": 3.0},
        {"positions": "none", "norm": "layer", "qk_norm": False},
        {"document_masking": True, "biases": True},
    )
]


def build(params, seed=0):
    torch.manual_seed(seed)
    return Transformer(params, vocabulary_size=50, end_of_text_id=7).eval()


def naive_rotation(vector, position, base):
    """Complex multiplication, pair by pair."""
    half = len(vector) // 2
    turned = [
        complex(vector[i], vector[i + half])
        * complex(*(f(torch.tensor(position * base ** (-2 * i / len(vector)))) for f in TRIG))
        for i in range(half)
    ]
    return torch.tensor([z.real for z in turned] + [z.imag for z in turned])


TRIG = (torch.cos, torch.sin)


def naive_attention(layer, hidden, params):
    """One query head at one position at a time, straight from the definition."""
    length, size = hidden.shape[0], params.head_size
    out = torch.zeros(length, params.num_heads, size)

    def project(linear, norm, position, head, rotates=True):
        vector = (linear.weight @ hidden[position])[head * size : (head + 1) * size]
        if norm is not None:
            vector = vector / torch.sqrt((vector**2).mean() + params.norm_epsilon) * norm.weight
        return naive_rotation(vector, position, params.rope_base) if rotates else vector

    for head in range(params.num_heads):
        group = head // (params.num_heads // params.num_kv_heads)
        for t in range(length):
            query = project(layer.query, layer.query_norm, t, head)
            scores = torch.stack(
                [query @ project(layer.key, layer.key_norm, s, group) for s in range(t + 1)]
            )
            shares = torch.softmax(scores / sqrt(size), 0)
            values = [project(layer.value, None, s, group, rotates=False) for s in range(t + 1)]
            out[t, head] = sum(share * value for share, value in zip(shares, values, strict=True))
    return out.flatten(1) @ layer.output.weight.T


@torch.no_grad()
@pytest.mark.parametrize("params", SHAPES)
def test_attention_equals_its_definition(params):
    torch.manual_seed(1)
    layer = Attention(params, 0)
    for norm in (layer.query_norm, layer.key_norm):
        if norm is not None:
            norm.weight.uniform_(0.5, 1.5)
    hidden = torch.randn(2, 6, params.d_model)
    angles = rotary_angles(0, 6, params.head_size, params.rope_base, torch.device("cpu"))
    fast = layer(hidden, angles, visibility(6, 6, None, torch.device("cpu")))
    slow = torch.stack([naive_attention(layer, row, params) for row in hidden])
    torch.testing.assert_close(fast, slow, atol=1e-5, rtol=1e-4)


@torch.no_grad()
@pytest.mark.parametrize("params", SHAPES + OPTIONS)
def test_no_position_sees_the_future(params):
    model = build(params)
    tokens = torch.randint(50, (1, 9))
    changed = tokens.clone()
    changed[0, 6] = (changed[0, 6] + 1) % 50
    tokens[0, 2] = changed[0, 2] = 7  # an end of text
    before, after = model(tokens), model(changed)
    torch.testing.assert_close(before[:, :6], after[:, :6])
    assert not torch.allclose(before[:, 6:], after[:, 6:])


@torch.no_grad()
@pytest.mark.parametrize("params", SHAPES + OPTIONS)
@pytest.mark.parametrize("parts", [[1] * 9, [5, 1, 1, 1, 1], [4, 3, 2]])
def test_the_cache_changes_nothing(params, parts):
    model = build(params)
    tokens = torch.randint(50, (2, 9))
    tokens[0, 3] = tokens[1, 5] = tokens[1, 6] = 7  # ends of text
    cache = KeyValueCache(params, batch_size=2, capacity=12)
    pieces = [model(part, cache) for part in tokens.split(parts, dim=1)]
    assert cache.length == 9
    torch.testing.assert_close(torch.cat(pieces, 1), model(tokens), atol=1e-5, rtol=1e-4)


def test_tied_embeddings_share_one_tensor():
    model = build(SHAPES[0])
    assert model.head.weight is model.embedding.weight
    assert build(SHAPES[1]).head.weight is not build(SHAPES[1]).embedding.weight


def test_residual_projections_start_smaller_with_depth():
    params = ModelParams(
        d_model=128, num_layers=8, num_heads=2, num_kv_heads=2, feed_forward_size=256
    )
    model = build(params)
    for name, weight in model.weights().items():
        if weight.dim() == 2:
            expected = 0.02 / 4 if name.endswith(("output.weight", "down.weight")) else 0.02
            assert float(weight.detach().std()) == pytest.approx(expected, rel=0.05), name
        else:
            assert bool((weight == 1).all()), name


@pytest.mark.parametrize("params", SHAPES[:2])
def test_weights_can_be_loaded_into_another_model(params):
    model, other = build(params, 0), build(params, 1)
    other.load_weights(model.weights())
    tokens = torch.randint(50, (1, 5))
    assert torch.equal(model.logits(model(tokens)), other.logits(other(tokens)))
    incomplete = {n: w for n, w in model.weights().items() if n != "norm.weight"}
    with pytest.raises(RuntimeError, match=r"norm\.weight"):
        other.load_weights(incomplete)


def test_dropout_acts_in_training_only():
    model = build(SHAPES[0].model_copy(update={"dropout": 0.5}))
    tokens = torch.randint(50, (1, 5))
    assert torch.equal(model(tokens), model(tokens))
    model.train()
    assert not torch.equal(model(tokens), model(tokens))


@torch.no_grad()
def test_a_masked_document_is_as_if_it_were_alone():
    model = build(OPTIONS[3].model_copy(update={"positions": "none"}))
    first, second = torch.randint(8, 50, (1, 4)), torch.randint(8, 50, (1, 5))
    both = torch.cat([first, torch.tensor([[7]]), second], 1)
    torch.testing.assert_close(model(both)[:, 5:], model(second), atol=1e-5, rtol=1e-4)
    unmasked = build(OPTIONS[3].model_copy(update={"positions": "none", "document_masking": False}))
    assert not torch.allclose(unmasked(both)[:, 5:], unmasked(second), atol=1e-3)
    with pytest.raises(ValueError, match="end-of-text"):
        Transformer(OPTIONS[3], 50)


@torch.no_grad()
def test_each_activation_is_its_definition():
    hidden = torch.randn(3, 16)
    for activation, expected in {
        "gelu": lambda x: 0.5 * x * (1 + torch.erf(x / sqrt(2))),
        "relu2": lambda x: x.clamp(min=0) ** 2,
    }.items():
        layer = FeedForward(SHAPES[0].model_copy(update={"activation": activation}))
        torch.testing.assert_close(
            layer(hidden), expected(hidden @ layer.up.weight.T) @ layer.down.weight.T
        )


@torch.no_grad()
def test_positions_change_what_is_seen():
    tokens = torch.tensor([[9, 9, 9, 9]])
    for positions, differs in (("learned", True), ("sinusoidal", True), ("none", False)):
        hidden = build(SHAPES[0].model_copy(update={"positions": positions}))(tokens)
        assert torch.allclose(hidden[0, 0], hidden[0, 3], atol=1e-5) is not differs


def test_the_soft_cap_bounds_the_logits():
    model = build(OPTIONS[1])
    logits = model.logits(1000 * torch.randn(5, 16))
    assert 2.9 < float(logits.detach().abs().max()) <= 3.0


def test_initialization_by_width_and_plain():
    shape = {"d_model": 128, "num_layers": 8, "num_heads": 2, "num_kv_heads": 2}
    for initialization, std, residual in (("plain", 0.02, 1.0), ("width", 1 / sqrt(128), 0.25)):
        params = ModelParams(**shape, feed_forward_size=128, initialization=initialization)
        weights = build(params).weights()
        query = weights["blocks.3.attention.query.weight"].detach()
        down = weights["blocks.3.feed_forward.down.weight"].detach()
        assert float(query.std()) == pytest.approx(std, rel=0.05)
        assert float(down.std()) == pytest.approx(std * residual, rel=0.05)
        assert float(weights["embedding.weight"].detach().std()) == pytest.approx(0.02, rel=0.05)


@pytest.mark.parametrize("place", ["embedding", "residual", "attention"])
@pytest.mark.parametrize("keyed", [True, False])
def test_each_dropout_acts_in_training_only(place, keyed):
    model = build(SHAPES[0].model_copy(update={f"{place}_dropout": 0.5}))
    tokens = torch.randint(50, (2, 5))
    keys = [sample_keys(1, step, 0, 2) if keyed else None for step in (1, 2)]
    assert torch.equal(model(tokens, None, keys[0]), model(tokens, None, keys[1]))
    model.train()
    first = model(tokens, None, keys[0])
    assert not torch.allclose(first, model(tokens, None, keys[1]))
    if keyed:
        assert torch.equal(first, model(tokens, None, keys[0]))


def test_for_one_position_the_weights_are_not_put_together(monkeypatch):
    layer, hidden = FeedForward(SHAPES[0]), torch.randn(2, 1, SHAPES[0].d_model)
    expected = layer(hidden)
    monkeypatch.setattr(triton_kernels, "takes", lambda values: True)
    monkeypatch.setattr(torch, "cat", lambda tensors: pytest.fail("weights were copied"))
    assert torch.equal(layer(hidden), expected)
