"""Which number format the matrix products use."""

from contextlib import AbstractContextManager

import torch

from trainer.config import RuntimeParams


def product_dtype(runtime: RuntimeParams, device: torch.device) -> torch.dtype:
    """Format of matrix products: ``auto`` is bfloat16 on CUDA, float32 elsewhere."""
    wanted = runtime.precision
    if wanted == "auto":
        wanted = "bfloat16" if device.type == "cuda" else "float32"
    return torch.bfloat16 if wanted == "bfloat16" else torch.float32


def autocast(runtime: RuntimeParams, device: torch.device) -> AbstractContextManager[None]:
    """Context in which matrix products run in bfloat16, or unchanged for ``float32``."""
    enabled = product_dtype(runtime, device) == torch.bfloat16
    return torch.autocast(device.type, torch.bfloat16, enabled=enabled)


def dtype_in_force(device_type: str) -> torch.dtype | None:
    """Format that :func:`autocast` gives matrix products where this is called; None outside."""
    enabled = torch.is_autocast_enabled(device_type)
    return torch.get_autocast_dtype(device_type) if enabled else None
