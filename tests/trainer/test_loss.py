import pytest
import torch

from trainer.config import LossParams
from trainer.loss import SummedLoss
from trainer.model import Transformer
from trainer.model_params import ModelParams

PARAMS = ModelParams(d_model=16, num_layers=1, num_heads=2, num_kv_heads=1, feed_forward_size=24)


@pytest.fixture
def batch():
    torch.manual_seed(0)
    rows = torch.randint(40, (6, 9))
    return rows[:, :-1], rows[:, 1:], torch.rand(6, 8)


def gradients(parts, logits_chunk, batch):
    """Gradient of the batch's mean, accumulated over groups of rows."""
    torch.manual_seed(1)
    model = Transformer(PARAMS, 40)
    loss = SummedLoss(model, LossParams(logits_chunk=logits_chunk))
    total_weight, total = float(batch[2].sum()), 0.0
    for part in parts:
        summed = loss(*(tensor[part] for tensor in batch)).objective
        (summed / total_weight).backward()
        total += float(summed.detach())
    return total / total_weight, [weight.grad for weight in model.parameters()]


def test_the_sum_is_that_of_minus_log_probabilities(batch):
    torch.manual_seed(1)
    model = Transformer(PARAMS, 40)
    inputs, targets, weights = batch
    with torch.no_grad():
        logits = model.logits(model(inputs)).double()
        chosen = logits.softmax(-1).gather(-1, targets.unsqueeze(-1)).squeeze(-1)
        expected = float((-chosen.log() * weights).sum())
        assert float(SummedLoss(model, LossParams())(*batch).objective) == pytest.approx(
            expected, rel=1e-5
        )


@pytest.mark.parametrize(
    "parts",
    [
        [slice(0, 1), slice(1, 6)],
        [slice(0, 4), slice(4, 6)],
        [slice(i, i + 1) for i in range(6)],
    ],
)
def test_any_split_into_micro_batches_gives_the_same_loss_and_gradient(parts, batch):
    # Weights differ between rows, so a mean of means would be off.
    mean, whole = gradients([slice(0, 6)], 10_000, batch)
    split_mean, split = gradients(parts, 10_000, batch)
    assert split_mean == pytest.approx(mean, rel=1e-6)
    for a, b in zip(whole, split, strict=True):
        torch.testing.assert_close(a, b, atol=1e-7, rtol=1e-4)


@pytest.mark.parametrize("logits_chunk", [1, 7, 47, 48])
def test_chunked_logits_give_the_same_loss_and_gradient(logits_chunk, batch):
    mean, whole = gradients([slice(0, 6)], 10_000, batch)
    chunked_mean, chunked = gradients([slice(0, 6)], logits_chunk, batch)
    assert chunked_mean == pytest.approx(mean, rel=1e-6)
    for a, b in zip(whole, chunked, strict=True):
        torch.testing.assert_close(a, b, atol=1e-7, rtol=1e-4)


def test_weight_zero_leaves_a_position_out(batch):
    inputs, targets, weights = batch
    weights[2:, :] = 0
    loss = SummedLoss(Transformer(PARAMS, 40), LossParams())
    some = loss(inputs[:2], targets[:2], weights[:2]).objective
    torch.testing.assert_close(loss(inputs, targets, weights).objective, some)


def test_the_loss_is_float32_when_products_are_bfloat16(batch):
    loss = SummedLoss(Transformer(PARAMS, 40), LossParams(logits_chunk=7))
    with torch.autocast("cpu", torch.bfloat16):
        assert loss(*batch).objective.dtype == torch.float32
