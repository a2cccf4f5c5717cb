"""What a training step does per element on a CUDA device, where the compiler does it badly.

Triton comes with torch's builds for CUDA on Linux. Where it is missing, torch's own operations
take the kernels' place: each kernel has a definition in torch that it is tested against.
"""

from importlib.util import find_spec

AVAILABLE = find_spec("triton") is not None
"""Whether the modules of this folder can be imported."""
