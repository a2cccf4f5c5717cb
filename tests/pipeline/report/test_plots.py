import lxml.etree
import pytest

from pipeline.report.plots import cut_off_height, draw_histogram
from pipeline.report.statistics import Histogram, Series
from schemas.ledger import Outcome

HISTOGRAM = Histogram(
    measure="toxicity",
    first=0.0,
    width=0.5,
    series=[
        Series(outcome=Outcome.KEPT, counts=[30, 10]),
        Series(outcome=Outcome.DROPPED, counts=[0, 10]),
    ],
)


def bars(svg: str) -> dict[str, list[float]]:
    """Heights of the bars by outcome, in drawing units."""
    heights: dict[str, list[float]] = {}
    for path in lxml.etree.fromstring(svg).iter("path"):
        for outcome in ("kept", "dropped"):
            if f"fill: var(--{outcome})" in (path.get("style") or ""):
                numbers = [float(word) for word in path.get("d").split() if word[0].isdigit()]
                heights.setdefault(outcome, []).append(max(numbers[1::2]) - min(numbers[1::2]))
    return heights


def test_heights_of_bars_are_proportional_to_counts():
    heights = bars(draw_histogram(HISTOGRAM, "p"))
    assert heights["kept"][0] == pytest.approx(3 * heights["kept"][1], rel=1e-3)
    assert heights["dropped"][1] == pytest.approx(heights["kept"][1], rel=1e-3)
    assert heights["dropped"][0] == pytest.approx(0, abs=1e-3)


def test_a_threshold_draws_one_more_line():
    without, marked = (draw_histogram(HISTOGRAM, "p", cuts) for cuts in ((), (0.7,)))
    assert marked.count("stroke-dasharray") == without.count("stroke-dasharray") + 1


def test_the_drawing_is_plain_inline_svg():
    svg = draw_histogram(HISTOGRAM, "p")
    assert svg.startswith("<svg ") and svg.isascii()
    for unwanted in ("http", "<style", "<metadata", "xmlns", "xlink", "font-family", "<!DOCTYPE"):
        assert unwanted not in svg


def test_identifiers_begin_with_the_name_of_the_plot():
    root = lxml.etree.fromstring(draw_histogram(HISTOGRAM, "plot7"))
    identifiers = root.xpath("//@id")
    assert identifiers and all(name.startswith("plot7-") for name in identifiers)


def test_a_histogram_without_series_is_an_empty_frame():
    assert "var(--kept)" not in draw_histogram(HISTOGRAM.model_copy(update={"series": []}), "p")


def test_a_bar_that_dwarfs_all_others_is_cut_off_and_says_its_number():
    counts = [90_000, 10, 7]
    histogram = HISTOGRAM.model_copy(
        update={"series": [Series(outcome=Outcome.KEPT, counts=counts)]}
    )
    height = cut_off_height(histogram)
    assert height is not None and 10 < height < 100
    assert "90,000" in draw_histogram(histogram, "p")
    assert cut_off_height(HISTOGRAM) is None
    assert cut_off_height(HISTOGRAM.model_copy(update={"series": []})) is None
