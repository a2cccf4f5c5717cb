from typing import Any

import pytest

import jobs.show_fates
from jobs.show_fates import main
from pipeline.demo.planted import planted_documents
from schemas.ledger import LEDGER


def rows_as_expected() -> list[dict[str, Any]]:
    kept: dict[str, str] = {}
    rows = []
    for number, planted in enumerate(planted_documents()):
        row: dict[str, Any] = dict.fromkeys(LEDGER.schema.names)
        row.update(source_file=planted.file, record_offset=number, doc_id=f"id{number}")
        row.update(source_key=planted.key, source="web", outcome=planted.expected)
        if planted.group:
            is_first = planted.group not in kept
            survivor = kept.setdefault(planted.group, row["doc_id"])
            row["outcome"] = "kept" if is_first else "duplicate"
            if not is_first:
                row.update(rule="same_text", duplicate_of=survivor, similarity=1.0)
        elif planted.rules:
            row["rule"] = planted.rules[0]
        rows.append(row)
    return rows


def test_all_as_expected_is_0(monkeypatch, capsys):
    monkeypatch.setattr(jobs.show_fates, "read_ledger_of", lambda *_: rows_as_expected())
    assert main(["--corpus", "somewhere"]) == 0
    said = capsys.readouterr().out
    number = len(planted_documents())
    assert f"{number} of {number} as expected" in said and "WRONG" not in said


def test_one_other_fate_is_1_and_is_named(monkeypatch, capsys):
    rows = rows_as_expected()
    [tirade] = [row for row, p in zip(rows, planted_documents(), strict=True) if p.name == "tirade"]
    tirade.update(outcome="kept", rule=None)
    monkeypatch.setattr(jobs.show_fates, "read_ledger_of", lambda *_: rows)
    assert main(["--corpus", "somewhere"]) == 1
    wrong = [line for line in capsys.readouterr().out.splitlines() if "WRONG" in line]
    assert len(wrong) == 1 and wrong[0].startswith("tirade")


def test_no_build_is_one_line(tmp_path, capsys):
    assert main(["--corpus", str(tmp_path)]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_the_corpus_must_be_named():
    with pytest.raises(SystemExit) as stop:
        main([])
    assert stop.value.code == 2
