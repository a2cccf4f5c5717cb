"""ATTRIBUTES -> how much personal data of each kind all records hold, and kept ones."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from pipeline.report.statistics import PersonalData
from schemas.documents import PiiKind
from schemas.ledger import Outcome

COLUMNS = {kind: f"num_{kind.value}" for kind in PiiKind}
"""Column of ATTRIBUTES that counts each kind."""


def collect_personal_data(records: DataFrame) -> list[PersonalData]:
    """Counts of each kind that occurs, in the order of ``PiiKind``.

    Args:
        records: ``outcome`` and ``COLUMNS`` of every record.
    """
    sums: list[Column] = []
    for name in COLUMNS.values():
        pieces = F.coalesce(F.col(name), F.lit(0))
        kept = F.when(F.col("outcome") == Outcome.KEPT.value, pieces).otherwise(0)
        for count, of in (("", pieces), ("kept_", kept)):
            sums += [
                F.coalesce(F.sum((of > 0).cast("long")), F.lit(0)).alias(
                    f"{count}documents:{name}"
                ),
                F.coalesce(F.sum(of), F.lit(0)).alias(f"{count}pieces:{name}"),
            ]
    row = records.agg(*sums).collect()[0]
    fields = [name for name in PersonalData.model_fields if name != "kind"]
    return [
        PersonalData(kind=kind.value, **{field: row[f"{field}:{name}"] for field in fields})
        for kind, name in COLUMNS.items()
        if row[f"pieces:{name}"]
    ]
