"""DOCUMENTS -> SIGNATURES: what near-duplicate detection needs of a text, measured once."""

import numpy as np
import pyarrow as pa

from pipeline.dedup.bands import band_keys
from pipeline.dedup.folding import fold_texts, text_keys
from pipeline.dedup.minhash import MinHashParams, sign_shingles
from pipeline.dedup.shingles import shingle_folded
from pipeline.stage import Stage
from schemas.dedup import SIGNATURES
from schemas.documents import DOCUMENTS


def sign_documents(documents: pa.RecordBatch, params: MinHashParams) -> pa.RecordBatch:
    """One SIGNATURES row per row of DOCUMENTS that has a text, in the same order.

    Rows without a text (unreadable or skipped records) have no signature. A text with nothing
    in it has no shingles, no band keys and an empty text key: it is a duplicate of nothing.
    """
    if documents["text"].null_count:
        documents = documents.filter(documents["text"].is_valid())
    folded = fold_texts(documents["text"])
    shingles = shingle_folded(folded, params.shingle_size)
    keys = band_keys(sign_shingles(shingles, params), params.bands, params.rows)
    num_shingles = shingles.sizes()
    found = num_shingles > 0
    offsets = np.concatenate([[0], np.cumsum(found * params.bands)]).astype(np.int32)
    columns = [
        documents["doc_id"],
        documents["source_file"],
        documents["record_offset"],
        pa.array(text_keys(folded), pa.string()),
        pa.array(num_shingles),
        pa.ListArray.from_arrays(
            pa.array(offsets),
            pa.array(keys[found].reshape(-1)),
            type=SIGNATURES.schema.field("band_keys").type,
        ),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=SIGNATURES.schema)


STAGE = Stage(
    name="signatures",
    reads=DOCUMENTS,
    writes=SIGNATURES,
    params=MinHashParams,
    kernel=sign_documents,
)
