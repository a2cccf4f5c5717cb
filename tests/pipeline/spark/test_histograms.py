import math

import numpy as np
import pyarrow as pa
import pytest

from pipeline.measures.attributes import ATTRIBUTES
from pipeline.spark.arrow import struct_type
from pipeline.spark.histograms import BINS, collect_histograms
from tests.pipeline.spark.report_rows import make_rows

pytestmark = pytest.mark.spark


def test_histograms_count_every_value_in_its_bin(spark):
    rows = make_rows()
    measures = [bins.measure for bins in BINS]
    fields = [ATTRIBUTES.schema.field(measure) for measure in measures]
    records = spark.createDataFrame(
        [tuple(row[name] for name in ("outcome", *measures)) for row in rows],
        struct_type(pa.schema([pa.field("outcome", pa.string()), *fields])),
    )
    histograms = collect_histograms(records)
    assert [histogram.measure for histogram in histograms] == measures
    for bins, histogram in zip(BINS, histograms, strict=True):
        expected: dict[str, list[int]] = {}
        missing = 0
        for row in rows:
            value = row[bins.measure]
            if value is None:
                missing += 1
                continue
            if bins.measure in ("toxicity", "language_score"):  # stored in single precision
                value = float(np.float32(value))
            if bins.logarithmic:
                value = math.log10(max(1, value))
            place = math.floor((value - bins.first) / bins.width)
            counts = expected.setdefault(row["outcome"], [0] * bins.number)
            counts[min(max(place, 0), bins.number - 1)] += 1
        found = {series.outcome.value: series.counts for series in histogram.series}
        assert found == expected, bins.measure
        assert histogram.missing == missing
