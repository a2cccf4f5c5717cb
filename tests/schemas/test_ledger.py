"""The ledger's words are what readers of it filter by."""

from schemas.ledger import LEDGER, DuplicateRule, Outcome


def test_outcomes_and_rules_keep_their_words():
    assert [o.value for o in Outcome] == ["kept", "dropped", "duplicate", "unreadable"]
    assert [r.value for r in DuplicateRule] == [
        "same_record",
        "same_url",
        "same_text",
        "near_duplicate",
    ]


def test_the_ledger_has_one_row_per_record():
    assert LEDGER.key == ("source_file", "record_offset")
    required = {field.name for field in LEDGER.schema if not field.nullable}
    assert set(LEDGER.key) | {"doc_id", "outcome"} <= required
