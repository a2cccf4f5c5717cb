"""Records of a corpus by any of their names: document id, URL, or place in an input file.

Reads the tables with Arrow alone, a batch of rows at a time: no Spark, and memory does not grow
with the corpus.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from pipeline.dedup.urls import url_key
from pipeline.spark.tables import committed_batches, filesystem
from schemas.build import BuildManifest
from schemas.documents import DOCUMENTS
from schemas.errors import DataError
from schemas.ledger import LEDGER, Outcome

_DOC_ID = re.compile(r"[0-9a-f]{32}")
_PLACE = re.compile(r"(.+)@(\d+)", re.DOTALL)
_FACTS = ("doc_id", "source_file", "record_offset", "url", "title")


@dataclass(frozen=True, slots=True)
class Record:
    """One record: its row of the ledger, and what DOCUMENTS says of it."""

    ledger: Mapping[str, Any]
    url: str | None
    title: str | None

    @property
    def doc_id(self) -> str:
        """Its document id."""
        return str(self.ledger["doc_id"])

    @property
    def place(self) -> str:
        """Input file and offset, as a name that :func:`find_records` takes."""
        return _place(self.ledger)

    def fate(self) -> str:
        """Outcome with rule, value and threshold, or the document that stayed instead.

        >>> row = {"outcome": "dropped", "rule": "min_words", "value": 3.0, "threshold": 50.0}
        >>> Record({**row, "detail": None}, None, None).fate()
        'dropped: min_words 3 (limit 50)'
        """
        row = self.ledger
        words = [row["rule"]]
        if row["outcome"] == Outcome.DUPLICATE:
            words.append(f"of {row['duplicate_of']}")
            if row["similarity"] is not None:
                words.append(f"(similarity {row['similarity']:.3f}{_neighbour(row)})")
        elif row["value"] is not None:
            words.append(f"{row['value']:.6g}")
        if row["threshold"] is not None:
            words.append(f"(limit {row['threshold']:.6g})")
        words.append(row["detail"])
        reason = " ".join(word for word in words if word)
        return f"{row['outcome']}: {reason}" if reason else str(row["outcome"])


def _neighbour(row: Mapping[str, Any]) -> str:
    """Whom the similarity is with, where that is not the document that stayed."""
    is_survivor = row["nearest"] in (None, row["duplicate_of"])
    return "" if is_survivor else f" with its nearest, {row['nearest']}"


@dataclass(slots=True)
class _Wanted:
    doc_ids: set[str] = field(default_factory=set)
    keys: set[str] = field(default_factory=set)
    hosts: set[str] = field(default_factory=set)
    files: set[str] = field(default_factory=set)


def find_records(root: str, build: BuildManifest, names: Sequence[str]) -> dict[str, list[Record]]:
    """Records of a build by name, in ledger order; an unknown name has none.

    A name is a document id (32 hexadecimal digits), a URL (compared as the deduplication does,
    without scheme, ``www.`` and fragment), a place in an input (``news/a.jsonl@1234``), or a
    record's ``source_key``.

    Raises:
        DataError: the ledger is gone.
    """
    wanted = _Wanted()
    for name in names:
        if _DOC_ID.fullmatch(name):
            wanted.doc_ids.add(name)
        if key := url_key(name):
            wanted.keys.add(key)
            wanted.hosts.add((urlsplit(name).hostname or "").removeprefix("www."))
        if match := _PLACE.fullmatch(name):
            wanted.files.add(match[1])
    batches = [
        DOCUMENTS.path(root, manifest.batch) for manifest in committed_batches(DOCUMENTS, root)
    ]
    by_url = _places_by_url(batches, wanted) if wanted.keys else {}
    files = wanted.files | {place.rpartition("@")[0] for _, place in by_url}
    condition = (
        ds.field("doc_id").isin(_strings(wanted.doc_ids))
        | ds.field("source_key").isin(_strings(names))
        | ds.field("source_file").isin(_strings(files))
    )
    found: dict[str, list[Record]] = {name: [] for name in names}
    names_of: dict[str | None, list[str]] = {}
    for name in found:
        for key in {name, url_key(name)} - {None}:
            names_of.setdefault(key, []).append(name)
    rows = []
    for row in _rows(f"{root.rstrip('/')}/{build.ledger}", LEDGER.schema.names, condition):
        place = _place(row)
        called = (row["doc_id"], row["source_key"], place, by_url.get((row["doc_id"], place)))
        own = {name: None for key in called for name in names_of.get(key, ())}
        if own:
            rows.append((place, own, row))
    rows.sort(key=lambda hit: (hit[2]["source_file"], hit[2]["record_offset"]))
    facts = _facts(batches, [row for _, _, row in rows])
    for place, own, row in rows:
        fact = facts.get((row["doc_id"], place), {})
        for name in own:
            found[name].append(Record(row, fact.get("url"), fact.get("title")))
    return found


def _places_by_url(batches: Sequence[str], wanted: _Wanted) -> dict[tuple[str, str], str]:
    """Keys of the wanted URLs by id and place: a file that changed left its old rows behind."""
    found = {}
    hosts = "|".join(re.escape(host) for host in sorted(wanted.hosts))
    for folder in batches:
        condition = pc.match_substring_regex(ds.field("url"), hosts, ignore_case=True)
        for row in _rows(folder, _FACTS, condition):
            key = url_key(row["url"])
            if key in wanted.keys:
                found[row["doc_id"], _place(row)] = str(key)
    return found


def _facts(
    batches: Sequence[str], rows: Collection[Mapping[str, Any]]
) -> dict[tuple[str, str], Mapping[str, Any]]:
    """Rows of DOCUMENTS by id and place."""
    found = {}
    condition = ds.field("doc_id").isin(_strings(row["doc_id"] for row in rows))
    for folder in batches if rows else ():
        for row in _rows(folder, _FACTS, condition):
            found[row["doc_id"], _place(row)] = row
    return found


def _strings(values: Iterable[str]) -> pa.Array:
    return pa.array(sorted(set(values)), pa.string())


def _place(row: Mapping[str, Any]) -> str:
    return f"{row['source_file']}@{row['record_offset']}"


def _rows(folder: str, columns: Sequence[str], condition: pc.Expression) -> Iterator[Any]:
    files, path = filesystem(folder)
    parts = sorted(
        entry.path
        for entry in files.get_file_info(pa.fs.FileSelector(path, allow_not_found=True))
        if entry.base_name.endswith(".parquet")
    )
    if not parts:
        raise DataError(f"{folder}: no table there")
    dataset = ds.dataset(parts, format="parquet", filesystem=files)
    for batch in dataset.to_batches(columns=list(columns), filter=condition):
        yield from batch.to_pylist()
