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
    version=1,
    key=("doc_id", "position"),  # a document may be repeated
    schema=pa.schema(
        [
            pa.field("doc_id", pa.string(), nullable=False),
            pa.field("source", pa.string(), nullable=False),
            pa.field("split", pa.string(), nullable=False),
            # Place in the global shuffle: 0 <= position < 2**62.
            pa.field("position", pa.int64(), nullable=False),
            pa.field("num_utf8_bytes", pa.int64(), nullable=False),
            # The end-of-text id is the last of them.
            pa.field(
                "tokens",
                pa.list_(pa.field("element", pa.int32(), nullable=False)),
                nullable=False,
            ),
        ]
    ),
)
