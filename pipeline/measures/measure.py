"""DOCUMENTS -> ATTRIBUTES: language, quality, toxicity, personal data, measures of one's own.

Never drops a row.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.measures import chinese_script, language, pii, quality, toxicity
from pipeline.measures.attributes import ATTRIBUTES
from pipeline.measures.language_paragraphs import language_share
from pipeline.measures.own_measures import OWN_MEASURES
from pipeline.stage import Stage
from schemas.config import Section
from schemas.documents import DOCUMENTS, PII_COUNTS


class MeasureParams(Section):
    """What a value measured means. What follows from it is chosen in ``decide``."""

    variant: quality.Variant = "corpusmill"
    """Whose definitions of word, line, sentence and duplicate the quality statistics follow;
    another system's make its published limits mean what they mean there (``decide.preset``)."""


def measure_documents(batch: pa.RecordBatch, params: MeasureParams) -> pa.RecordBatch:
    """ATTRIBUTES of a batch of DOCUMENTS, one row for each, in the same order.

    What is measured is null for records without text.
    """
    has_text = pc.is_valid(batch.column("text"))
    texts = batch.column("text").filter(has_text)
    codes, scores = language.measure(texts)
    measured = {
        "language": codes,
        "language_score": pa.array(scores, pa.float32()),
        "language_share": pa.array(language_share(texts, codes), pa.float32()),
        "chinese_script": chinese_script.measure(texts, codes),
        "toxicity": pa.array(toxicity.score(texts), pa.float32()),
    }
    pieces = pii.measure(texts)
    counts = (pieces.sum(1), *pieces.T)
    measured.update(zip((field.name for field in PII_COUNTS), map(pa.array, counts), strict=True))
    statistics = quality.measure(texts, params.variant)
    measured.update(zip(statistics.schema.names, statistics.columns, strict=True))
    measured.update((own.column.name, own.values(texts)) for own in OWN_MEASURES)
    # Row i of the batch is row (number of texts before i) of what was measured.
    mask = np.asarray(has_text, np.bool_)
    rows = pa.array(np.cumsum(mask) - 1, pa.int64(), mask=~mask)
    return pa.RecordBatch.from_arrays(
        [
            measured[name].take(rows) if name in measured else batch.column(name)
            for name in ATTRIBUTES.schema.names
        ],
        schema=ATTRIBUTES.schema,
    )


STAGE = Stage(
    name="measure",
    reads=DOCUMENTS,
    writes=ATTRIBUTES,
    params=MeasureParams,
    kernel=measure_documents,
)
