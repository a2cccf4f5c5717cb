"""What became of the planted documents, read from the ledger of a finished build."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.dataset as ds

from pipeline.demo.planted import Planted, planted_documents
from schemas.build import read_build
from schemas.errors import DataError
from schemas.ledger import LEDGER, Outcome

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Fate:
    """A planted document and its row of the ledger."""

    planted: Planted
    row: Row | None
    problem: str
    """Why this is not what was expected; empty when it is."""

    def reason(self) -> str:
        """Rule with value and threshold, or the document that stayed instead, in short."""
        if self.row is None:
            return ""
        row = self.row
        if row["outcome"] == Outcome.DUPLICATE:
            reason = f"{row['rule']} of {row['duplicate_of'][:8]}"
            if row["similarity"] is not None:
                reason += f", similarity {row['similarity']:.3f}"
                if row["nearest"] not in (None, row["duplicate_of"]):
                    reason += f" with {row['nearest'][:8]}"
            return reason
        reason = row["rule"] or ""
        if row["value"] is not None:
            reason += f" {row['value']:.3g}"
        if row["threshold"] is not None:
            reason += f" (limit {row['threshold']:.3g})"
        if row["outcome"] == Outcome.UNREADABLE:
            reason = row["detail"] or ""
        return reason


def read_ledger_of(corpus: Path, files: Sequence[str]) -> list[dict[str, Any]]:
    """Ledger rows of some input files in the build in force.

    Raises:
        DataError: there is no build, or its ledger is gone.
    """
    build = read_build(corpus / "builds" / "latest" / "manifest.json")
    folder = corpus / build.ledger
    parts = [str(path) for path in sorted(folder.glob("part-*.parquet"))]
    if not parts:
        raise DataError(f"{folder}: no ledger there")
    table = ds.dataset(parts, format="parquet").to_table(
        columns=LEDGER.schema.names, filter=ds.field("source_file").isin(sorted(set(files)))
    )
    rows: list[dict[str, Any]] = table.to_pylist()
    return rows


def find_fates(rows: Sequence[Row], planted: Sequence[Planted] | None = None) -> list[Fate]:
    """The fate of every planted document (``planted``: all of them), in their order."""
    documents = planted_documents() if planted is None else planted
    found = [(document, _row_of(document, rows)) for document in documents]
    return [
        Fate(document, row if isinstance(row, Mapping) else None, _problem(document, row, found))
        for document, row in found
    ]


def _row_of(planted: Planted, rows: Sequence[Row]) -> Row | str:
    """Its row, or what is wrong with the ledger."""
    here = [row for row in rows if row["source_file"] == planted.file]
    if planted.last_of_file:
        here = sorted(here, key=lambda row: int(row["record_offset"]))[-1:]
    elif not planted.whole_file:
        here = [row for row in here if _ends_with(row["source_key"], planted.key)]
    if len(here) != 1:
        return f"{len(here)} rows in the ledger"
    return here[0]


def _ends_with(source_key: str, key: str) -> bool:
    """Whether ``key`` is a whole part of ``source_key``: ``ferry`` is none of ``/ferry-again``."""
    start = source_key.find(key)
    if start < 0:
        return False
    end = start + len(key)
    before = source_key[start - 1] if start else "/"
    after = source_key[end] if end < len(source_key) else " "
    return not (before.isalnum() or before == "-" or after.isalnum() or after == "-")


def _problem(planted: Planted, row: Row | str, found: Sequence[tuple[Planted, Row | str]]) -> str:
    if isinstance(row, str):
        return row
    if planted.group is None:
        if row["outcome"] != planted.expected:
            return f"expected {planted.expected}"
        rule = row["rule"] or ""
        if planted.rules and not rule.startswith(tuple(planted.rules)):
            return f"expected rule {' or '.join(planted.rules)}"
        return ""
    group = [other for document, other in found if document.group == planted.group]
    rows = [other for other in group if isinstance(other, Mapping)]
    kept = [other for other in rows if other["outcome"] == Outcome.KEPT]
    if len(kept) != 1:
        return f"expected one kept document of {planted.group}, found {len(kept)}"
    if row["outcome"] == Outcome.KEPT:
        return ""
    if row["outcome"] != Outcome.DUPLICATE or row["duplicate_of"] != kept[0]["doc_id"]:
        return f"expected a duplicate of {kept[0]['source_key']}"
    return ""


def fates_table(fates: Sequence[Fate]) -> str:
    """The fates as a table of text, one line each."""
    head = ("document", "kind", "expected", "outcome", "reason", "")
    lines = [
        (
            fate.planted.name,
            fate.planted.kind,
            fate.planted.expected,
            "" if fate.row is None else str(fate.row["outcome"]),
            fate.reason()[:60],
            f"WRONG: {fate.problem}" if fate.problem else "ok",
        )
        for fate in fates
    ]
    widths = [max(_width(line[column]) for line in (head, *lines)) for column in range(len(head))]
    return "\n".join(
        "  ".join(_pad(cell, width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in (head, tuple("-" * width for width in widths), *lines)
    )


def _width(text: str) -> int:
    # Chinese characters take two places in a terminal.
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def _pad(text: str, width: int) -> str:
    return text + " " * (width - _width(text))
