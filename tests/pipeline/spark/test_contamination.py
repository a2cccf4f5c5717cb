"""Who is set aside for OVERLAPS, and what is cut."""

import pytest

from pipeline.measures.contamination_sets import ContaminationParams, EvaluationSet
from pipeline.spark.arrow import struct_type
from pipeline.spark.contamination import (
    count_overlaps,
    searching,
    set_aside,
    with_overlaps,
)
from schemas.contamination import OVERLAPS
from schemas.dedup import CUTS

pytestmark = pytest.mark.spark

SETS = (
    EvaluationSet(path="a/quiz.jsonl", name="quiz", sha256="0" * 64),
    EvaluationSet(path="b/zh.jsonl", name="zh", sha256="1" * 64),
)


@pytest.fixture
def overlaps(spark):
    rows = [
        ("0", "a", 0, ["quiz", "zh"], [7, 1], [1.0, 0.5], [0, 4, 8, 12], 10),
        ("1", "a", 1, ["quiz"], [9], [0.25], [3, 9], 90),
        ("2", "a", 2, ["quiz"], [9], [0.25], [3, 9], 90),
    ]
    return spark.createDataFrame(rows, struct_type(OVERLAPS.schema))


@pytest.fixture
def judged(spark):
    rows = [
        ("a", 0, "kept", None, None, None, None, "web"),
        ("a", 1, "kept", None, None, None, None, "web"),
        ("a", 2, "dropped", "min_words", 3.0, 50.0, None, "web"),
        ("a", 3, "kept", None, None, None, None, "web"),
    ]
    columns = (
        "source_file string, record_offset long, outcome string, rule string, value double,"
        " threshold double, detail string, source string"
    )
    return spark.createDataFrame(rows, columns)


def fates(frame):
    columns = ("outcome", "rule", "value", "threshold", "detail")
    return [
        tuple(row[name] for name in columns) for row in frame.orderBy("record_offset").collect()
    ]


KEPT = ("kept", None, None, None, None)
BEFORE = ("dropped", "min_words", 3.0, 50.0, None)


@pytest.mark.parametrize(
    ("action", "first_two"),
    [
        (
            "drop",
            [
                ("dropped", "contaminated", 1.0, 0.2, "quiz:7"),
                ("dropped", "contaminated", 0.25, 0.2, "quiz:9"),
            ],
        ),
        ("cut", [("dropped", "contaminated", 1.0, 0.2, "quiz:7"), KEPT]),
        ("annotate", [KEPT, KEPT]),
    ],
)
def test_kept_records_are_set_aside_by_the_action(judged, overlaps, action, first_two):
    params = ContaminationParams(sets=SETS, action=action, min_overlap=0.2)
    found = set_aside(judged, overlaps, params)
    assert found.columns == judged.columns
    assert fates(found) == [*first_two, BEFORE, KEPT]


def test_counts_are_of_all_records_by_set_and_of_kept_ones(judged, overlaps):
    kept = judged.where("outcome = 'kept'").select(*OVERLAPS.key)
    params = ContaminationParams(sets=SETS, action="cut")
    counts = count_overlaps(overlaps, kept, params, {"zh": 5})
    assert [(one.name, one.items, one.too_short, one.documents) for one in counts.sets] == [
        ("quiz", 2, 0, 3),
        ("zh", 1, 5, 1),
    ]
    assert (counts.kept, counts.passages) == (2, 3)
    annotated = ContaminationParams(sets=SETS, action="annotate")
    assert count_overlaps(overlaps, kept, annotated, {}).passages == 0


def test_spans_of_both_kinds_are_cut_together(spark, overlaps):
    cuts = spark.createDataFrame(
        [("1", "a", 1, [5, 20]), ("3", "a", 3, [0, 2])], struct_type(CUTS.schema)
    )
    rows = with_overlaps(cuts, overlaps).collect()
    spans = {row["record_offset"]: sorted(row["spans"]) for row in rows}
    assert spans == {0: [0, 4, 8, 12], 1: [3, 5, 9, 20], 2: [3, 9], 3: [0, 2]}
    assert with_overlaps(None, overlaps).count() == 3


def test_what_is_done_later_does_not_search_again():
    one, other = (
        ContaminationParams(sets=SETS, action=action, min_words_left=left)
        for action, left in (("cut", 5), ("drop", 50))
    )
    assert searching(one) == searching(other)
    assert searching(one) != searching(one.model_copy(update={"min_words": 12}))
    moved = (SETS[0].model_copy(update={"path": "c/quiz.jsonl"}), SETS[1])
    assert searching(one) == searching(one.model_copy(update={"sets": moved}))
