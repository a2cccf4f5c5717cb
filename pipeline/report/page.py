"""The report of a build: one HTML page that needs nothing but itself.

Whatever comes from the corpus or its configuration is escaped by the template engine; only the
plots, which hold no such text, go in as markup. A content security policy forbids scripts and
any access to the network, so even a mistake there could not load or run a thing.
"""

import math
import re
from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import Any, NamedTuple

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

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
from schemas.shards import Manifest

MOST_FILES = 500
"""Rows of the table of files; the rest is one row. Keeps the page below 1.5 MB."""
MOST_SHARDS = 200
MOST_UNRECOGNISED = 300

# What HTML forbids and no reader can see; left in, they would hide in an audit.
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff]")
_BLANK_LINES = re.compile(r"\s*\n\s*")


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
        snippet=lambda text: _BLANK_LINES.sub("\n", show_controls(text)).strip(),
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
        split = {
            name: sum(
                shard.tokens_per_source.get(source, 0)
                for shard in shards.shards
                if shard.split == name
            )
            for name in ("train", "validation")
        }
        if any(split.values()):
            rows.append({"source": source, **split, "total": sum(split.values())})
    return sorted(rows, key=lambda row: (-int(row["total"]), str(row["source"])))


def flatten(tree: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Dotted keys and values of a configuration tree, as ``--set`` takes them.

    >>> list(flatten({"dedup": {"threshold": 0.8}}))
    [('dedup.threshold', '0.8')]
    """
    for key, value in tree.items():
        if isinstance(value, Mapping) and value:
            yield from flatten(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", str(value)


def format_count(count: int) -> str:
    """A whole number with thin groups of three digits.

    >>> format_count(1234567)
    '1,234,567'
    """
    return f"{count:,}"


def format_many(count: int, noun: str) -> str:
    """A number with its noun.

    >>> format_many(1, "file"), format_many(2000, "file")
    ('1 file', '2,000 files')
    """
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def format_share(part: float, whole: float) -> str:
    """A part of a whole in per cent, never broken over lines.

    >>> format_share(1, 3), format_share(1, 100000), format_share(0, 0)
    ('33.3\xa0%', '<\xa00.1\xa0%', '–')
    """
    if not whole:
        return "–"
    percent = 100 * part / whole
    return "<\xa00.1\xa0%" if 0 < percent < 0.1 else f"{percent:.1f}\xa0%"


def format_number(value: float | None) -> str:
    """A measured value, with as many digits as are of use.

    >>> format_number(0.30000001), format_number(50.0), format_number(None)
    ('0.3', '50', '–')
    """
    return "–" if value is None else f"{value:.4g}" if abs(value) < 10_000 else f"{value:,.0f}"


def format_size(size: int | None) -> str:
    """Bytes in the largest unit that leaves a number above one.

    >>> format_size(1536), format_size(12)
    ('1.5 KiB', '12 B')
    """
    if size is None:
        return "–"
    if size < 1024:
        return f"{size} B"
    power = min(4, int(math.log(size, 1024)))
    return f"{size / 1024**power:.1f} {('B', 'KiB', 'MiB', 'GiB', 'TiB')[power]}"


def show_controls(text: str) -> str:
    """Control characters and noncharacters replaced by a visible mark.

    >>> show_controls("a\\x00b")
    'a\ufffdb'
    """
    return _CONTROLS.sub("\ufffd", text)
