from typing import Any

import pytest

from pipeline.spark.arrow import struct_type
from pipeline.spark.quotes import (
    SNIPPET_CHARACTERS,
    TITLE_CHARACTERS,
    Quotes,
    first_per_group,
    shorten,
)
from schemas.documents import DOCUMENTS
from schemas.ledger import LEDGER
from tests.pipeline.spark.report_rows import make_rows

pytestmark = pytest.mark.spark


def frame(spark: Any, table: Any, rows: list[dict[str, Any]]) -> Any:
    columns = table.schema.names
    values = [tuple(row.get(name) for name in columns) for row in rows]
    return spark.createDataFrame(values, struct_type(table.schema)).cache()


def test_the_smallest_ids_of_each_group_are_taken_and_quoted_with_their_texts(spark):
    rows = make_rows(120)
    ledger = frame(spark, LEDGER, rows)
    found = first_per_group(ledger, "source", 2)
    expected = [
        row["doc_id"]
        for source in ("news", "web", "wiki")
        for row in sorted(
            (row for row in rows if row["source"] == source), key=lambda row: row["doc_id"]
        )[:2]
    ]
    assert [row["doc_id"] for row in found] == expected
    quoted = Quotes(frame(spark, DOCUMENTS, rows), found)
    by_id = {row["doc_id"]: row for row in rows}
    for row in found:
        origin, example = by_id[row["doc_id"]], quoted(row)
        assert example.snippet == shorten(origin["text"], SNIPPET_CHARACTERS)
        assert example.title == shorten(origin["title"], TITLE_CHARACTERS)
        assert example.record_offset == origin["record_offset"]


def test_nothing_to_quote_reads_nothing():
    Quotes(None, [])  # type: ignore[arg-type]


def test_a_text_is_shortened_only_when_it_is_longer():
    assert shorten("abc", 3) == "abc" and shorten("abcd", 3) == "abc…" and shorten(None) is None
