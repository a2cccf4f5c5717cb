"""The manifest of a set of token shards: what the pipeline writes and the trainer trusts.

Beside ``manifest.json`` lie, for each shard ``<name>`` (such as ``train/shard-00017``):

========================  ======================================================================
``<name>.bin``            token ids, headerless little-endian uint16 (int32 when the vocabulary
                          needs it); documents concatenated, end-of-text id after each
``<name>.idx``            Megatron-LM's index, version 1, over the same payload
``<name>.offsets.npy``    uint64 (num_documents + 1,): first token of each document, and the end
``<name>.sources.npy``    uint16 (num_documents,): position in ``Manifest.sources``
``<name>.weights.npy``    float32 (num_documents,): loss weight
``<name>.doc_ids.npy``    uint8 (num_documents, 16): doc_id
``tokenizer.json``        the tokenizer, in the format of the ``tokenizers`` library
========================  ======================================================================
"""

import hashlib
import json
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError, field_validator

from schemas.config import Section
from schemas.errors import ShardError

FORMAT_VERSION = 1
MANIFEST_NAME = "manifest.json"
TOKENIZER_NAME = "tokenizer.json"
SIDE_FILES = (".bin", ".idx", ".offsets.npy", ".sources.npy", ".weights.npy", ".doc_ids.npy")

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = ("train", "validation", "test")


TokenType = Literal["uint16", "int32"]
"""How tokens are stored: the smaller one where the vocabulary fits."""


class Shard(Section):
    """One shard: its name without suffix, its size and the checksums of its files."""

    name: str = Field(pattern=r"^(train|validation|test)/shard-[0-9]{5,}$")
    """Without suffix. A manifest from elsewhere names no place outside its folder."""
    split: Split
    num_tokens: int
    num_documents: int
    num_utf8_bytes: int
    """Bytes of text behind the tokens; bits per byte divides by it."""
    tokens_per_source: dict[str, int]
    sha256: dict[str, str]
    """Checksum of each file of the shard, by suffix."""


class TokenizerFacts(Section):
    """What the trainer must know of the tokenizer without loading it."""

    sha256: str
    vocabulary_size: int
    end_of_text_id: int
    end_of_text: str


class Manifest(Section):
    """Contents of ``manifest.json``. Its hash is the identity of the data set.

    Nothing in it depends on time, place, partition count or machine.
    """

    format_version: int = FORMAT_VERSION
    dtype: TokenType
    tokenizer: TokenizerFacts
    sources: list[str]
    shards: list[Shard]
    config: dict[str, Any]
    """The resolved configuration of every stage that shaped the tokens."""
    inputs_sha256: str
    """Digest of the sorted list of input files with their checksums."""
    ledger_sha256: str
    """Digest of the ledger's rows, in key order."""
    code_version: str
    parent: str | None = None
    """Identity of the manifest that a take-down made this one from; absent in others."""

    @field_validator("shards")
    @classmethod
    def _each_once(cls, shards: list[Shard]) -> list[Shard]:
        names = {shard.name for shard in shards}
        if len(names) < len(shards):
            raise ValueError("a shard is named twice")
        return shards

    def to_json(self) -> str:
        """Canonical text: sorted keys, two-space indent, final newline."""
        absent = {"parent"} if self.parent is None else None
        return canonical_json(self.model_dump(mode="json", exclude=absent))

    def identity(self) -> str:
        """sha256 of the canonical text."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()

    def num_tokens(self, split: Split) -> int:
        """Tokens in a split, end-of-text ids included."""
        return sum(shard.num_tokens for shard in self.shards if shard.split == split)


def canonical_json(value: Any) -> str:
    """JSON text that is the same for equal values.

    >>> canonical_json({"b": 1, "a": "é"})
    '{\\n  "a": "é",\\n  "b": 1\\n}\\n'
    """
    return json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


_WANTED = "name a corpus folder, or the manifest.json beside its shards"


def read_manifest(path: str | Path) -> Manifest:
    """Load a manifest from a local file.

    Raises:
        ShardError: no such file, not JSON, another format version, or fields that do not fit.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ShardError(f"{path}: no such manifest; build the corpus first") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ShardError(f"{path}: cannot be read: {error}; {_WANTED}") from None
    return parse_manifest(text, path)


def parse_manifest(text: str, where: str | Path) -> Manifest:
    """A manifest from its text; ``where`` names it in errors.

    Raises:
        ShardError: not JSON, another format version, or fields that do not fit.
    """
    try:
        tree = json.loads(text)
    except ValueError as error:
        raise ShardError(f"{where}: not a shard manifest, nor JSON ({error}); {_WANTED}") from None
    if not isinstance(tree, dict) or "format_version" not in tree:
        raise ShardError(f"{where}: not a shard manifest; {_WANTED}")
    version = tree["format_version"]
    if version != FORMAT_VERSION:
        raise ShardError(f"{where}: format version {version}, this code reads {FORMAT_VERSION}")
    try:
        return Manifest.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        raise ShardError(f"{where}: {first['loc']}: {first['msg']}") from None
