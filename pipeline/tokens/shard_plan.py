"""Where a document goes: split, place in the global shuffle, shard. Pure functions.

Both come from keyed hashes of the doc_id alone, so that they do not depend on the other
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
    seed: int = Field(default=1, ge=0, lt=2**64)
    """Key of the shuffle and of the split."""
    loss_weights: dict[Source, Annotated[float, Field(ge=0.0, allow_inf_nan=False)]] = Field(
        default_factory=dict
    )
    """Loss weight of a document by its source; sources that are not named weigh 1."""


def place(doc_id: str, params: ShardParams) -> tuple[Split, int]:
    """Split and position of a document.

    >>> place("00ff", ShardParams(validation_fraction=0.0))[0]
    'train'
    """
    digest = hashlib.blake2b(
        doc_id.encode(), digest_size=16, key=params.seed.to_bytes(8, "little")
    ).digest()
    position = int.from_bytes(digest[:8], "little") % POSITIONS
    draw = int.from_bytes(digest[8:], "little") / 2**64
    return ("validation" if draw < params.validation_fraction else "train"), position


def num_shards(num_tokens: int, params: ShardParams) -> int:
    """Shards of a split with this many tokens; none when it is empty.

    >>> num_shards(250, ShardParams(tokens_per_shard=100))
    3
    """
    return -(-num_tokens // params.tokens_per_shard)


def positions_per_shard(shards: int) -> int:
    """Width of the range of positions that one of ``shards`` shards holds."""
    return -(-POSITIONS // max(1, shards))
