"""LEDGER: exactly one row per input record, with its outcome and the reason for it."""

from enum import StrEnum

import pyarrow as pa

from schemas.table import Table


class Outcome(StrEnum):
    """What became of a record. ``in = kept + dropped + duplicate + unreadable``."""

    KEPT = "kept"
    DROPPED = "dropped"
    DUPLICATE = "duplicate"
    UNREADABLE = "unreadable"


class DuplicateRule(StrEnum):
    """How a duplicate was found, from the cheapest test to the dearest."""

    SAME_RECORD = "same_record"
    """Another file, or another place in this file, holds the record with this very id."""
    SAME_URL = "same_url"
    """Another document has this URL and was preferred; the texts were not compared."""
    SAME_TEXT = "same_text"
    """Equal after normalisation."""
    NEAR_DUPLICATE = "near_duplicate"
    """Exact Jaccard similarity of the shingle sets at or above the threshold."""


class TakeDownRule(StrEnum):
    """Why a record that would stay is dropped: somebody asked for it."""

    TAKEN_DOWN = "taken_down"
    """The record itself is on a list."""
    COPY = "copy_of_taken_down"
    """A duplicate of one that is; ``detail`` names it."""


LEDGER = Table(
    name="ledger",
    version=1,
    key=("source_file", "record_offset"),
    schema=pa.schema(
        [
            pa.field("source_file", pa.string(), nullable=False),
            pa.field("record_offset", pa.int64(), nullable=False),
            pa.field("doc_id", pa.string(), nullable=False),
            pa.field("source", pa.string(), nullable=False),
            pa.field("source_key", pa.string(), nullable=False),
            pa.field("outcome", pa.string(), nullable=False),
            # dropped: the rule that failed first, what was measured, and the cut.
            pa.field("rule", pa.string()),
            pa.field("value", pa.float64()),
            pa.field("threshold", pa.float64()),
            # What has no number: the language found, the record type, the error.
            pa.field("detail", pa.string()),
            # duplicate: the survivor of its cluster, its most similar verified neighbour, and
            # the Jaccard similarity with that neighbour (null where texts were not compared).
            pa.field("duplicate_of", pa.string()),
            pa.field("nearest", pa.string()),
            pa.field("similarity", pa.float64()),
        ]
    ),
)
