"""Measured values -> histograms by outcome, with native columns."""

from typing import NamedTuple

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from pipeline.report.statistics import Histogram, Series
from schemas.ledger import Outcome


class Bins(NamedTuple):
    """Equal bins of one measured value, fixed beforehand so that one pass is enough."""

    measure: str
    first: float
    width: float
    number: int
    logarithmic: bool = False


BINS = (
    Bins("quality_score", 0.0, 0.025, 40),
    Bins("toxicity", 0.0, 0.025, 40),
    Bins("language_score", 0.0, 0.025, 40),
    Bins("num_characters", 0.0, 0.2, 35, logarithmic=True),
)


def collect_histograms(records: DataFrame) -> list[Histogram]:
    """A histogram of each value in ``BINS``, in one pass.

    Args:
        records: ``outcome`` and the measured columns, null where there is no text.
    """
    cells = F.explode(
        F.array(
            *[
                F.struct(F.lit(bins.measure).alias("measure"), _bin(bins).alias("bin"))
                for bins in BINS
            ]
        )
    )
    rows = (
        records.select("outcome", cells.alias("cell"))
        .groupBy("outcome", "cell.measure", "cell.bin")
        .count()
        .collect()
    )
    histograms = []
    for bins in BINS:
        series = {outcome: [0] * bins.number for outcome in Outcome}
        missing = 0
        for row in rows:
            if row["measure"] != bins.measure:
                continue
            if row["bin"] is None:
                missing += row["count"]
            else:
                series[Outcome(row["outcome"])][row["bin"]] += row["count"]
        histograms.append(
            Histogram(
                measure=bins.measure,
                first=bins.first,
                width=bins.width,
                logarithmic=bins.logarithmic,
                series=[
                    Series(outcome=outcome, counts=counts)
                    for outcome, counts in series.items()
                    if any(counts)
                ],
                missing=missing,
            )
        )
    return histograms


def _bin(bins: Bins) -> Column:
    value = F.col(bins.measure).cast("double")
    if bins.logarithmic:
        value = F.log10(F.when(value < 1, 1.0).otherwise(value))
    place = F.floor((value - bins.first) / bins.width)
    bounded = F.least(F.greatest(place, F.lit(0)), F.lit(bins.number - 1))
    return F.when(value.isNotNull(), bounded).cast("int")
