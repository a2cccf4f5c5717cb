"""Personal data of all records and of kept ones, kind by kind."""

import pytest

from pipeline.report.statistics import PersonalData
from pipeline.spark.personal_data import COLUMNS, collect_personal_data
from schemas.documents import PiiKind

pytestmark = pytest.mark.spark


def records(spark, *rows):
    columns = ", ".join(f"{name} long" for name in COLUMNS.values())
    counts = [
        (outcome, *(None if found is None else found.get(kind, 0) for kind in COLUMNS))
        for outcome, found in rows
    ]
    return spark.createDataFrame(counts, f"outcome string, {columns}")


def test_pieces_and_records_are_counted_in_all_and_in_kept(spark):
    frame = records(
        spark,
        ("kept", {PiiKind.EMAIL: 3, PiiKind.PHONE: 1}),
        ("kept", {PiiKind.EMAIL: 2}),
        ("kept", {}),
        ("dropped", {PiiKind.EMAIL: 5, PiiKind.IBAN: 1}),
        ("unreadable", None),
    )
    assert collect_personal_data(frame) == [
        PersonalData(kind="email", documents=3, pieces=10, kept_documents=2, kept_pieces=5),
        PersonalData(kind="iban", documents=1, pieces=1, kept_documents=0, kept_pieces=0),
        PersonalData(kind="phone", documents=1, pieces=1, kept_documents=1, kept_pieces=1),
    ]


def test_no_record_has_none(spark):
    assert collect_personal_data(records(spark)) == []
