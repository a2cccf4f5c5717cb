"""What a training step does per element on a CUDA device, where the compiler does it badly.

Triton comes with torch's builds for CUDA on Linux. Where it is missing, torch's own operations
take the kernels' place: each kernel has a definition in torch that it is tested against.
"""

from importlib.util import find_spec

import torch
from torch import Tensor

AVAILABLE = find_spec("triton") is not None
"""Whether the modules of this folder can be imported."""


_LEAST_CAPABILITY = 7  # Triton has no code for devices before Volta


def takes(values: Tensor) -> bool:
    """Whether the kernels can be given such a tensor: on CUDA, of at most float32."""
    kernels_exist = AVAILABLE and values.is_cuda and values.dtype != torch.float64
    return kernels_exist and _is_known(values.device.index)


@torch.compiler.assume_constant_result
def _is_known(device_index: int) -> bool:
    """Whether Triton compiles for a device."""
    return torch.cuda.get_device_capability(device_index)[0] >= _LEAST_CAPABILITY
