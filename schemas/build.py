"""Manifests of batches (one per committed table batch) and of builds (what is in force)."""

import hashlib
import json
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from schemas.config import Section
from schemas.errors import ConfigError, DataError
from schemas.shards import MANIFEST_NAME, canonical_json


def digest_of(value: Any, *, length: int = 16) -> str:
    """Short hexadecimal digest of a JSON value; equal values, equal digests.

    >>> digest_of({"b": 1, "a": 2}) == digest_of({"a": 2, "b": 1})
    True
    """
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()[:length]


class InputFact(Section):
    """One input file as it was when it was read."""

    path: str
    """Relative to the input folder, with forward slashes."""
    format: str
    source: str
    size: int
    sha256: str
    columns: dict[str, str] = Field(default_factory=dict)
    """Column mapping of tabular inputs."""
    settings: dict[str, str] = Field(default_factory=dict)
    """How its format was read, where a rule said so."""
    mismatch: str | None = None
    """Why the file is not what its name says; it then has one unreadable record."""


class FileFact(Section):
    """One file that a batch is made of."""

    name: str
    size: int
    rows: int
    sha256: str


class BatchManifest(Section):
    """``_manifest.json`` of one batch of one table. Its presence is the commit."""

    table: str
    version: int
    batch: str
    rows: int
    files: list[FileFact]
    facts: dict[str, Any]
    """What the writing stage adds: its parameters, counts, input files."""
    code_version: str


class FileCounts(Section):
    """Ledger rows of one input file, by outcome."""

    path: str
    records: int
    kept: int = 0
    dropped: int = 0
    duplicate: int = 0
    unreadable: int = 0


class PassageCounts(Section):
    """What was cut from kept documents because others hold it, too."""

    documents: int
    passages: int
    num_bytes: int


class EvaluationSetCounts(Section):
    """What records with text hold of one evaluation set."""

    name: str
    sha256: str
    items: int
    """Items of which something was found."""
    too_short: int = 0
    """Items that were searched for in no way."""
    documents: int


class ContaminationCounts(Section):
    """What records hold of evaluation sets, and what was done. How many were dropped for it
    stands among the rules."""

    action: str
    sets: list[EvaluationSetCounts]
    kept: int
    """Documents that stay although they hold something."""
    passages: int
    """What was cut from these."""


class BuildManifest(Section):
    """``builds/<build>/manifest.json``: what a corpus is made of and what became of its records.

    Holds nothing that depends on time, place, partitions or machine: those are in ``run.json``
    beside it. Equal inputs and equal configuration give equal bytes.
    """

    build: str
    inputs: list[InputFact]
    unrecognised: list[str]
    """Files that are no known dump, each with the reason: ``path (reason)``."""
    records: int
    outcomes: dict[str, int]
    """Records by outcome; they add up to ``records``."""
    rules: dict[str, int]
    """Dropped and duplicate records by rule."""
    per_file: list[FileCounts]
    passages: PassageCounts | None = None
    """Unset where nothing was to be cut."""
    contamination: ContaminationCounts | None = None
    """Unset where no evaluation set was named."""
    ledger: str
    """Batch of the LEDGER, relative to the corpus folder."""
    shards: str
    """Manifest of the token shards, relative to the corpus folder."""
    shards_sha256: str
    """Identity of the shards: sha256 of their manifest."""
    config: dict[str, Any]
    code_version: str
    without_take_downs: str | None = None
    """Name of the build of the same inputs and configuration when nothing was taken down; unset
    where nothing was."""


def read_build(path: str | Path) -> BuildManifest:
    """Load a build manifest.

    Raises:
        DataError: no such file, or not a build manifest.
    """
    try:
        return BuildManifest.model_validate_json(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DataError(f"{path}: no such build; run make corpus first") from None
    except (OSError, ValidationError, ValueError) as error:
        first = str(error).splitlines()[0]
        raise DataError(f"{path}: not a build manifest: {first}") from None


def find_shard_manifest(path: str | Path) -> tuple[Path, str | None]:
    """Path of the shard manifest that ``path`` stands for, and the sha256 that is stated of it.

    ``path`` may be that file, the folder that holds it, or a corpus folder, whose build in force
    names its shards; only a build states what their manifest is.

    Raises:
        ConfigError: nothing of the kind is there.
        DataError: the corpus folder's build manifest is damaged.
    """
    place = Path(path)
    if place.is_file():
        return place, None
    if (place / MANIFEST_NAME).is_file():
        return place / MANIFEST_NAME, None
    build = place / "builds" / "latest" / "manifest.json"
    if build.is_file():
        try:
            shards, sha256 = shards_of(build.read_text(encoding="utf-8"))
        except (OSError, ValueError, LookupError, TypeError):
            raise DataError(f"{build}: not a build manifest; build the corpus again") from None
        return place / shards, sha256
    raise ConfigError(f"{path}: no shard manifest there; build the corpus first (make corpus)")


def shards_of(build: str) -> tuple[str, str | None]:
    """Where the text of a build manifest says that its shards are, and their identity.

    >>> shards_of('{"shards": "shards/v1/batch=b/manifest.json", "shards_sha256": "ab"}')
    ('shards/v1/batch=b/manifest.json', 'ab')

    Raises:
        ValueError, LookupError, TypeError: it is none.
    """
    tree = json.loads(build)
    return str(tree["shards"]), tree.get("shards_sha256")
