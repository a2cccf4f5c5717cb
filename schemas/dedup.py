"""Tables of near-duplicate detection. Hashes are int64: Spark refuses unsigned integers."""

import pyarrow as pa

from schemas.table import Table

SIGNATURES = Table(
    name="signatures",
    version=1,
    key=("source_file", "record_offset"),
    schema=pa.schema(
        [
            pa.field("doc_id", pa.string(), nullable=False),
            pa.field("source_file", pa.string(), nullable=False),
            pa.field("record_offset", pa.int64(), nullable=False),
            # 128-bit digest (hexadecimal) of the text as dedup sees it: equal keys, equal texts.
            pa.field("text_key", pa.string(), nullable=False),
            pa.field("num_shingles", pa.int64(), nullable=False),
            # One 64-bit key per band; the band number is part of what is hashed.
            pa.field(
                "band_keys",
                pa.list_(pa.field("element", pa.int64(), nullable=False)),
                nullable=False,
            ),
        ]
    ),
)

# Every pair of texts that was compared, also those below the threshold; text_key_a < text_key_b.
# What a later build need not compare again.
PAIRS = Table(
    name="pairs",
    version=1,
    key=("text_key_a", "text_key_b"),
    schema=pa.schema(
        [
            pa.field("text_key_a", pa.string(), nullable=False),
            pa.field("text_key_b", pa.string(), nullable=False),
            pa.field("similarity", pa.float64(), nullable=False),
        ]
    ),
)

# The texts among which PAIRS of the same batch are complete.
COMPARED = Table(
    name="compared",
    version=1,
    key=("text_key",),
    schema=pa.schema([pa.field("text_key", pa.string(), nullable=False)]),
)

# Verified pairs only; doc_id_a < doc_id_b.
EDGES = Table(
    name="edges",
    version=1,
    key=("doc_id_a", "doc_id_b"),
    schema=pa.schema(
        [
            pa.field("doc_id_a", pa.string(), nullable=False),
            pa.field("doc_id_b", pa.string(), nullable=False),
            pa.field("similarity", pa.float64(), nullable=False),
        ]
    ),
)

# Members of clusters with two or more documents; cluster_id is the smallest doc_id in it.
CLUSTERS = Table(
    name="clusters",
    version=1,
    key=("doc_id",),
    schema=pa.schema(
        [
            pa.field("doc_id", pa.string(), nullable=False),
            pa.field("cluster_id", pa.string(), nullable=False),
        ]
    ),
)

# Records of this corpus that are near-duplicates of a document of another one, with the most
# similar of these. A batch is one comparison; its manifest names the other corpus.
MARKS = Table(
    name="marks",
    version=1,
    key=("source_file", "record_offset"),
    schema=pa.schema(
        [
            pa.field("doc_id", pa.string(), nullable=False),
            pa.field("source_file", pa.string(), nullable=False),
            pa.field("record_offset", pa.int64(), nullable=False),
            pa.field("other_doc_id", pa.string(), nullable=False),
            pa.field("similarity", pa.float64(), nullable=False),
        ]
    ),
)

# What is cut from documents that stay: bytes of their text, starts and ends in turn, ascending.
CUTS = Table(
    name="cuts",
    version=1,
    key=("source_file", "record_offset"),
    schema=pa.schema(
        [
            pa.field("doc_id", pa.string(), nullable=False),
            pa.field("source_file", pa.string(), nullable=False),
            pa.field("record_offset", pa.int64(), nullable=False),
            pa.field(
                "spans", pa.list_(pa.field("element", pa.int64(), nullable=False)), nullable=False
            ),
        ]
    ),
)
