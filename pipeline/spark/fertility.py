"""How many tokens a tokenizer needs for a word of each language, counted on a sample."""

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from pipeline.report.statistics import Fertility
from pipeline.spark.arrow import map_arrow
from pipeline.tokens.encode import tokenizer_of
from schemas.ledger import LEDGER, Outcome

DOCUMENTS_PER_LANGUAGE = 200
_LONG = 50_000  # characters; longer documents are read only where there is nothing else
_KEY = tuple(LEDGER.key)
_COUNTS = pa.schema(
    [
        pa.field("language", pa.string(), nullable=False),
        *(
            pa.field(name, pa.int64(), nullable=False)
            for name in ("words", "characters", "utf8_bytes", "tokens")
        ),
    ]
)


def collect_fertility(
    ledger: DataFrame,
    attributes: DataFrame,
    documents: DataFrame,
    definition: str,
    end_of_text: str,
) -> list[Fertility]:
    """Tokens, words, characters and bytes of some kept documents of each language.

    Those of smallest id, a hash: the sample does not depend on order or partitions. Texts are taken
    as they were normalised, before redaction and cuts.

    Args:
        ledger: the table LEDGER.
        attributes: the table ATTRIBUTES of the same records.
        documents: the table DOCUMENTS of the same records.
        definition: text of the ``tokenizer.json``.
        end_of_text: the token after each document.
    """
    kept = ledger.where(F.col("outcome") == Outcome.KEPT.value).select(*_KEY, "doc_id")
    measured = attributes.select(*_KEY, "language", "num_words", "num_characters")
    order = Window.partitionBy("language").orderBy(F.col("num_characters") > _LONG, "doc_id", *_KEY)
    sample = (
        kept.join(measured, on=list(_KEY))
        .withColumn("place", F.row_number().over(order))
        .where(F.col("place") <= DOCUMENTS_PER_LANGUAGE)
        .drop("place", "doc_id")
    )
    texts = documents.select(*_KEY, "text").join(F.broadcast(sample), on=list(_KEY)).drop(*_KEY)

    def count(batch: pa.RecordBatch) -> pa.RecordBatch:
        text = batch.column("text")
        _, offsets = tokenizer_of(definition, end_of_text).encode_batch(text)
        columns = [
            batch.column("language"),
            batch.column("num_words").cast(pa.int64()),
            batch.column("num_characters").cast(pa.int64()),
            pa.compute.binary_length(text).cast(pa.int64()),
            pa.array(np.diff(offsets)),
        ]
        return pa.RecordBatch.from_arrays(columns, schema=_COUNTS)

    rows = (
        map_arrow(texts, count, _COUNTS)
        .groupBy("language")
        .agg(
            F.count("*").alias("documents"),
            *(F.sum(name).alias(name) for name in _COUNTS.names[1:]),
        )
        .collect()
    )
    found = [Fertility(**row.asDict()) for row in rows]
    return sorted(found, key=lambda row: (-row.documents, row.language))
