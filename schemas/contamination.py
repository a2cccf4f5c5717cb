"""OVERLAPS: what documents hold of items of evaluation sets."""

import pyarrow as pa

from schemas.table import Table


def _list_of(kind: pa.DataType) -> pa.DataType:
    return pa.list_(pa.field("element", kind, nullable=False))


# One row for each document with something of an item. The three lists are parallel, the item of
# which most is there first.
OVERLAPS = Table(
    name="overlaps",
    version=1,
    key=("source_file", "record_offset"),
    schema=pa.schema(
        [
            pa.field("doc_id", pa.string(), nullable=False),
            pa.field("source_file", pa.string(), nullable=False),
            pa.field("record_offset", pa.int64(), nullable=False),
            pa.field("evaluation_sets", _list_of(pa.string()), nullable=False),
            # Line of the item in its set, from 1 on.
            pa.field("items", _list_of(pa.int64()), nullable=False),
            # Share of the words of the item.
            pa.field("overlaps", _list_of(pa.float64()), nullable=False),
            # All that is shared: bytes of the text, starts and ends in turn, ascending.
            pa.field("spans", _list_of(pa.int64()), nullable=False),
            # Words of the text outside of the spans.
            pa.field("num_words_left", pa.int64(), nullable=False),
        ]
    ),
)
