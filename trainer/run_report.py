"""One page on a run: what was trained, how it went, what was left out."""

import json
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from jinja2 import Environment

from trainer import checkpoint, energy
from trainer.config import TrainConfig
from trainer.metrics import read_metrics
from trainer.plots import Line, line_chart, schedule_line
from trainer.run_state import without_credentials

_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>{{ title }}</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse } td, th { padding: .2rem .8rem .2rem 0; text-align: left;
vertical-align: top } th { font-weight: 600 } svg { max-width: 100%; height: auto }
pre { white-space: pre-wrap } h2 { margin-top: 2rem }
</style>
<h1>{{ title }}</h1>
<table>{% for name, value in facts %}<tr><th>{{ name }}<td>{{ value }}{% endfor %}</table>
{% for name, chart in charts %}<h2>{{ name }}</h2>{{ chart | safe }}{% endfor %}
<h2>Batches left out</h2>
{% if spikes %}<table><tr><th>step<th>reason<th>batches<th>most likely from<th>tokens by source
{% for spike in spikes %}<tr><td>{{ spike.step }}<td>{{ spike.reason }}
<td>{{ spike.batches[0] }} to {{ spike.batches[1] }}<td>{{ spike.most_likely }}
<td>{% for source, count in spike.tokens_per_source.items() %}{{ source }} {{ count }} {% endfor %}
{% endfor %}</table>{% else %}<p>None.</p>{% endif %}
{% if samples %}<h2>Texts of the model</h2><table>{% for sample in samples %}
<tr><th>step {{ sample.step }}<td>{{ sample.text }}{% endfor %}</table>{% endif %}
<h2>Configuration</h2><pre>{{ config }}</pre></html>
"""

_MAX_SAMPLES = 10
_CHARTS = (
    ("Loss", "nats per token", ("loss", "objective", "validation_loss")),
    ("Bits per byte of the validation text", "bits", ("bits_per_byte",)),
    ("Gradient norm", "before clipping", ("gradient_norm",)),
    ("Speed", "tokens per second", ("tokens_per_second",)),
    ("Model FLOPs utilisation", "share of the device's peak", ("mfu",)),
)

_NAMES = {"objective": "objective (with label smoothing and z-loss)"}


def write_report(run: Path, config: TrainConfig) -> Path:
    """Write ``<run>/report.html`` from the metrics, the spikes and the checkpoints there."""
    rows = read_metrics(run / "metrics.jsonl")
    charts = [
        (name, chart)
        for name, label, keys in _CHARTS
        if (chart := _chart(rows, keys, label)) is not None
    ]
    by_source = sorted({key for row in rows for key in row if key.startswith("source_loss/")})
    chart = _chart(rows, by_source, "nats per token")
    if chart is not None:
        charts.insert(1, ("Loss by source", chart))
    schedule = line_chart({"planned": schedule_line(config)}, "step", "learning rate")
    page = Environment(autoescape=True).from_string(_PAGE)
    text = page.render(
        title=f"Training run {run.resolve().name}",
        facts=_facts(run, rows, config),
        charts=[*charts, ("Schedule", schedule)],
        spikes=_read_rows(run / "spikes.jsonl"),
        samples=_read_rows(run / "samples.jsonl")[-_MAX_SAMPLES:],
        config=json.dumps(without_credentials(config), indent=1),
    )
    path, draft = run / "report.html", run / ".draft-report.html"
    draft.write_text(text, "utf-8")
    draft.replace(path)
    return path


def _facts(run: Path, rows: Sequence[dict[str, Any]], config: TrainConfig) -> list[tuple[str, str]]:
    facts = []
    if rows:
        last = rows[-1]
        facts += [
            ("steps", _steps(last["step"], config)),
            ("last loss", f"{last['loss']:.4f}"),
            ("tokens per second", f"{last['tokens_per_second']:,.0f}"),
            ("waiting for data", f"{last['data_wait']:.1%} of the time"),
            ("memory", f"{last['memory_gib']:.2f} GiB"),
        ]
    validated = [row for row in rows if "validation_loss" in row]
    if validated:
        best = min(validated, key=lambda row: row["validation_loss"])
        facts.append(
            ("best validation loss", f"{best['validation_loss']:.4f} at step {best['step']:,}")
        )
    for which in ("latest", "best"):
        pointer = run / "checkpoints" / which
        if pointer.exists():
            facts.append((f"{which} checkpoint", pointer.read_text("utf-8").strip()))
    latest = run / "checkpoints" / "latest"
    if latest.exists():
        state = checkpoint.read_state(latest.parent / latest.read_text("utf-8").strip())
        facts += [
            ("tokens trained on", f"{state.num_tokens:,}"),
            ("shards", state.manifest_sha256),
            ("ledger of batches", state.ledger_sha256),
        ]
    measured = _read_rows(run / energy.FILE_NAME)
    if measured:
        kwh, kilograms = (sum(row[key] for row in measured) for key in ("kwh", "kg_co2"))
        facts.append(("energy (estimate)", f"{kwh:.3g} kWh, {kilograms:.3g} kg of CO2"))
    return facts


def _steps(done: int, config: TrainConfig) -> str:
    text = f"{done:,} of {config.schedule.num_steps:,}"
    if done < config.schedule.num_steps and config.validation.patience is not None:
        text += f", stopped early: {config.validation.patience} validations without a gain"
    return text


def _chart(rows: Sequence[dict[str, Any]], keys: Sequence[str], label: str) -> str | None:
    lines: dict[str, Line] = {}
    for key in keys:
        points = [(row["step"], row[key]) for row in rows if key in row]
        if points:
            name = _NAMES.get(key, key.removeprefix("source_loss/"))
            lines[name] = ([step for step, _ in points], [value for _, value in points])
    return line_chart(lines, "step", label) if lines else None


def _read_rows(path: Path) -> list[dict[str, Any]]:
    """Rows of a file that is appended to; what a crash has cut short is left out."""
    rows = []
    if path.exists():
        for line in path.read_text("utf-8", errors="replace").split("\n"):  # texts hold others
            with suppress(ValueError):
                rows.append(json.loads(line))
    return rows
