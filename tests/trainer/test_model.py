from math import sqrt

import pytest
import torch

from trainer.config import ModelParams
from trainer.model import (
    Attention,
    KeyValueCache,
    Transformer,
    count_parameters,
    rotary_angles,
    rotate,
)

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


def build(params, seed=0):
    torch.manual_seed(seed)
    return Transformer(params, vocabulary_size=50).eval()


@pytest.mark.parametrize("params", SHAPES)
def test_the_formula_counts_every_parameter(params):
    model = build(params)
    assert count_parameters(params, 50) == sum(weight.numel() for weight in model.parameters())
    assert count_parameters(params, 50) == sum(w.numel() for w in model.weights().values())


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
    fast = layer(hidden, angles, None)
    slow = torch.stack([naive_attention(layer, row, params) for row in hidden])
    torch.testing.assert_close(fast, slow, atol=1e-5, rtol=1e-4)


def test_rotated_products_depend_on_distance_alone():
    query, key = torch.randn(8), torch.randn(8)

    def product(at_query, at_key):
        turned = [
            rotate(v.view(1, 1, 1, 8), *rotary_angles(at, 1, 8, 100.0, torch.device("cpu")))
            for v, at in ((query, at_query), (key, at_key))
        ]
        return float((turned[0] * turned[1]).sum())

    assert product(3, 1) == pytest.approx(product(12, 10), abs=1e-5)
    assert product(3, 1) != pytest.approx(product(3, 2), abs=1e-3)


@torch.no_grad()
@pytest.mark.parametrize("params", SHAPES)
def test_no_position_sees_the_future(params):
    model = build(params)
    tokens = torch.randint(50, (1, 9))
    changed = tokens.clone()
    changed[0, 6] = (changed[0, 6] + 1) % 50
    before, after = model(tokens), model(changed)
    assert torch.equal(before[:, :6], after[:, :6])
    assert not torch.allclose(before[:, 6:], after[:, 6:])


@torch.no_grad()
@pytest.mark.parametrize("params", SHAPES)
@pytest.mark.parametrize("parts", [[1] * 9, [5, 1, 1, 1, 1], [4, 3, 2]])
def test_the_cache_changes_nothing(params, parts):
    model = build(params)
    tokens = torch.randint(50, (2, 9))
    cache = KeyValueCache(model, batch_size=2, capacity=12)
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
