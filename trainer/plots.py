"""Line charts of a run, as SVG."""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from trainer.config import TrainConfig
from trainer.schedule import learning_rate_scale

_MAX_POINTS = 1000
Line = tuple[Sequence[float], Sequence[float]]


def line_chart(lines: Mapping[str, Line], x_label: str, y_label: str) -> str:
    """SVG of lines ``name -> (x values, y values)``; equal input gives equal text."""
    import matplotlib  # slow to import, and only rank 0 draws
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 3.2), layout="constrained")
    axes = figure.add_subplot()
    for name, (across, up) in lines.items():
        axes.plot(across, up, label=name, linewidth=1.3)
    axes.set_xlabel(x_label)
    axes.set_ylabel(y_label)
    axes.grid(alpha=0.3)
    if len(lines) > 1:
        axes.legend(fontsize="small")
    text = io.StringIO()
    with matplotlib.rc_context({"svg.hashsalt": "corpusmill"}):
        figure.savefig(text, format="svg", metadata={"Date": None})
    return text.getvalue()


def schedule_line(config: TrainConfig) -> Line:
    """Steps, and the learning rate at each; of a long run evenly spaced ones."""
    last = config.schedule.num_steps - 1
    steps = np.unique(np.linspace(0, last, min(last + 1, _MAX_POINTS)).round().astype(int)).tolist()
    peak = config.optimizer.learning_rate
    return [s + 1 for s in steps], [peak * learning_rate_scale(s, config.schedule) for s in steps]


def plot_schedule(path: Path, config: TrainConfig) -> None:
    """Draw the learning rate of the whole run."""
    chart = line_chart({config.schedule.kind: schedule_line(config)}, "step", "learning rate")
    path.write_text(chart, "utf-8")
