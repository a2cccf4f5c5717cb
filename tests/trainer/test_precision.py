import pytest
import torch

from trainer.config import RuntimeParams
from trainer.precision import autocast, dtype_in_force


@pytest.mark.parametrize(
    ("precision", "dtype"),
    [("auto", torch.float32), ("float32", torch.float32), ("bfloat16", torch.bfloat16)],
)
def test_products_on_the_cpu_have_the_precision_asked_for(precision, dtype):
    with autocast(RuntimeParams(precision=precision), torch.device("cpu")):
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == dtype
        assert (dtype_in_force("cpu") or torch.float32) == dtype
    assert dtype_in_force("cpu") is None


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_products_on_cuda_are_bfloat16_unless_told_otherwise():
    ones = torch.ones(2, 2, device="cuda")
    with autocast(RuntimeParams(), torch.device("cuda")):
        assert (ones @ ones).dtype == torch.bfloat16
