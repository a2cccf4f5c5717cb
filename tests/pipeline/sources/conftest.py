"""Reading a dump that a test has just written."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.sources.inputs import InputParams, InputRule
from pipeline.sources.readers import read_file
from pipeline.sources.recognise import scan
from schemas.documents import DOCUMENTS

Row = dict[str, Any]
ReadDump = Callable[..., list[Row]]


def rows_of(folder: Path, rules: tuple[InputRule, ...] = (), **limits: int) -> list[Row]:
    """All rows of a folder or file, each checked against the contract and for its one state."""
    inventory = scan(str(folder), rules)
    params = InputParams(rules=rules, **limits)
    rows = [
        row
        for file in inventory.files
        for batch in read_file(inventory.root, file, params)
        for row in DOCUMENTS.check(batch).to_pylist()
    ]
    for row in rows:
        states = [row["text"], row["skip_rule"], row["error"]]
        assert sum(state is not None for state in states) == 1, row
        assert row["error"] is None or "\n" not in row["error"]
    keys = [(row["source_file"], row["record_offset"]) for row in rows]
    assert len(set(keys)) == len(keys), "two records at one offset"
    return rows


@pytest.fixture
def read_dump(tmp_path: Path) -> ReadDump:
    """``read_dump(name, content)``: rows of a dump with that name and content."""

    def read(
        name: str, content: bytes, rules: tuple[InputRule, ...] = (), **limits: int
    ) -> list[Row]:
        path = tmp_path / "dumps" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return rows_of(tmp_path / "dumps", rules, **limits)

    return read


def state(row: Row) -> str:
    """``text``, the rule that skipped the record, or ``error``."""
    return "text" if row["text"] is not None else row["skip_rule"] or "error"
