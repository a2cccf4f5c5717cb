import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode

from trainer import triton_kernels


@pytest.fixture
def capabilities(monkeypatch):
    """A machine with Triton, a Pascal device and a Hopper device."""
    monkeypatch.setattr(triton_kernels, "AVAILABLE", True)
    monkeypatch.setattr(torch.cuda, "get_device_capability", [(6, 1), (9, 0)].__getitem__)


@pytest.mark.parametrize(
    ("device", "dtype", "expected"),
    [
        ("cpu", torch.float32, False),
        ("cuda:0", torch.float32, False),
        ("cuda:1", torch.float32, True),
        ("cuda:1", torch.bfloat16, True),
        ("cuda:1", torch.float64, False),
    ],
)
@pytest.mark.parametrize("compiled", [False, True])
def test_kernels_take_what_triton_can_compute(capabilities, device, dtype, expected, compiled):
    def answers(values):
        return values.new_empty(2 if triton_kernels.takes(values) else 1)

    if compiled:
        answers = torch.compile(answers, backend="eager", fullgraph=True)
    with FakeTensorMode():
        assert len(answers(torch.empty(3, dtype=dtype, device=device))) == 1 + expected
