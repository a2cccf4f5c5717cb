"""Plots of the report as inline SVG whose colours follow the page, light or dark."""

import io
import re
from collections.abc import Sequence
from typing import Any

import lxml.etree
import matplotlib
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from pipeline.report.statistics import Histogram

# matplotlib knows no CSS variables: it draws in these colours, which are then replaced.
_INK, _GRID = "#010203", "#010204"
_SERIES = {
    "kept": "#010205",
    "dropped": "#010206",
    "duplicate": "#010207",
    "unreadable": "#010208",
}
_CSS = {
    _INK: "var(--ink-soft)",
    _GRID: "var(--line)",
    **{colour: f"var(--{name})" for name, colour in _SERIES.items()},
}
_FONT_FAMILY = re.compile(r"font-family:[^;]*;\s*")
_XLINK_HREF = "{http://www.w3.org/1999/xlink}href"
_STYLE: Any = {  # its keys are an enumeration in some versions of matplotlib and texts in others
    "svg.fonttype": "none",  # text stays text: small, searchable, in the page's own font
    "svg.hashsalt": "corpusmill",  # equal plots, equal bytes
    "font.family": "sans-serif",
    "font.size": 9,
    "text.color": _INK,
    "axes.labelcolor": _INK,
    "axes.edgecolor": _GRID,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "grid.color": _GRID,
}


def draw_histogram(histogram: Histogram, name: str, cuts: Sequence[float] = ()) -> str:
    """Stacked bars of a measured value by outcome.

    Args:
        histogram: what to draw.
        name: unique on the page; identifiers inside the SVG begin with it.
        cuts: thresholds to mark, in units of the value.

    Returns:
        An ``<svg>`` element. All text in it is ASCII.
    """
    with matplotlib.rc_context(_STYLE):
        figure = Figure(figsize=(5.0, 2.1), layout="constrained")
        axes = figure.subplots()
        number = max((len(series.counts) for series in histogram.series), default=0)
        edges = [histogram.first + i * histogram.width for i in range(number)]
        bottom = [0] * number
        for series in histogram.series:
            axes.bar(
                edges,
                series.counts,
                width=histogram.width * 0.92,
                align="edge",
                bottom=bottom,
                color=_SERIES[series.outcome.value],
                linewidth=0,
            )
            bottom = [low + count for low, count in zip(bottom, series.counts, strict=True)]
        for cut in cuts:
            axes.axvline(cut, color=_INK, linewidth=1, linestyle=(0, (3, 2)))
        height = cut_off_height(histogram)
        if height is not None:
            axes.set_ylim(0, height)
            tallest = bottom.index(max(bottom))
            is_left = tallest < number / 2
            axes.annotate(
                f"{bottom[tallest]:,}",
                (edges[tallest] + histogram.width * is_left, height),
                xytext=(4 if is_left else -4, -2),
                textcoords="offset points",
                horizontalalignment="left" if is_left else "right",
                verticalalignment="top",
            )
        filled = [place for place, count in enumerate(bottom) if count]
        if histogram.logarithmic and filled:
            axes.set_xlim(edges[filled[0]], edges[filled[-1]] + histogram.width)
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
            axes.xaxis.set_major_formatter(FuncFormatter(lambda power, _: _short(10**power)))
        elif number:
            axes.set_xlim(edges[0], edges[-1] + histogram.width)
        axes.yaxis.set_major_locator(MaxNLocator(nbins=4, integer=True))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda count, _: f"{count:,.0f}"))
        axes.set_ylabel("records")
        axes.grid(axis="y", linewidth=0.6)
        axes.set_axisbelow(True)
        axes.tick_params(length=0)
        for side in ("top", "right", "left"):
            axes.spines[side].set_visible(False)
        drawn = io.BytesIO()
        figure.savefig(drawn, format="svg", transparent=True, metadata={"Date": None})
    return _inline(drawn.getvalue(), name)


def cut_off_height(histogram: Histogram) -> float | None:
    """Height at which a bar that dwarfs all others is cut off; ``None`` where there is none."""
    heights = sorted(map(sum, zip(*(series.counts for series in histogram.series), strict=True)))
    if len(heights) < 2 or heights[-1] <= 8 * max(1, heights[-2]):
        return None
    return 1.6 * max(1, heights[-2])


def _short(value: float) -> str:
    """A round number with few characters.

    >>> [_short(value) for value in (1, 1000, 100_000, 10_000_000)]
    ['1', '1k', '100k', '10M']
    """
    for unit, letter in ((1_000_000, "M"), (1000, "k")):
        if value >= unit:
            return f"{value / unit:,.0f}{letter}"
    return f"{value:,.0f}"


def _inline(svg: bytes, name: str) -> str:
    """The drawing without what only a file needs: declarations, metadata, namespaces."""
    parser = lxml.etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True)
    root = lxml.etree.fromstring(svg, parser)
    for useless in root.xpath("//*[local-name() = 'metadata' or local-name() = 'style']"):
        useless.getparent().remove(useless)  # the style would apply to the whole page
    for element in root.iter():
        element.tag = lxml.etree.QName(element).localname
        link = element.attrib.pop(_XLINK_HREF, None)
        if link is not None:
            element.set("href", f"#{name}-{link.removeprefix('#')}")
        if "id" in element.attrib:
            element.set("id", f"{name}-{element.get('id')}")
        clip = element.get("clip-path")
        if clip is not None:
            element.set("clip-path", clip.replace("url(#", f"url(#{name}-"))
        style = element.get("style")
        if style is not None:
            for colour, variable in _CSS.items():
                style = style.replace(colour, variable)
            element.set("style", _FONT_FAMILY.sub("", style))
    for attribute in ("width", "height", "version"):
        root.attrib.pop(attribute, None)
    root.set("aria-hidden", "true")  # the table below the plot says the same
    lxml.etree.cleanup_namespaces(root)
    return str(lxml.etree.tostring(root, encoding="unicode"))
