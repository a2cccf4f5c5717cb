"""Where the kernels can run: on CUDA, or anywhere in Triton's interpreter."""

import os

import pytest
import torch

from trainer import triton_kernels

DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")
needs_device = pytest.mark.skipif(
    not triton_kernels.AVAILABLE
    or not (torch.cuda.is_available() or os.environ.get("TRITON_INTERPRET") == "1"),
    reason="needs Triton, and a CUDA device or TRITON_INTERPRET=1",
)


@pytest.fixture
def made_current(monkeypatch):
    """Devices that were made the current one, where Triton launches."""
    devices, plain = [], torch.cuda.device_of

    def device_of(values):
        devices.append(values.device)
        return plain(values)

    monkeypatch.setattr(torch.cuda, "device_of", device_of)
    return devices
