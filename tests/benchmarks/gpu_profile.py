"""Where the time of a step on a CUDA device goes, by kind of kernel."""

from collections import defaultdict
from collections.abc import Callable

import torch
from torch.profiler import ProfilerActivity, profile

_KINDS = (
    ("matrix products", ("nvjet", "gemm", "cutlass", "splitk")),
    ("attention", ("sdpa", "flash", "fmha", "flex", "cudnn")),
    ("optimizer, clipping", ("multi_tensor", "lpnorm")),
    ("cross entropy", ("amax", "prepare_softmax", "token_losses")),
    ("norms, activations, residual", ("triton", "norm_and_rotate", "swiglu")),
)
"""A kernel is of the first kind of which its name holds a part, in lower case."""


def kind_of(kernel: str) -> str:
    """Which part of a step a kernel belongs to, by its name.

    >>> kind_of("nvjet_sm90_tst_256x128_64x4_1x2_h_bz_coopA_NNT")
    'matrix products'
    """
    lower = kernel.lower()
    found = (kind for kind, parts in _KINDS if any(part in lower for part in parts))
    return next(found, "the rest")


def profile_steps(turn: Callable[[int], None], num_steps: int) -> dict[str, float]:
    """Milliseconds per step of each kind of kernel, longest first, and those of an idle device."""
    with profile(activities=[ProfilerActivity.CPU, ProfilerActivity.CUDA]) as recorded:
        turn(num_steps)
        torch.cuda.synchronize()
    spans, totals = [], defaultdict[str, float](float)
    for event in recorded.events() or ():
        # "Optimizer.step#AdamW.step" is a span around kernels, some of which are named alike.
        is_span = event.name.startswith("Optimizer.")
        if event.device_type == torch.autograd.DeviceType.CUDA and not is_span:
            start, end = event.time_range.start, event.time_range.end
            spans.append((start, end))
            totals[kind_of(event.name)] += (end - start) / num_steps / 1000
    spans.sort()
    idle, last = 0.0, spans[0][0]
    for start, end in spans:
        idle, last = idle + max(0.0, start - last), max(last, end)
    ordered = dict(sorted(totals.items(), key=lambda item: -item[1]))
    return ordered | {"idle": idle / num_steps / 1000}
