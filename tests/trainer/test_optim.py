"""Every rule against a few lines of float64 numpy, written from its paper."""

import numpy as np
import pytest
import torch

from trainer.config import OptimizerParams
from trainer.model import Transformer
from trainer.model_params import ModelParams
from trainer.optim import Optimizer, clip_gradients

KINDS = ("adamw", "adam", "sgd", "adagrad", "lion", "muon")
MATRIX = "blocks.0.attention.query.weight"


def build(tied=False):
    torch.manual_seed(0)
    return Transformer(
        ModelParams(
            d_model=8,
            num_layers=1,
            num_heads=2,
            num_kv_heads=1,
            feed_forward_size=8,
            tied_embeddings=tied,
        ),
        20,
    )


def updates(params, name, num_steps=4):
    """Weights of ``name`` after each step, and the gradients that they saw, in float64."""
    model = build()
    optimizer, random = Optimizer(model, params), np.random.default_rng(3)
    weights, gradients = [model.weights()[name].detach().double().numpy().copy()], []
    for step in range(num_steps):
        for weight in model.parameters():
            weight.grad = torch.from_numpy(random.normal(size=weight.shape)).float()
        gradients.append(model.weights()[name].grad.double().numpy().copy())
        optimizer.step(params.learning_rate / (step + 1))
        weights.append(model.weights()[name].detach().double().numpy().copy())
    return weights, gradients


def orthogonal(matrix):
    """Newton-Schulz of Jordan 2024 in float64."""
    a, b, c = 3.4445, -4.7750, 2.0315
    x = matrix / np.linalg.norm(matrix)
    for _ in range(5):
        gram = x @ x.T
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x


def oracle(params, start, gradients, decay):
    """What the weights should be after each step."""
    weight, found = start, [start]
    first = second = np.zeros_like(start)
    beta1, beta2 = params.beta1, params.beta2
    for step, gradient in enumerate(gradients):
        rate = params.learning_rate / (step + 1)
        if params.kind == "adam":
            gradient = gradient + decay * weight
        else:
            weight = weight * (1 - rate * decay)
        if params.kind in ("adam", "adamw"):
            first = beta1 * first + (1 - beta1) * gradient
            second = beta2 * second + (1 - beta2) * gradient**2
            mean, square = first / (1 - beta1 ** (step + 1)), second / (1 - beta2 ** (step + 1))
            move = mean / (np.sqrt(square) + params.epsilon)
        elif params.kind == "sgd":
            first = 0.9 * first + gradient
            move = first
        elif params.kind == "adagrad":
            second = second + gradient**2
            move = gradient / (np.sqrt(second) + params.epsilon)
        elif params.kind == "lion":
            move = np.sign(beta1 * first + (1 - beta1) * gradient)
            first = beta2 * first + (1 - beta2) * gradient
        else:
            first = 0.95 * first + 0.05 * gradient
            direction = 0.05 * gradient + 0.95 * first
            move = orthogonal(direction) * 0.2 * np.sqrt(max(direction.shape))
        weight = weight - rate * move
        weight = np.sign(weight) * np.maximum(np.abs(weight) - rate * params.l1, 0)
        found.append(weight)
    return found


@pytest.mark.parametrize("l1", [0.0, 0.3])
@pytest.mark.parametrize("kind", KINDS)
def test_each_rule_does_what_its_paper_says(kind, l1):
    params = OptimizerParams(kind=kind, learning_rate=0.03, weight_decay=0.5, beta1=0.8, l1=l1)
    found, gradients = updates(params, MATRIX)
    expected = oracle(params, found[0], gradients, decay=0.5)
    # Muon multiplies in bfloat16.
    tolerance = {"rtol": 0, "atol": 2e-3} if kind == "muon" else {"rtol": 1e-4, "atol": 1e-6}
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, **tolerance)


def test_l1_reaches_exact_zeros():
    without, _ = updates(OptimizerParams(learning_rate=0.01), MATRIX)
    with_l1, _ = updates(OptimizerParams(learning_rate=0.01, l1=2.0), MATRIX)
    assert (without[-1] == 0).sum() == 0
    assert (with_l1[-1] == 0).mean() > 0.2


def test_muon_leaves_embeddings_and_norms_to_adamw():
    muon = OptimizerParams(kind="muon", learning_rate=0.03)
    for name in ("embedding.weight", "head.weight", "norm.weight"):
        found, gradients = updates(muon, name)
        expected = oracle(OptimizerParams(learning_rate=0.03), found[0], gradients, decay=0.0)
        np.testing.assert_allclose(found[-1], expected[-1], rtol=1e-4, atol=1e-6)
    model = build()
    matrices, others = Optimizer(model, muon).parts
    count = [sum(len(g["params"]) for g in part.param_groups) for part in (matrices, others)]
    assert count == [7, len(list(model.parameters())) - 7]


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_listed_does_not_decay(kind):
    def shrunk(**fields):
        model = build()
        with torch.no_grad():
            for weight in model.parameters():
                weight.fill_(1.0)
        for weight in model.parameters():
            weight.grad = torch.zeros_like(weight)
        params = OptimizerParams(kind=kind, weight_decay=0.5, **fields)
        Optimizer(model, params).step(0.1)
        return {
            name for name, weight in model.weights().items() if float(weight.detach().max()) < 0.99
        }

    names = set(build().weights())
    embeddings = {"embedding.weight", "head.weight"}
    norms = {name for name in names if "norm" in name}
    assert shrunk() == names - embeddings - norms
    assert shrunk(no_decay=("norms",)) == names - norms
    assert shrunk(no_decay=()) == names
    assert shrunk(no_decay=("matrices", "norms")) == embeddings


def test_clipping_scales_all_gradients_by_their_joint_norm():
    model = build()
    for weight in model.parameters():
        weight.grad = torch.ones_like(weight)
    count = sum(weight.numel() for weight in model.parameters())
    assert float(clip_gradients(model, 1.0)) == pytest.approx(count**0.5, rel=1e-5)
    left = sum(float((weight.grad**2).sum()) for weight in model.parameters()) ** 0.5
    assert left == pytest.approx(1.0, rel=1e-4)


@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_the_state_survives_a_round_trip_by_name(kind, tied):
    def step(model, optimizer, seed):
        torch.manual_seed(seed)
        for weight in model.parameters():
            weight.grad = torch.randn_like(weight)
        optimizer.step(0.01)

    model, params = build(tied), OptimizerParams(kind=kind)
    optimizer = Optimizer(model, params)
    step(model, optimizer, 1)
    other = build(tied)
    other.load_weights({name: weight.detach() for name, weight in model.weights().items()})
    resumed = Optimizer(other, params)
    tensors = {k: v.clone() for k, v in optimizer.tensors().items()}
    assert len({key.partition("/")[2] for key in tensors}) == len(model.weights())
    resumed.load(tensors)
    step(model, optimizer, 2)
    step(other, resumed, 2)
    for name, weight in model.weights().items():
        assert torch.equal(weight, other.weights()[name]), name
