"""Where a document goes: split, how often, places in the global shuffle, shard. Pure functions.

All of it comes from keyed hashes of the doc_id alone, so that it does not depend on the other
documents: adding data never moves a document from validation to training.
"""

import hashlib
from typing import Annotated

from pydantic import Field

from schemas.config import Section
from schemas.documents import Source
from schemas.shards import Split

POSITIONS = 1 << 62
"""Places in the global shuffle; a shard is an equal range of them."""


class ShardParams(Section):
    """How documents are laid into shards."""

    tokens_per_shard: int = Field(default=1 << 26, ge=1)
    """Mean size of a shard in tokens; 2**26 uint16 tokens are 128 MiB."""
    validation_fraction: float = Field(default=0.01, ge=0.0, le=0.5)
    """Share of documents that go to the validation split."""
    test_fraction: float = Field(default=0.0, ge=0.0, le=0.4)
    """Share of documents that go to the test split. They are taken from training: whatever it
    is, validation stays the same."""
    repeat: dict[Source, Annotated[float, Field(ge=0.0, le=100.0)]] = Field(default_factory=dict)
    """How often documents of a source are in the training split: 0.25 is one of four, 2.5 is
    each twice and one of two a third time; sources that are not named, once. Validation and
    test hold every document once."""
    seed: int = Field(default=1, ge=0, lt=2**64)
    """Key of the shuffle and of the split."""
    loss_weights: dict[Source, Annotated[float, Field(ge=0.0, allow_inf_nan=False)]] = Field(
        default_factory=dict
    )
    """Loss weight of a document by its source; sources that are not named weigh 1."""


def place(doc_id: str, params: ShardParams) -> tuple[Split, int]:
    """Split and position of a document, the first copy where it is repeated.

    >>> place("00ff", ShardParams(validation_fraction=0.0))[0]
    'train'
    """
    position, draw = _draws(doc_id, params)
    if draw < params.validation_fraction:
        return "validation", position
    return ("test" if draw >= 1 - params.test_fraction else "train"), position


def places(doc_id: str, source: str, params: ShardParams) -> tuple[Split, list[int]]:
    """Split of a document and the position of each copy; none where its source is thinned out.

    A larger ``repeat`` only adds copies: those of a smaller one stay where they are.

    >>> twice = ShardParams(validation_fraction=0.0, repeat={Source.WEB: 2.0})
    >>> [len(places("00ff", source, twice)[1]) for source in ("web", "book")]
    [2, 1]
    """
    split, position = place(doc_id, params)
    times = params.repeat.get(Source(source), 1.0)
    if split != "train" or times == 1.0:
        return split, [position]
    whole = int(times)
    copies = whole + (_draws(f"{doc_id}/{whole}", params)[1] < times - whole)
    others = [_draws(f"{doc_id}/{copy}", params)[0] for copy in range(1, copies)]
    return split, [position, *others][:copies]


def _draws(name: str, params: ShardParams) -> tuple[int, float]:
    """A position and a number in [0, 1), both uniform and a function of name and seed."""
    digest = hashlib.blake2b(
        name.encode(), digest_size=16, key=params.seed.to_bytes(8, "little")
    ).digest()
    position = int.from_bytes(digest[:8], "little") % POSITIONS
    return position, int.from_bytes(digest[8:], "little") / 2**64


def num_shards(num_tokens: int, params: ShardParams) -> int:
    """Shards of a split with this many tokens; none when it is empty.

    >>> num_shards(250, ShardParams(tokens_per_shard=100))
    3
    """
    return -(-num_tokens // params.tokens_per_shard)


def positions_per_shard(shards: int) -> int:
    """Width of the range of positions that one of ``shards`` shards holds."""
    return -(-POSITIONS // max(1, shards))
