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
    """TEXTS to TOKENS, row by row."""
    tokenizer = tokenizer_of(params.tokenizer_definition, params.end_of_text)
    text = redact_batch(texts.column("text"), params.redact)
    dtype = np.dtype(params.dtype).newbyteorder("<")
    ids, offsets = tokenizer.encode_documents(text)
    tokens, offsets = ids.astype(dtype, copy=False), offsets * dtype.itemsize
    stored = pa.LargeBinaryArray.from_buffers(
        pa.large_binary(), texts.num_rows, [None, pa.py_buffer(offsets), pa.py_buffer(tokens)]
    ).cast(pa.binary())
    names = (texts.column(name).to_pylist() for name in ("doc_id", "source"))
    placed = [places(doc_id, source, params.shards) for doc_id, source in zip(*names, strict=True)]
    return pa.RecordBatch.from_arrays(
        [
            texts.column("doc_id"),
            texts.column("source"),
            pa.array([split for split, _ in placed], pa.string()),
            pa.array([positions for _, positions in placed], TOKENS.schema.field("positions").type),
            pa.compute.binary_length(text).cast(pa.int64()),
            stored,
        ],
        schema=TOKENS.schema,
    )


STAGE = Stage(name="encode", reads=TEXTS, writes=TOKENS, params=EncodeParams, kernel=encode_texts)
