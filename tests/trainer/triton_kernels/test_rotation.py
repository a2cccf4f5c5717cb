import pytest
import torch
import torch.nn.functional as F

from tests.trainer.triton_kernels.device import DEVICE, made_current, needs_device  # noqa: F401
from trainer import triton_kernels
from trainer.positions import rotary_angles

if triton_kernels.AVAILABLE:
    from trainer.triton_kernels.rotation import norm_and_rotate

pytestmark = needs_device
LENGTH, EPSILON = 37, 1e-5  # 2 * 37 tokens do not fill whole programs


def reference(heads, gain, cosines, sines):
    """The definition in float64: RMSNorm, then each pair turned by its angle."""
    turned = heads.double()
    if gain is not None:
        turned = F.rms_norm(turned, (heads.shape[-1],), gain.double(), EPSILON)
    low, high = turned.chunk(2, -1)
    cosine, sine = cosines.double()[:, None], sines.double()[:, None]
    return torch.cat([low * cosine - high * sine, high * cosine + low * sine], -1)


def inputs(size, num_heads=3, normed=True):
    torch.manual_seed(size)
    wide = torch.randn(2, LENGTH, num_heads + 1, size, device=DEVICE)
    heads = wide[:, :, 1:].detach().requires_grad_()  # not contiguous
    gain = (torch.rand(size, device=DEVICE) + 0.5).requires_grad_() if normed else None
    return heads, gain, *rotary_angles(0, LENGTH, size, 10_000.0, DEVICE)


@pytest.mark.parametrize("normed", [True, False])
@pytest.mark.parametrize(("size", "num_heads"), [(64, 3), (128, 1), (24, 5), (2, 2)])
def test_values_and_gradients_are_those_of_the_definition_in_float64(size, num_heads, normed):
    heads, gain, *angles = inputs(size, num_heads, normed)
    found, expected = (
        norm_and_rotate(heads, gain, *angles, EPSILON),
        reference(heads, gain, *angles),
    )
    torch.testing.assert_close(found.double(), expected, atol=2e-6, rtol=2e-6)
    assert found.is_contiguous()
    # As attention's backward pass gives it: heads before positions.
    upstream = torch.randn(2, num_heads, LENGTH, size, device=DEVICE).transpose(1, 2)
    wanted = [heads] if gain is None else [heads, gain]
    gradients = torch.autograd.grad(found, wanted, upstream)
    for ours, theirs in zip(
        gradients, torch.autograd.grad(expected, wanted, upstream.double()), strict=True
    ):
        torch.testing.assert_close(ours, theirs, atol=2e-5, rtol=2e-5)


def test_bfloat16_is_rounded_once():
    heads, gain, *angles = inputs(64)
    found = norm_and_rotate(heads.bfloat16(), gain, *angles, EPSILON)
    expected = reference(heads.bfloat16(), gain, *angles)
    assert found.dtype == torch.bfloat16
    torch.testing.assert_close(found.double(), expected, atol=1e-3, rtol=2**-7)


def test_the_compiler_takes_it_for_one_operation():
    arguments = (*inputs(64), EPSILON)
    torch.library.opcheck(norm_and_rotate, arguments)
    compiled = torch.compile(norm_and_rotate, backend="aot_eager", fullgraph=True)
    ours, theirs = (kind(*arguments) for kind in (compiled, norm_and_rotate))
    assert torch.equal(ours, theirs)
    for a, b in zip(
        *(torch.autograd.grad(out.sum(), arguments[:2]) for out in (ours, theirs)), strict=True
    ):
        assert torch.equal(a, b)


def test_it_is_launched_on_the_device_of_the_heads(made_current):  # noqa: F811
    heads, *others = inputs(8)
    norm_and_rotate(heads, *others, EPSILON).sum().backward()
    assert made_current == [heads.device] * 2
