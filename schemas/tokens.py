"""TEXTS: what the tokenizer reads. TOKENS: what it writes, before the shards are cut."""

import pyarrow as pa

from schemas.table import Table

TEXTS = Table(
    name="texts",
    version=1,
    key=("doc_id",),
    schema=pa.schema(
        [
            pa.field("doc_id", pa.string(), nullable=False),
            pa.field("source", pa.string(), nullable=False),
            pa.field("text", pa.string(), nullable=False),
        ]
    ),
)

TOKENS = Table(
    name="tokens",
    version=2,
    key=("doc_id",),
    schema=pa.schema(
        [
            pa.field("doc_id", pa.string(), nullable=False),
            pa.field("source", pa.string(), nullable=False),
            pa.field("split", pa.string(), nullable=False),
            # Places of all copies in the global shuffle: 0 <= position < 2**62. None where the
            # source is thinned out.
            pa.field(
                "positions",
                pa.list_(pa.field("element", pa.int64(), nullable=False)),
                nullable=False,
            ),
            pa.field("num_utf8_bytes", pa.int64(), nullable=False),
            # As a shard stores them, uint16 or int32; the end-of-text id is the last of them. As
            # a list they would be taken apart and put together again for each table.
            pa.field("tokens", pa.binary(), nullable=False),
        ]
    ),
)
