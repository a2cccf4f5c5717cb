import pytest
import torch

from tests.trainer.test_cross_entropy import OBJECTIVES
from tests.trainer.triton_kernels.device import DEVICE, made_current, needs_device  # noqa: F401
from trainer import cross_entropy, triton_kernels
from trainer.cross_entropy import Objective

if triton_kernels.AVAILABLE:
    from trainer.triton_kernels import token_losses
    from trainer.triton_kernels.token_losses import losses_of_chunk

pytestmark = needs_device


def inputs(size, dtype=torch.float32):
    torch.manual_seed(size)
    logits = (torch.randn(6, size, device=DEVICE) * 4).to(dtype)
    targets = torch.randint(size, (6,), device=DEVICE)
    targets[0], targets[1] = 0, size - 1
    weights = torch.rand(6, device=DEVICE)
    weights[2] = 0
    return logits, targets, weights


@pytest.mark.parametrize("size", [7, 256, 1000])
@pytest.mark.parametrize("objective", OBJECTIVES)
def test_losses_and_gradients_are_those_of_the_definition(objective, size, monkeypatch):
    monkeypatch.setattr(token_losses, "_BLOCK", 256)  # so that a row is several blocks
    logits, targets, weights = inputs(size)
    arguments = targets, weights, objective
    expected = cross_entropy.losses_of_chunk(logits.double(), *arguments, True)
    before, given = logits.clone(), logits.clone()
    loss, value, same = losses_of_chunk(given, *arguments, False)
    assert same is given and torch.equal(given, before)
    torch.testing.assert_close(loss.double(), expected[0], atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(value.double(), expected[1].double(), atol=1e-5, rtol=1e-5)
    _, _, gradient = losses_of_chunk(given, *arguments, True)
    torch.testing.assert_close(gradient.double(), expected[2], atol=1e-6, rtol=1e-5)


def test_bfloat16_is_rounded_once():
    logits, targets, weights = inputs(1000, torch.bfloat16)
    expected = cross_entropy.losses_of_chunk(logits.double(), targets, weights, Objective(), True)
    loss, _, gradient = losses_of_chunk(logits.clone(), targets, weights, Objective(), True)
    assert loss.dtype == torch.float32 and gradient.dtype == torch.bfloat16
    torch.testing.assert_close(loss.double(), expected[0], atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(gradient.double(), expected[2], atol=1e-9, rtol=2**-7)


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_logit_that_is_no_number_is_told_by_the_loss(bad):
    logits, targets, weights = inputs(1000)
    logits[3, 500] = bad
    loss, _, _ = losses_of_chunk(logits, targets, weights, Objective(), True)
    assert torch.isfinite(loss).tolist() == [True, True, True, False, True, True]


def test_it_is_launched_on_the_device_of_the_logits(made_current):  # noqa: F811
    logits, targets, weights = inputs(7)
    losses_of_chunk(logits, targets, weights, Objective(), True)
    assert made_current == [logits.device]
