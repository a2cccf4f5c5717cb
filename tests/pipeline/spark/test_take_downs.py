"""The ledger after take-downs, on rows written here."""

import json

import pytest

from pipeline.spark.arrow import struct_type
from pipeline.spark.take_downs import (
    leave_out,
    name_without,
    read_revived,
    read_take_downs,
    take_out,
)
from schemas.ledger import LEDGER


def row(doc_id, outcome, number, of=None, rule=None):
    values = dict.fromkeys(LEDGER.schema.names)
    values.update(source_file="a", record_offset=number, doc_id=doc_id, source="web")
    values.update(source_key=doc_id, outcome=outcome, duplicate_of=of, rule=rule)
    return tuple(values.values())


def fates(spark, rows, taken):
    frame = spark.createDataFrame(rows, struct_type(LEDGER.schema))
    return {
        found["record_offset"]: (found["outcome"], found["rule"], found["detail"])
        for found in take_out(frame, taken).collect()
    }


DROPPED = ("dropped", "taken_down", None)


@pytest.mark.spark
def test_only_the_document_and_its_copies_go(spark):
    rows = [
        row("a", "kept", 0),
        row("a", "duplicate", 1, of="a", rule="same_record"),
        row("b", "duplicate", 2, of="a", rule="same_text"),
        row("c", "kept", 3),
        row("d", "duplicate", 4, of="c", rule="same_text"),
        row("e", "dropped", 5, rule="min_words"),
        row("f", "unreadable", 6),
    ]
    found = fates(spark, rows, {"a": True, "e": True, "absent": True})
    assert found == {
        0: DROPPED,
        1: DROPPED,
        2: ("dropped", "copy_of_taken_down", "a"),
        3: ("kept", None, None),
        4: ("duplicate", "same_text", None),
        5: ("dropped", "min_words", None),
        6: ("unreadable", None, None),
    }


@pytest.mark.spark
def test_a_better_copy_that_came_later_does_not_bring_the_text_back(spark):
    rows = [
        row("new", "kept", 0),
        row("a", "duplicate", 1, of="new", rule="near_duplicate"),
        row("b", "duplicate", 2, of="new", rule="near_duplicate"),
    ]
    copy = ("dropped", "copy_of_taken_down", "a")
    assert fates(spark, rows, {"a": True}) == {0: copy, 1: DROPPED, 2: copy}
    # One that was a duplicate when it was taken down takes its survivor along never.
    assert fates(spark, rows, {"a": False}) == {
        0: ("kept", None, None),
        1: DROPPED,
        2: ("duplicate", "near_duplicate", None),
    }


def test_all_requests_add_up(tmp_path):
    assert read_take_downs(str(tmp_path)) == {}
    folder = tmp_path / "take_downs"
    folder.mkdir()
    (folder / "1.json").write_text(json.dumps({"documents": {"a": False, "b": True}}))
    (folder / "2.json").write_text(json.dumps({"documents": {"a": True}}))
    (folder / ".draft.json").write_text("torn")
    assert read_take_downs(str(tmp_path)) == {"a": True, "b": True}
    assert name_without("x", {}) == "x"
    assert name_without("x", {"a": True}) != name_without("x", {"a": False})


def test_what_was_ever_taken_down_with_its_copies_is_not_revived(tmp_path):
    assert read_revived(str(tmp_path)) == []
    folder = tmp_path / "take_downs"
    folder.mkdir()
    revive = {"documents": {"a": True, "b": True}, "revive_copies": True}
    (folder / "1.json").write_text(json.dumps(revive))
    assert read_revived(str(tmp_path)) == ["a", "b"]
    (folder / "2.json").write_text(json.dumps({"documents": {"a": True}}))
    assert read_revived(str(tmp_path)) == ["b"]
    assert read_take_downs(str(tmp_path)) == {"a": True, "b": True}


@pytest.mark.spark
def test_documents_are_left_out_before_duplicates_are_looked_for(spark):
    rows = [
        row("a", "kept", 0),
        row("a", "kept", 1),
        row("b", "kept", 2),
        row("c", "dropped", 3, rule="min_words"),
    ]
    frame = spark.createDataFrame(rows, struct_type(LEDGER.schema))
    assert leave_out(frame, []) is frame
    found = leave_out(frame, ["a", "c", "absent"])
    assert found.columns == frame.columns
    assert {one["record_offset"]: (one["outcome"], one["rule"]) for one in found.collect()} == {
        0: ("dropped", "taken_down"),
        1: ("dropped", "taken_down"),
        2: ("kept", None),
        3: ("dropped", "min_words"),
    }
