"""From tokens to the record that they come from, and from a record to its tokens."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.rights.records import Record, find_records
from pipeline.spark.output import latest_build
from pipeline.spark.tables import exists, filesystem, read_text
from pipeline.tokens.token_ranges import TokenRange, TokenRanges
from schemas.build import BuildManifest
from schemas.errors import ConfigError
from schemas.ledger import Outcome
from schemas.shards import MANIFEST_NAME, parse_manifest

_DOCUMENTS = re.compile(r"((?:train|validation|test)/shard-\d+) documents (\d+)-(\d+)")
_TOKEN = re.compile(r"((?:train|validation|test)(?:/shard-\d+)?):(\d+)")


@dataclass(frozen=True, slots=True)
class Trace:
    """What one name stands for."""

    name: str
    records: list[Record]
    """Rows of the ledger; several where files hold the same record or URL."""
    ranges: list[TokenRange]
    hint: str = ""
    """What else the name could have meant, where no record has it."""

    def lines(self) -> Iterator[str]:
        """The answer as text."""
        yield self.name if self.records else f"{self.name}  not found{self.hint}"
        for record in self.records:
            yield f"  record   {record.place}  {record.doc_id}"
            for label, value in (
                ("source", record.ledger["source"]),
                ("key", record.ledger["source_key"]),
                ("url", record.url),
                ("title", record.title),
                ("fate", record.fate()),
            ):
                if value:
                    yield f"    {label:8} {' '.join(str(value).split())}"
            # Further places of a record and duplicates have no tokens of their own.
            if record.ledger["outcome"] == Outcome.KEPT:
                for place in self.ranges:
                    if place.doc_id == record.doc_id:
                        yield f"    {'tokens':8} {place}"


def read_build_in_force(root: str) -> BuildManifest:
    """Manifest of the build that a corpus folder points to.

    Raises:
        ConfigError: there is none.
    """
    build = latest_build(root)
    path = f"{root.rstrip('/')}/builds/{build}/{MANIFEST_NAME}"
    if build is None or not exists(path):
        raise ConfigError(f"{root}: no build of a corpus there")
    return BuildManifest.model_validate_json(read_text(path))


def open_ranges(root: str, build: BuildManifest) -> TokenRanges:
    """The token ranges of a build's shards."""
    uri = f"{root.rstrip('/')}/{build.shards}"
    files, path = filesystem(uri)
    return TokenRanges(files, path.rpartition("/")[0], parse_manifest(read_text(uri), uri))


def trace(root: str, names: Sequence[str]) -> list[Trace]:
    """Records and token ranges of every name, in their order.

    A name is a token (``train:123456`` of a split's stream, ``train/shard-00017:99`` of a
    shard), documents as a training run names them (``train/shard-00017 documents 3-5``, of which
    each gets a trace), or what :func:`find_records` takes.

    Raises:
        ConfigError: no build, or a token or a document that is not there.
    """
    build = read_build_in_force(root)
    ranges = open_ranges(root, build)
    tokens: dict[str, TokenRange] = {}
    single: list[str] = []
    for name in names:
        if match := _TOKEN.fullmatch(name):
            tokens[name] = ranges.at(match[1], int(match[2]))
        elif match := _DOCUMENTS.fullmatch(name):
            places = ranges.documents(match[1], int(match[2]), int(match[3]))
            found_here = {f"{match[1]} document {place.row}": place for place in places}
            tokens |= found_here
            single += found_here
            continue
        single.append(name)
    names = single
    aliases = {name: tokens[name].doc_id if name in tokens else name for name in names}
    found = find_records(root, build, list(dict.fromkeys(aliases.values())))
    in_shards = ranges.of({record.doc_id for records in found.values() for record in records})
    traces = []
    for name in names:
        records = found[aliases[name]]
        ids = {record.doc_id for record in records}
        own = [tokens[name]] if name in tokens else [r for r in in_shards if r.doc_id in ids]
        traces.append(Trace(name, records, own, "" if records else _hint(name, build)))
    return traces


def _hint(name: str, build: BuildManifest) -> str:
    """How a record of an input is named, for the name of an input alone."""
    for path in (fact.path for fact in build.inputs):
        if f"/{name}".endswith(f"/{path}") or f"/{path}".endswith(f"/{name}"):
            return f": it is an input file; name a record of it by its offset, such as {path}@0"
    return ""
