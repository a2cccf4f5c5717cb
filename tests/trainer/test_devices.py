import pytest
import torch

from trainer.devices import capacity_bytes, memory_bytes, peak_flops, peak_of


@pytest.mark.parametrize(
    ("name", "peak"),
    [
        ("NVIDIA H200", 989e12),
        ("NVIDIA H100 80GB HBM3", 989e12),
        ("NVIDIA H100 PCIe", 756e12),
        ("NVIDIA A100-SXM4-80GB", 312e12),
        ("NVIDIA B200", 2250e12),
        ("NVIDIA GeForce RTX 4090", 165e12),
        ("Quadro P400", None),
    ],
)
def test_the_table_knows_devices_by_the_name_that_they_give(name, peak):
    assert peak_of(name) == peak


def test_a_cpu_is_measured():
    peak, source = peak_flops(torch.device("cpu"), torch.float32)
    assert source.startswith("measured")
    assert 1e8 < peak < 1e14


def test_the_memory_of_this_machine_is_known():
    assert 2**28 < capacity_bytes(torch.device("cpu")) < 2**50


def test_memory_is_that_of_the_process():
    before = memory_bytes(torch.device("cpu"))
    assert before > 50e6
    held = torch.ones(60_000_000)
    assert memory_bytes(torch.device("cpu")) >= min(before + 1, int(held.nbytes))
