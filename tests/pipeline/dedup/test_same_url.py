"""Which documents of one URL stand behind another."""

from datetime import UTC, datetime

import pytest

from pipeline.dedup.same_url import fall_together, same_url

pytestmark = pytest.mark.spark

OLD, NEW = datetime(2020, 1, 1, tzinfo=UTC), datetime(2024, 1, 1, tzinfo=UTC)
PAGE = "https://example.org/page"
# doc_id, num_characters, published, url, fetched
DOCUMENTS = [
    ("old", 10, None, PAGE, OLD),
    ("new", 10, None, PAGE + "#top", NEW),
    ("long", 99, None, "http://www.example.org/page/", OLD),
    ("never", 50, NEW, PAGE, None),
    ("other", 10, None, PAGE + "?id=1", OLD),
    ("nowhere", 10, None, None, OLD),
    ("book", 10, None, "urn:isbn:1", OLD),
    ("book2", 10, None, "urn:isbn:1", OLD),
    ("a", 10, OLD, "http://a.example", None),
    ("b", 10, NEW, "http://a.example", None),
    ("x2", 10, None, "http://x.example", None),
    ("x1", 10, None, "http://x.example", None),
]


@pytest.fixture(scope="module")
def frames(spark):
    firsts = spark.createDataFrame(
        [(d, "f", i, size, published) for i, (d, size, published, _, _) in enumerate(DOCUMENTS)],
        "doc_id string, source_file string, record_offset long, num_characters long, "
        "published timestamp",
    )
    documents = spark.createDataFrame(
        [("f", i, url, fetched) for i, (_, _, _, url, fetched) in enumerate(DOCUMENTS)],
        "source_file string, record_offset long, url string, fetched timestamp",
    )
    return firsts, documents


@pytest.mark.parametrize(("prefer", "page"), [("latest", "new"), ("longest", "long")])
def test_one_document_of_a_url_is_preferred(frames, prefer, page):
    rows = same_url(*frames, prefer).collect()
    behind = {row.doc_id: row.stands_for for row in rows}
    expected = dict.fromkeys({"old", "new", "long", "never"} - {page}, page)
    # Of equal age and length the later publication counts, then the smaller id.
    assert behind == expected | {"a": "b", "x2": "x1"}
    assert {(row.rule, row.similarity) for row in rows} == {("same_url", None)}
    assert len(rows) == len(behind)


def test_further_occurrences_stand_behind_the_same_one(spark, frames):
    others = same_url(*frames, "latest")
    repeats = [
        ("g", 0, "old", "old", "same_record", 1.0),
        ("g", 1, "new", "new", "same_record", 1.0),
    ]
    frame = spark.createDataFrame(
        repeats,
        "source_file string, record_offset long, doc_id string, stands_for string, rule string, "
        "similarity double",
    )
    found = {
        row.doc_id: (row.stands_for, row.rule) for row in fall_together(frame, others).collect()
    }
    assert found == {"old": ("new", "same_record"), "new": ("new", "same_record")}
