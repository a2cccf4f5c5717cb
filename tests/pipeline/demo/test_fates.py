from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.demo.fates import fates_table, find_fates, read_ledger_of
from pipeline.demo.planted import Planted
from schemas.build import BuildManifest
from schemas.errors import DataError
from schemas.ledger import LEDGER
from schemas.shards import canonical_json


def planted(name: str, expected: str, **changes: Any) -> Planted:
    fields = {"name": name, "kind": "kind", "file": "web/a", "expected": expected}
    return Planted.model_validate({**fields, **changes})


def row(key: str, outcome: str, **changes: Any) -> dict[str, Any]:
    empty: dict[str, Any] = dict.fromkeys(LEDGER.schema.names)
    return {
        **empty,
        "source_file": "web/a",
        "record_offset": 0,
        "doc_id": f"id of {key}",
        "source": "web",
        "source_key": f"https://a.example/{key} 2024-05-01",
        "outcome": outcome,
        **changes,
    }


def problem(planted_documents: list[Planted], rows: list[dict[str, Any]]) -> list[str]:
    return [fate.problem for fate in find_fates(rows, planted_documents)]


def test_the_expected_outcome_is_no_problem():
    assert problem([planted("one", "kept")], [row("one", "kept")]) == [""]


def test_another_outcome_is_a_problem():
    assert problem([planted("one", "kept")], [row("one", "dropped")]) == ["expected kept"]


def test_a_drop_by_another_rule_is_a_problem():
    document = planted("one", "dropped", rules=["max_top_", "min_words"])
    assert problem([document], [row("one", "dropped", rule="max_top_3_gram")]) == [""]
    assert problem([document], [row("one", "dropped", rule="max_digits")]) == [
        "expected rule max_top_ or min_words"
    ]


def test_a_missing_or_repeated_row_is_a_problem():
    document = planted("one", "kept")
    assert problem([document], []) == ["0 rows in the ledger"]
    assert problem([document], [row("one", "kept")] * 2) == ["2 rows in the ledger"]


def test_a_name_is_not_found_in_a_longer_one():
    rows = [row("ferry-again", "dropped"), row("ferry", "kept"), row("old-ferry", "dropped")]
    assert problem([planted("ferry", "kept")], rows) == [""]


def test_exactly_one_of_a_group_stays_and_the_others_are_its_duplicates():
    documents = [planted("one", "one of g"), planted("two", "one of g")]
    copy = row("two", "duplicate", duplicate_of="id of one")
    assert problem(documents, [row("one", "kept"), copy]) == ["", ""]
    assert "found 2" in problem(documents, [row("one", "kept"), row("two", "kept")])[0]
    stranger = row("two", "duplicate", duplicate_of="id of three")
    assert "expected a duplicate of" in problem(documents, [row("one", "kept"), stranger])[1]
    assert "found 0" in problem(documents, [row("one", "dropped"), copy])[0]


def test_the_last_record_of_a_file_is_the_one_at_the_highest_offset():
    document = planted("end", "unreadable", last_of_file=True)
    rows = [row("", "unreadable", record_offset=900), row("x", "kept", record_offset=1000)]
    assert problem([document], rows) == ["expected unreadable"]
    assert problem([document], rows[:1]) == [""]


def test_the_table_shows_reasons_and_marks_what_is_wrong():
    rows = [
        row("一", "dropped", rule="max_toxicity", value=0.9123, threshold=0.8),
        row(
            "two",
            "duplicate",
            rule="near_duplicate",
            duplicate_of="0123456789",
            nearest="9876543210",
            similarity=0.87654,
        ),
        row("bad", "unreadable", detail="cut off at byte 7"),
    ]
    documents = [
        planted("一", "dropped"),
        planted("two", "kept"),
        planted("bad", "unreadable"),
        planted("none", "kept"),
    ]
    table = fates_table(find_fates(rows, documents)).splitlines()
    assert "max_toxicity 0.912 (limit 0.8)" in table[2] and table[2].endswith("ok")
    assert "near_duplicate of 01234567, similarity 0.877 with 98765432" in table[3]
    assert table[3].endswith("WRONG: expected kept")
    assert "cut off at byte 7" in table[4]
    assert table[5].endswith("WRONG: 0 rows in the ledger")


def write_corpus(folder: Any, rows: list[dict[str, Any]]) -> None:
    build = BuildManifest(
        build="b",
        inputs=[],
        unrecognised=[],
        records=len(rows),
        outcomes={},
        rules={},
        per_file=[],
        ledger="ledger/v1/batch=b",
        shards="",
        shards_sha256="",
        config={},
        code_version="0",
    )
    (folder / "builds" / "latest").mkdir(parents=True)
    (folder / "builds" / "latest" / "manifest.json").write_text(
        canonical_json(build.model_dump(mode="json")), encoding="utf-8"
    )
    (folder / "ledger/v1/batch=b").mkdir(parents=True)
    pq.write_table(
        pa.Table.from_pylist(rows, schema=LEDGER.schema),
        folder / "ledger/v1/batch=b/part-0.parquet",
    )


def test_the_ledger_of_the_build_in_force_is_read(tmp_path):
    rows = [row("one", "kept"), row("two", "kept", source_file="web/b")]
    write_corpus(tmp_path, rows)
    # A batch that no build names, and what Spark leaves beside the rows.
    (tmp_path / "ledger/v1/batch=old").mkdir()
    (tmp_path / "ledger/v1/batch=old/part-0.parquet").write_bytes(b"none of ours")
    (tmp_path / "ledger/v1/batch=b/_manifest.json").write_text("{}")
    assert read_ledger_of(tmp_path, ["web/a"]) == rows[:1]


def test_a_folder_without_a_build_is_one_clear_error(tmp_path):
    with pytest.raises(DataError, match="make corpus"):
        read_ledger_of(tmp_path, ["web/a"])
