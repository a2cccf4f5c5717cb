"""Text to token ids, and the end-of-document rule: one end-of-text id after each document."""

from functools import lru_cache

import numpy as np
import pyarrow as pa

from pipeline.measures.pii import redact_batch
from pipeline.stage import Stage
from pipeline.tokens.shard_plan import ShardParams, places
from pipeline.tokens.tokenizer import Tokenizer
from schemas.config import Section
from schemas.documents import PiiKind
from schemas.shards import TokenType
from schemas.tokens import TEXTS, TOKENS


class EncodeParams(Section):
    """What an executor needs to encode: the tokenizer itself, so that no file must be shared."""

    tokenizer_definition: str
    """Text of the ``tokenizer.json``."""
    end_of_text: str
    """The token after each document."""
    dtype: TokenType
    """How tokens are stored."""
    redact: tuple[PiiKind, ...]
    """Kinds of personal data that become placeholders first."""
    shards: ShardParams
    """Decides the place of each document."""


@lru_cache(maxsize=1)
def tokenizer_of(definition: str, end_of_text: str) -> Tokenizer:
    """The tokenizer of a definition; made once by each process."""
    return Tokenizer(definition, end_of_text)


def encode_texts(texts: pa.RecordBatch, params: EncodeParams) -> pa.RecordBatch:
    """TEXTS to TOKENS, one row for each copy of a text (``shards.repeat``)."""
    tokenizer = tokenizer_of(params.tokenizer_definition, params.end_of_text)
    text = redact_batch(texts.column("text"), params.redact)
    ids, offsets = tokenizer.encode_batch(text)
    ends = offsets[1:] + np.arange(1, len(offsets), dtype=np.int64)
    dtype = np.dtype(params.dtype).newbyteorder("<")
    tokens = np.empty(len(ids) + texts.num_rows, dtype)
    is_end = np.zeros(len(tokens), bool)
    is_end[ends - 1] = True
    tokens[is_end] = tokenizer.end_of_text_id
    tokens[~is_end] = ids
    offsets = np.concatenate([[0], ends]) * dtype.itemsize
    stored = pa.LargeBinaryArray.from_buffers(
        pa.large_binary(), texts.num_rows, [None, pa.py_buffer(offsets), pa.py_buffer(tokens)]
    ).cast(pa.binary())
    copies = [
        (row, split, position)
        for row, (doc_id, source) in enumerate(
            zip(texts.column("doc_id").to_pylist(), texts.column("source").to_pylist(), strict=True)
        )
        for split, position in places(doc_id, source, params.shards)
    ]
    rows = pa.array([row for row, _, _ in copies], pa.int64())
    return pa.RecordBatch.from_arrays(
        [
            texts.column("doc_id").take(rows),
            texts.column("source").take(rows),
            pa.array([split for _, split, _ in copies], pa.string()),
            pa.array([position for _, _, position in copies], pa.int64()),
            pa.compute.binary_length(text).cast(pa.int64()).take(rows),
            stored.take(rows),
        ],
        schema=TOKENS.schema,
    )


STAGE = Stage(name="encode", reads=TEXTS, writes=TOKENS, params=EncodeParams, kernel=encode_texts)
