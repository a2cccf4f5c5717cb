"""The report of a build: one HTML page that needs nothing but itself.

Whatever comes from the corpus or its configuration is escaped by the template engine; only the
plots, which hold no such text, go in as markup. A content security policy forbids scripts and
any access to the network, so even a mistake there could not load or run a thing.
"""

import math
from importlib.resources import files
from typing import Any, NamedTuple

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from pipeline.report.formats import (
    flatten,
    format_count,
    format_many,
    format_number,
    format_share,
    format_size,
    format_snippet,
    show_controls,
)
from pipeline.report.names import LANGUAGE_NAMES, MEASURES, explain_rule, measure_of_rule
from pipeline.report.plots import cut_off_height, draw_histogram
from pipeline.report.statistics import (
    Histogram,
    Outcomes,
    Statistics,
    add_up,
    check_funnel,
)
from schemas.build import BuildManifest
from schemas.ledger import Outcome
from schemas.shards import SPLITS, Manifest

MOST_FILES = 500
"""Rows of the table of files; the rest is one row. Keeps the page below 1.5 MB."""
MOST_SHARDS = 200
MOST_UNRECOGNISED = 300


class FileRow(NamedTuple):
    """One line of the table of input files."""

    path: str
    format: str
    source: str
    size: int | None
    outcomes: Outcomes


class Plot(NamedTuple):
    """A histogram as drawing and as table."""

    title: str
    explanation: str
    svg: Markup
    thresholds: list[float]
    rows: list[tuple[str, list[int]]]
    outcomes: list[str]
    missing: int
    is_cut: bool


def render(statistics: Statistics, build: BuildManifest, shards: Manifest) -> str:
    """The page as HTML text.

    The same arguments give the same text.

    Raises:
        DataError: the numbers do not add up; see :func:`check_funnel`.
    """
    check_funnel(build, statistics)
    environment = Environment(
        autoescape=True,
        loader=FunctionLoader(_template),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        count=format_count,
        many=format_many,
        share=format_share,
        number=format_number,
        size=format_size,
        visible=show_controls,
        snippet=format_snippet,
        language=lambda code: LANGUAGE_NAMES.get(code, ""),
        rule=explain_rule,
    )
    total = Outcomes(
        records=build.records,
        **{outcome.value: build.outcomes.get(outcome, 0) for outcome in Outcome},
    )
    rows, remaining = _files(build)
    return environment.get_template("page.html").render(
        build=build,
        shards=shards,
        statistics=statistics,
        total=total,
        outcomes=[outcome.value for outcome in Outcome],
        style=Markup(_template("style.css")),
        files=rows,
        files_remaining=remaining,
        plots=[
            _plot(histogram, f"plot{i}", statistics)
            for i, histogram in enumerate(statistics.histograms)
        ],
        tokens=_token_rows(shards),
        shown_shards=shards.shards[:MOST_SHARDS],
        unrecognised=build.unrecognised[:MOST_UNRECOGNISED],
        config=list(flatten(build.config)),
        redacted=build.config.get("pii", {}).get("redact", ()),
        kept_words=sum(group.kept_words for group in statistics.sources),
        kept_characters=sum(group.kept_characters for group in statistics.sources),
        clusters=sum(row.clusters for row in statistics.cluster_sizes),
    )


def _template(name: str) -> str:
    return (files("pipeline.report") / name).read_text(encoding="utf-8")


def _files(build: BuildManifest) -> tuple[list[FileRow], tuple[int, Outcomes] | None]:
    """Files with unreadable records first, then by path; beyond the limit their sum."""
    facts = {fact.path: fact for fact in build.inputs}
    rows = []
    for counts in sorted(build.per_file, key=lambda row: (-row.unreadable, row.path)):
        fact = facts.get(counts.path)
        rows.append(
            FileRow(
                path=counts.path,
                format=fact.format if fact else "",
                source=fact.source if fact else "",
                size=fact.size if fact else None,
                outcomes=Outcomes.model_validate(counts.model_dump(exclude={"path"})),
            )
        )
    rest = rows[MOST_FILES:]
    return rows[:MOST_FILES], (len(rest), add_up([row.outcomes for row in rest])) if rest else None


def _plot(histogram: Histogram, name: str, statistics: Statistics) -> Plot:
    title, explanation = MEASURES.get(histogram.measure, (histogram.measure, ""))
    thresholds = sorted(
        {
            cut
            for reason in statistics.drop_reasons
            if measure_of_rule(reason.rule) == histogram.measure
            for cut in (reason.smallest_threshold, reason.largest_threshold)
            if cut is not None
        }
    )
    cuts = [math.log10(cut) if histogram.logarithmic else cut for cut in thresholds if cut > 0]
    rows = []
    number = max((len(series.counts) for series in histogram.series), default=0)
    for i in range(number):
        counts = [series.counts[i] for series in histogram.series]
        if any(counts):
            lower = histogram.first + i * histogram.width
            rows.append((_range(lower, lower + histogram.width, histogram.logarithmic), counts))
    return Plot(
        title=title,
        explanation=explanation,
        svg=Markup(draw_histogram(histogram, name, cuts)),
        thresholds=thresholds,
        rows=rows,
        outcomes=[series.outcome.value for series in histogram.series],
        missing=histogram.missing,
        is_cut=cut_off_height(histogram) is not None,
    )


def _range(lower: float, upper: float, logarithmic: bool) -> str:
    if logarithmic:
        return f"{10**lower:,.0f} – {10**upper:,.0f}"
    return f"{lower:.3f} – {upper:.3f}"


def _token_rows(shards: Manifest) -> list[dict[str, Any]]:
    """Tokens per source, by split."""
    rows = []
    for source in shards.sources:
        split: dict[str, int] = {
            name: sum(
                shard.tokens_per_source.get(source, 0)
                for shard in shards.shards
                if shard.split == name
            )
            for name in SPLITS
        }
        if any(split.values()):
            rows.append({"source": source, **split, "total": sum(split.values())})
    return sorted(rows, key=lambda row: (-int(row["total"]), str(row["source"])))
