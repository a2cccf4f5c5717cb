import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode

from trainer import triton_kernels


@pytest.mark.parametrize(
    ("device", "dtype", "capability", "expected"),
    [
        ("cpu", torch.float32, (9, 0), False),
        ("cuda:0", torch.float32, (6, 1), False),
        ("cuda:0", torch.float32, (7, 0), True),
        ("cuda:0", torch.bfloat16, (9, 0), True),
        ("cuda:0", torch.float64, (9, 0), False),
    ],
)
@pytest.mark.parametrize("compiled", [False, True])
def test_kernels_take_what_triton_can_compute(
    monkeypatch, device, dtype, capability, expected, compiled
):
    monkeypatch.setattr(triton_kernels, "AVAILABLE", True)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda index=None: capability)
    torch.compiler.reset()  # answers are constants of what has been compiled

    def answers(values):
        return values.new_empty(2 if triton_kernels.takes(values) else 1)

    if compiled:
        answers = torch.compile(answers, backend="eager", fullgraph=True)
    with FakeTensorMode():
        assert len(answers(torch.empty(3, dtype=dtype, device=device))) == 1 + expected
