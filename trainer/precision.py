"""Which number format the matrix products use."""

from contextlib import AbstractContextManager

import torch

from trainer.config import RuntimeParams


def autocast(runtime: RuntimeParams, device: torch.device) -> AbstractContextManager[None]:
    """Context in which matrix products run in bfloat16, or unchanged for ``float32``."""
    wanted = runtime.precision
    if wanted == "auto":
        wanted = "bfloat16" if device.type == "cuda" else "float32"
    return torch.autocast(device.type, torch.bfloat16, enabled=wanted == "bfloat16")
