"""One row per record, and the proof that refuses anything else."""

import pytest

from pipeline.spark.ledger import check_ledger, counts_by_file, counts_by_rule, ledger_rows
from schemas.errors import DataError
from schemas.ledger import LEDGER

pytestmark = pytest.mark.spark

JUDGED = (
    "doc_id string, source_file string, record_offset long, outcome string, rule string, "
    "value double, threshold double, detail string, source string, source_key string, "
    "published timestamp, quality_score double, num_characters long"
)
FOUND = (
    "source_file string, record_offset long, rule string, duplicate_of string, nearest string, "
    "similarity double"
)


def judged(spark):
    tail = ("web", "key", None, 0.5, 100)
    rows = [
        ("d0", "a", 0, "kept", None, None, None, None, *tail),
        ("d1", "a", 9, "dropped", "min_words", 3.0, 20.0, None, *tail),
        ("d0", "b", 0, "kept", None, None, None, None, *tail),
        ("d2", "b", 5, "unreadable", None, None, None, "torn at byte 5", *tail),
    ]
    return spark.createDataFrame(rows, JUDGED)


def ledger(spark):
    found = [("b", 0, "same_record", "d0", "d0", 1.0)]
    return ledger_rows(judged(spark), spark.createDataFrame(found, FOUND))


def test_a_duplicate_overrides_kept_and_nothing_else_changes(spark):
    rows = {(row["source_file"], row["record_offset"]): row for row in ledger(spark).collect()}
    assert ledger(spark).columns == LEDGER.schema.names
    assert rows["a", 0]["outcome"] == "kept"
    assert (rows["b", 0]["outcome"], rows["b", 0]["rule"]) == ("duplicate", "same_record")
    assert rows["b", 0]["duplicate_of"] == "d0"
    assert (rows["a", 9]["rule"], rows["a", 9]["value"], rows["a", 9]["threshold"]) == (
        "min_words",
        3.0,
        20.0,
    )
    assert rows["b", 5]["detail"] == "torn at byte 5"


def test_counts_add_up_by_outcome_file_and_rule(spark):
    rows = ledger(spark)
    outcomes = {"kept": 1, "dropped": 1, "duplicate": 1, "unreadable": 1}
    assert check_ledger(rows, 4) == outcomes
    assert counts_by_rule(rows) == {"min_words": 1, "same_record": 1}
    assert counts_by_file(rows) == [
        {"path": "a", "records": 2, "kept": 1, "dropped": 1, "duplicate": 0, "unreadable": 0},
        {"path": "b", "records": 2, "kept": 0, "dropped": 0, "duplicate": 1, "unreadable": 1},
    ]


def test_a_lost_a_repeated_and_an_invented_row_are_refused(spark):
    rows = ledger(spark)
    with pytest.raises(DataError, match="5 records read, 4 rows"):
        check_ledger(rows, 5)
    with pytest.raises(DataError, match="4 records read, 3 rows"):
        check_ledger(rows.where("record_offset != 9"), 4)
    with pytest.raises(DataError, match="4 rows, 3 distinct keys"):
        check_ledger(rows.where("record_offset != 9").union(rows.limit(1)), 4)


def test_an_unknown_outcome_is_refused(spark):
    rows = ledger(spark).selectExpr(
        *[name if name != "outcome" else "'lost' AS outcome" for name in LEDGER.schema.names]
    )
    with pytest.raises(DataError, match="unknown outcomes"):
        check_ledger(rows, 4)
