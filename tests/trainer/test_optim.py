import pytest
import torch

from trainer.config import ModelParams, OptimizerParams
from trainer.model import Transformer
from trainer.optim import (
    clip_gradients,
    load_optimizer_tensors,
    make_optimizer,
    optimizer_tensors,
    set_learning_rate,
)


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


def decays(model, params):
    names = {id(weight): name for name, weight in model.named_parameters()}
    groups = make_optimizer(model, params).param_groups
    return {names[id(w)]: group["weight_decay"] for group in groups for w in group["params"]}


def test_norms_never_decay_and_embeddings_by_option():
    model = build()
    plain = decays(model, OptimizerParams(weight_decay=0.3))
    assert set(plain) == {name for name, _ in model.named_parameters()}
    assert plain["embedding.weight"] == plain["head.weight"] == 0
    assert plain["blocks.0.attention.query.weight"] == 0.3
    assert all(decay == 0 for name, decay in plain.items() if "norm" in name)
    everything = decays(model, OptimizerParams(weight_decay=0.3, decay_embeddings=True))
    assert everything["embedding.weight"] == everything["head.weight"] == 0.3
    assert everything["norm.weight"] == 0


def test_one_step_is_adamw_by_hand():
    model = build()
    params = OptimizerParams(learning_rate=0.1, weight_decay=0.5, beta1=0.8, beta2=0.9)
    optimizer = make_optimizer(model, params)
    set_learning_rate(optimizer, 0.01)
    weight = model.blocks[0].attention.query.weight
    before = weight.detach().clone()
    weight.grad = torch.full_like(weight, 3.0)
    optimizer.step()
    # On the first step the corrected moments are g and g squared: a step of one learning rate.
    expected = before * (1 - 0.01 * 0.5) - 0.01 * 3 / (3 + params.epsilon)
    torch.testing.assert_close(weight.detach(), expected)


def test_clipping_scales_all_gradients_by_their_joint_norm():
    model = build()
    for weight in model.parameters():
        weight.grad = torch.ones_like(weight)
    count = sum(weight.numel() for weight in model.parameters())
    assert float(clip_gradients(model, 1.0)) == pytest.approx(count**0.5, rel=1e-5)
    left = sum(float((weight.grad**2).sum()) for weight in model.parameters()) ** 0.5
    assert left == pytest.approx(1.0, rel=1e-4)


@pytest.mark.parametrize("tied", [True, False])
def test_the_state_survives_a_round_trip_by_name(tied):
    def step(model, optimizer, seed):
        torch.manual_seed(seed)
        for weight in model.parameters():
            weight.grad = torch.randn_like(weight)
        optimizer.step()

    model, params = build(tied), OptimizerParams()
    optimizer = make_optimizer(model, params)
    step(model, optimizer, 1)
    other = build(tied)
    other.load_weights({name: weight.detach() for name, weight in model.weights().items()})
    resumed = make_optimizer(other, params)
    tensors = {k: v.clone() for k, v in optimizer_tensors(model, optimizer).items()}
    assert {key.partition("/")[0] for key in tensors} == {"step", "exp_avg", "exp_avg_sq"}
    load_optimizer_tensors(other, resumed, tensors)
    step(model, optimizer, 2)
    step(other, resumed, 2)
    for name, weight in model.weights().items():
        assert torch.equal(weight, other.weights()[name]), name
