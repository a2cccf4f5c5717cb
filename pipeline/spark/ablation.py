"""ATTRIBUTES -> what each limit of ``decide`` costs, over all records."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from pipeline.decide.ablation import COUNTS, count_broken
from pipeline.decide.rules import DecideParams
from pipeline.measures.attributes import ATTRIBUTES
from pipeline.report.statistics import LimitCounts
from pipeline.spark.arrow import map_arrow


def collect_limits(attributes: DataFrame, params: DecideParams) -> list[LimitCounts]:
    """Counts of each limit that some record breaks; those that most records break alone first."""
    counted = map_arrow(
        attributes.select(*ATTRIBUTES.schema.names),
        lambda batch: count_broken(batch, params),
        COUNTS,
    )
    sums = [F.sum(name).alias(name) for name in COUNTS.names if name != "rule"]
    rows = (
        counted.groupBy("rule")
        .agg(*sums)
        .where("broken > 0")
        .orderBy(F.desc("broken_alone"), F.desc("broken"), "rule")
        .collect()
    )
    return [LimitCounts(**row.asDict()) for row in rows]
