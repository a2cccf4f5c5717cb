import pytest
import torch
import torch.nn.functional as F

from tests.trainer.triton_kernels.device import DEVICE, made_current, needs_device  # noqa: F401
from trainer import triton_kernels

if triton_kernels.AVAILABLE:
    from trainer.triton_kernels.swiglu import swiglu

pytestmark = needs_device


@pytest.mark.parametrize("size", [1, 24, 1500])  # 1500: a block and a part of one
def test_value_and_gradient_are_those_of_the_definition_in_float64(size):
    torch.manual_seed(size)
    both = (3 * torch.randn(2, 3, 2 * size, device=DEVICE)).requires_grad_()
    precise = both.detach().double().requires_grad_()
    gate, up = precise.chunk(2, -1)
    found, expected = swiglu(both), F.silu(gate) * up
    torch.testing.assert_close(found.double(), expected, atol=1e-5, rtol=1e-5)
    upstream = torch.randn(2, 3, size, device=DEVICE)
    (ours,) = torch.autograd.grad(found, both, upstream)
    (theirs,) = torch.autograd.grad(expected, precise, upstream.double())
    torch.testing.assert_close(ours.double(), theirs, atol=1e-5, rtol=1e-5)


def test_the_compiler_takes_it_for_one_operation():
    both = torch.randn(3, 8, device=DEVICE, requires_grad=True)
    torch.library.opcheck(swiglu, (both,))
    compiled = torch.compile(swiglu, backend="aot_eager", fullgraph=True)
    gradients = [torch.autograd.grad(kind(both).sum(), both)[0] for kind in (compiled, swiglu)]
    assert torch.equal(*gradients)


def test_it_is_launched_on_the_device_of_the_projections(made_current):  # noqa: F811
    both = torch.randn(3, 8, device=DEVICE, requires_grad=True)
    swiglu(both).sum().backward()
    assert made_current == [both.device] * 2
