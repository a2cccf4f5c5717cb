"""Records found by each of their names."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.rights.records import Record, find_records
from pipeline.rights.trace import read_build_in_force
from schemas.ledger import LEDGER

pytestmark = [pytest.mark.spark, pytest.mark.slow]


@pytest.fixture(scope="module")
def ledger(corpus):
    built, output = corpus
    parts = sorted((output / built.manifest.ledger).glob("part-*.parquet"))
    return pa.concat_tables([pq.read_table(part) for part in parts]).to_pylist()


def test_every_record_is_found_by_its_id_and_by_its_place(corpus, ledger):
    _, output = corpus
    build = read_build_in_force(str(output))
    places = [f"{row['source_file']}@{row['record_offset']}" for row in ledger]
    names = [*places, *{row["doc_id"] for row in ledger}]
    found = find_records(str(output), build, names)
    for row, place in zip(ledger, places, strict=True):
        assert [dict(record.ledger) for record in found[place]] == [row]
        assert row in [record.ledger for record in found[row["doc_id"]]]


def test_a_url_is_compared_without_scheme_and_fragment(corpus):
    _, output = corpus
    build = read_build_in_force(str(output))
    names = ["http://www.copy.example/near#top", "https://copy.example/nea", "f" * 32]
    found = find_records(str(output), build, names)
    near, none, unknown = (found[name] for name in names)
    assert {record.url for record in near} == {"https://copy.example/near"}
    # The second file is a copy of the first: the same record twice.
    assert {record.ledger["source_file"] for record in near} == {
        "news/stories.jsonl",
        "news/stories_copy.jsonl",
    }
    assert near[0].title
    assert none == unknown == []


def test_fates_in_words():
    row = dict.fromkeys(LEDGER.schema.names)
    duplicate = {"outcome": "duplicate", "rule": "near_duplicate", "duplicate_of": "ab"}
    assert Record({**row, "outcome": "kept"}, None, None).fate() == "kept"
    assert (
        Record({**row, **duplicate, "similarity": 0.9}, None, None).fate()
        == "duplicate: near_duplicate of ab (similarity 0.900)"
    )
    near = {**duplicate, "similarity": 0.9, "nearest": "ab"}
    assert Record({**row, **near}, None, None).fate().endswith("of ab (similarity 0.900)")
    # In a chain the similarity is that with the neighbour, not with the survivor.
    chained = {**near, "nearest": "cd"}
    assert (
        Record({**row, **chained}, None, None).fate()
        == "duplicate: near_duplicate of ab (similarity 0.900 with its nearest, cd)"
    )
    broken = {"outcome": "unreadable", "detail": "not JSON"}
    assert Record({**row, **broken}, None, None).fate() == "unreadable: not JSON"
