import pytest
import torch
import torch.nn.functional as F

from trainer.cross_entropy import Objective, capped, cross_entropy

OBJECTIVES = [
    Objective(),
    Objective(smoothing=0.1),
    Objective(z_loss=1e-2),
    Objective(soft_cap=2.0),
    Objective(smoothing=0.2, z_loss=1e-2, soft_cap=3.0),
]


def reference(hidden, head, targets, weights, objective):
    """Whole logits, torch's own cross entropy, autograd."""
    logits = capped(F.linear(hidden, head), objective.soft_cap)
    loss = F.cross_entropy(logits, targets, reduction="none", label_smoothing=objective.smoothing)
    loss = loss + objective.z_loss * logits.logsumexp(-1) ** 2
    return (loss * weights).sum()


def inputs(dtype=torch.float64):
    torch.manual_seed(0)
    hidden, head = torch.randn(11, 5, dtype=dtype), torch.randn(7, 5, dtype=dtype)
    weights = torch.rand(11, dtype=dtype)
    weights[4] = 0
    return hidden.requires_grad_(), head.requires_grad_(), torch.randint(7, (11,)), weights


def chunked(objective, chunk):
    return Objective(objective.smoothing, objective.z_loss, objective.soft_cap, chunk)


@pytest.mark.parametrize("chunk", [1, 4, 11, 100])
@pytest.mark.parametrize("objective", OBJECTIVES)
def test_the_gradient_is_the_numerical_one_in_float64(objective, chunk):
    hidden, head, targets, weights = inputs()

    def total(hidden, head):
        return cross_entropy(hidden, head, targets, weights, chunked(objective, chunk))[0]

    assert torch.autograd.gradcheck(total, (hidden, head))


@pytest.mark.parametrize("chunk", [1, 4, 100])
@pytest.mark.parametrize("objective", OBJECTIVES)
def test_value_and_gradient_are_those_of_the_plain_loss(objective, chunk):
    ours, theirs = inputs(torch.float32), inputs(torch.float32)
    total, losses = cross_entropy(*ours, chunked(objective, chunk))
    expected = reference(*theirs, objective)
    torch.testing.assert_close(total, expected)
    (total * 0.3).backward()
    (expected * 0.3).backward()
    for a, b in zip(ours[:2], theirs[:2], strict=True):
        torch.testing.assert_close(a.grad, b.grad)
    logits = capped(F.linear(ours[0], ours[1]), objective.soft_cap)
    torch.testing.assert_close(losses, F.cross_entropy(logits, ours[2], reduction="none").detach())
    assert not losses.requires_grad


def test_without_gradients_only_the_value_is_computed():
    hidden, head, targets, weights = inputs()
    with torch.no_grad():
        total, _ = cross_entropy(hidden, head, targets, weights, Objective())
    torch.testing.assert_close(total, reference(hidden, head, targets, weights, Objective()))
    assert not total.requires_grad


def test_logits_never_exist_whole(monkeypatch):
    seen = []
    plain = torch.Tensor.amax

    def amax(self, *arguments, **options):
        seen.append(self.shape[0])
        return plain(self, *arguments, **options)

    monkeypatch.setattr(torch.Tensor, "amax", amax)
    cross_entropy(*inputs(), Objective(chunk=3))
    assert seen == [3, 3, 3, 2]


def test_bfloat16_products_give_a_float32_sum_near_the_exact_one():
    ours, theirs = inputs(torch.float32), inputs(torch.float32)
    with torch.autocast("cpu", torch.bfloat16):
        total, losses = cross_entropy(*ours, Objective(chunk=4))
    assert total.dtype == losses.dtype == torch.float32
    expected = reference(*theirs, Objective())
    torch.testing.assert_close(total, expected, rtol=2e-2, atol=2e-2)
    total.backward()
    expected.backward()
    for a, b in zip(ours[:2], theirs[:2], strict=True):
        assert a.grad.dtype == torch.float32
        torch.testing.assert_close(a.grad, b.grad, rtol=5e-2, atol=5e-2)


def test_a_small_scale_is_not_rounded_to_the_products_format():
    torch.manual_seed(0)
    targets, weights = torch.randint(50, (4000,)), torch.rand(4000)

    def norms(scale):
        torch.manual_seed(1)
        hidden, head = (torch.randn(size, 16, dtype=torch.bfloat16) for size in (4000, 50))
        total, _ = cross_entropy(
            hidden.requires_grad_(), head.requires_grad_(), targets, weights, Objective()
        )
        (total * scale).backward()
        return [weight.grad.double().norm() for weight in (hidden, head)]

    # Each element is rounded by itself, the scale of all must not be: 1 / 30,000 would be off
    # by 1.5 in a thousand.
    for small, plain in zip(norms(1 / 30_000), norms(1.0), strict=True):
        assert float(small / plain) == pytest.approx(1 / 30_000, rel=3e-4)
