"""The learning rate as a pure function of the step: nothing to save, nothing to resume."""

from math import cos, pi, sqrt

from trainer.config import ScheduleParams


def learning_rate_scale(step: int, params: ScheduleParams) -> float:
    """Part of the peak learning rate for ``step``, counted from 0.

    The warm-up ends on the peak at step ``num_warmup_steps``; the last step,
    ``num_steps - 1``, has ``final_ratio`` for ``cosine`` (Loshchilov and Hutter 2017, one cycle),
    ``linear`` and ``wsd`` (warm-up, stable, decay: Hu et al. 2024, MiniCPM, with a linear decay).
    ``inverse_sqrt`` (Vaswani et al. 2017) knows no last step.

    >>> params = ScheduleParams(num_steps=11, num_warmup_steps=0, final_ratio=0.0)
    >>> [round(learning_rate_scale(step, params), 3) for step in (0, 5, 10)]
    [1.0, 0.5, 0.0]
    """
    if step < params.num_warmup_steps:
        return (step + 1) / (params.num_warmup_steps + 1)
    last = params.num_steps - 1
    if params.kind == "cosine":
        done = _progress(step, params.num_warmup_steps, last)
        return params.final_ratio + (1 - params.final_ratio) * (1 + cos(pi * done)) / 2
    if params.kind == "linear":
        return 1 - _progress(step, params.num_warmup_steps, last) * (1 - params.final_ratio)
    if params.kind == "inverse_sqrt":
        return sqrt((params.num_warmup_steps + 1) / (step + 1))
    if params.kind == "wsd":
        decay_start = last - round(params.decay_fraction * last)
        done = _progress(step, max(decay_start, params.num_warmup_steps), last)
        return 1 - done * (1 - params.final_ratio)
    return 1.0


def _progress(step: int, first: int, last: int) -> float:
    """0 up to ``first``, 1 from ``last`` on, linear between."""
    if step >= last:
        return 1.0
    return max(0.0, (step - first) / (last - first))
