"""The evaluation sets that the configuration names: JSON lines, one item each."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, Literal

from pydantic import Field, field_validator

from pipeline.sources.columns import value_of
from pipeline.sources.compression import Decompressed, find_codec
from pipeline.sources.lines import iterate_lines
from pipeline.sources.storage import list_files, open_file
from schemas.config import Section
from schemas.errors import ConfigError

_CHUNK = 1 << 20
_MAX_LINE_BYTES = 64 << 20


class EvaluationSet(Section):
    """One file of JSON lines, plain or compressed; every line is an item."""

    path: str = Field(min_length=1)
    name: str | None = Field(default=None, min_length=1)
    """What the ledger and the report call it; unset, the name of the file."""
    fields: tuple[str, ...] = ()
    """Where the text of an item is (nested: ``meta.question``), joined in this order; unset, all
    texts in it."""
    sha256: str | None = Field(default=None, pattern="^[0-9a-f]{64}$")
    """Digest of the file; another file is refused. Filled in by a build."""


class ContaminationParams(Section):
    """What is done with documents that hold items of evaluation sets."""

    sets: tuple[EvaluationSet, ...] = ()
    action: Literal["drop", "cut", "annotate"] = "drop"
    """``drop``: the document goes, by the rule ``contaminated``; ``cut``: what it shares with the
    items is cut on the way to the shards; ``annotate``: it stays, the table OVERLAPS tells."""
    min_words: int = Field(default=13, ge=4, le=1000)
    """Words in a row that a document must share with an item. GPT-3, Llama, NeMo: 13."""
    min_characters: int = Field(default=20, ge=4, le=1000)
    """The same in scripts that write no spaces: a Chinese word has 1.5 characters on average."""
    min_item_words: int = Field(default=8, ge=1, le=1000)
    """A shorter item than a window is searched for as a whole if it has so many words (or as
    large a share of ``min_characters``). GPT-3: 8."""
    min_overlap: float = Field(default=0.0, ge=0.0, le=1.0)
    """Share of the words of an item that a document must hold for the item to count."""
    min_words_left: int = Field(default=50, ge=0, lt=2**63)
    """With ``cut``, a document that would keep fewer words is dropped."""

    @field_validator("sets")
    @classmethod
    def _named_apart(cls, sets: tuple[EvaluationSet, ...]) -> tuple[EvaluationSet, ...]:
        names = [name_of(one) for one in sets]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"two sets are called {name!r}: give them names")
        return sets


@dataclass(frozen=True, slots=True)
class Items:
    """The items of one set: their texts, and the number of the line of each."""

    texts: list[str]
    lines: list[int]


def name_of(one: EvaluationSet) -> str:
    """What a set is called.

    >>> name_of(EvaluationSet(path="sets/gsm8k.test.jsonl.gz"))
    'gsm8k.test'
    """
    if one.name is not None:
        return one.name
    file_name = one.path.partition("?")[0].rstrip("/").rpartition("/")[2]
    return file_name.partition(".jsonl")[0]


def resolve(params: ContaminationParams) -> ContaminationParams:
    """The parameters with name and digest of each set: what a build is named by.

    Raises:
        ConfigError: a set cannot be read, or is not the one that ``sha256`` names.
    """
    resolved = []
    for one in params.sets:
        digest = hashlib.sha256()
        with _open(one) as stored:
            while chunk := stored.read(_CHUNK):
                digest.update(chunk)
        found = digest.hexdigest()
        if one.sha256 not in (None, found):
            raise ConfigError(
                f"contamination.sets: {one.path} has sha256 {found}, not {one.sha256}"
            )
        resolved.append(one.model_copy(update={"name": name_of(one), "sha256": found}))
    return params.model_copy(update={"sets": tuple(resolved)})


def read_items(one: EvaluationSet) -> Items:
    """The items of a set.

    Raises:
        ConfigError: the file cannot be read, a line is no JSON object, or it lacks a field.
    """
    items = Items([], [])
    with _open(one) as stored:
        for number, line in _lines(stored, one):
            try:
                value = json.loads(line.decode("utf-8-sig"))
            except (ValueError, RecursionError) as error:
                raise ConfigError(_place(one, number) + f"broken JSON: {error}") from None
            if not isinstance(value, dict):
                raise ConfigError(_place(one, number) + "no JSON object")
            items.texts.append("\n".join(_texts(value, one, number)))
            items.lines.append(number)
    if not items.texts:
        raise ConfigError(f"contamination.sets: {one.path}: no item in it")
    return items


def _place(one: EvaluationSet, number: int) -> str:
    return f"contamination.sets: {one.path}, line {number}: "


def _open(one: EvaluationSet) -> BinaryIO:
    try:
        folder, files = list_files(one.path)
        if len(files) != 1:
            raise ConfigError(f"{one.path}: no file, but a folder")
        return open_file(folder, files[0].path)
    except ConfigError as error:
        reason = str(error).removeprefix("input ")
        raise ConfigError(f"contamination.sets: {reason}") from None
    except OSError as error:
        raise ConfigError(f"contamination.sets: {one.path}: {error.strerror or error}") from None


def _lines(stored: BinaryIO, one: EvaluationSet) -> Iterator[tuple[int, bytes]]:
    content = Decompressed(stored, find_codec(stored.read(8)))
    for number, line in enumerate(iterate_lines(content, _MAX_LINE_BYTES, with_blank=True), 1):
        if line.size > _MAX_LINE_BYTES or not line.is_complete:
            reason = content.failure if not line.is_complete else "too long"
            raise ConfigError(_place(one, number) + str(reason))
        if line.bytes.strip():
            yield number, line.bytes
    if content.failure is not None:
        raise ConfigError(f"contamination.sets: {one.path}: {content.failure}")


def _texts(value: dict[str, Any], one: EvaluationSet, number: int) -> Iterator[str]:
    for field in one.fields:
        found = list(_strings(value_of(value, field)))
        if not found:
            raise ConfigError(_place(one, number) + f"no text in the field {field!r}")
        yield from found
    if not one.fields:
        yield from _strings(value)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _strings(part)
