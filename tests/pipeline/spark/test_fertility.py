"""collect_fertility against counts in plain Python over the same texts."""

import pytest

from pipeline.measures.attributes import ATTRIBUTES
from pipeline.report.statistics import Fertility
from pipeline.spark import fertility
from pipeline.spark.arrow import struct_type
from pipeline.tokens.tokenizer import TokenizerParams, train
from schemas.documents import DOCUMENTS
from schemas.ledger import LEDGER
from tests.pipeline.spark.report_rows import make_rows

pytestmark = pytest.mark.spark


def test_counts_are_those_of_the_kept_documents_of_smallest_id(spark, monkeypatch):
    monkeypatch.setattr(fertility, "DOCUMENTS_PER_LANGUAGE", 5)
    rows = make_rows(120)
    texts = [row["text"] for row in rows if row.get("text")]
    tokenizer = train(iter(texts), TokenizerParams(vocabulary_size=320))
    frames = [
        spark.createDataFrame(
            [tuple(row.get(name) for name in table.schema.names) for row in rows],
            struct_type(table.schema),
        ).repartition(3)
        for table in (LEDGER, ATTRIBUTES, DOCUMENTS)
    ]
    found = fertility.collect_fertility(*frames, tokenizer.definition, tokenizer.end_of_text)
    expected = {}
    kept = [row for row in rows if row["outcome"] == "kept"]
    assert len(kept) > 10
    for row in sorted(kept, key=lambda row: row["doc_id"]):
        expected.setdefault(row["language"], []).append(row)
    assert {row.language for row in found} == set(expected)
    for row in found:
        chosen = expected[row.language][:5]
        assert row == Fertility(
            language=row.language,
            documents=len(chosen),
            words=sum(one["num_words"] for one in chosen),
            characters=sum(one["num_characters"] for one in chosen),
            utf8_bytes=sum(len(one["text"].encode()) for one in chosen),
            tokens=sum(len(tokenizer.encode_batch([one["text"]])[0]) for one in chosen),
        )
