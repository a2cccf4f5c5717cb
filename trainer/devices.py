"""How fast a device multiplies at best, for the share of it that training uses (MFU)."""

import os
import sys
import time

import torch

PEAKS: dict[str, float] = {
    "B200": 2250e12,
    "H200": 989e12,
    "H100 PCIe": 756e12,
    "H100": 989e12,
    "A100": 312e12,
    "RTX 4090": 165e12,
    "L40S": 362e12,
    "A10G": 70e12,
    "V100": 125e12,
}
"""Dense bfloat16 (V100: float16) operations per second by a part of the device's name, from the
makers' data sheets; figures with sparsity are twice as high and never reached."""


def peak_of(name: str) -> float | None:
    """Peak of a CUDA device by the name that it gives itself; None where the table lacks it.

    >>> peak_of("NVIDIA H100 80GB HBM3") / 1e12
    989.0
    """
    return next((peak for part, peak in PEAKS.items() if part in name), None)


def peak_flops(device: torch.device, dtype: torch.dtype) -> tuple[float, str]:
    """Operations per second of matrix products on ``device``, and where the figure is from.

    What the table does not have, such as any CPU, is measured: the best of a few products.
    """
    if device.type == "cuda" and dtype == torch.bfloat16:
        name = torch.cuda.get_device_name(device)
        peak = peak_of(name)
        if peak is not None:
            return peak, f"data sheet of {name}"
    return _measure(device, dtype), "measured; lower where the machine is busy"


def _measure(device: torch.device, dtype: torch.dtype) -> float:
    size, repeats = (8192, 10) if device.type == "cuda" else (512, 20)
    left = torch.randn(size, size, device=device, dtype=dtype)
    best = 0.0
    for _ in range(repeats):
        _wait(device)
        started = time.perf_counter()
        left @ left
        _wait(device)
        best = max(best, 2 * size**3 / (time.perf_counter() - started))
    return best


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def capacity_bytes(device: torch.device) -> int | None:
    """Memory that there is: of the device, or of the machine; None where that is not told."""
    if device.type == "cuda":
        return int(torch.cuda.get_device_properties(device).total_memory)
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # not on every system
        return None


def memory_bytes(device: torch.device) -> int:
    """Most memory in use so far: of the device, or on a CPU of the process."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    import resource  # absent on Windows

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024
