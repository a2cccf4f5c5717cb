"""DOCUMENTS in, SIGNATURES out."""

import pyarrow as pa

from pipeline.dedup.minhash import MinHashParams
from pipeline.dedup.signature_stage import STAGE
from schemas.documents import DOCUMENTS

REQUIRED = {pa.string(): "x", pa.int64(): 0}


def documents(texts):
    columns = {
        field.name: [None if field.nullable else REQUIRED[field.type]] * len(texts)
        for field in DOCUMENTS.schema
    }
    columns |= {"doc_id": [f"d{i}" for i in range(len(texts))], "text": texts}
    return pa.RecordBatch.from_pydict(columns, schema=DOCUMENTS.schema)


TEXTS = [
    "One two three four five, six.",
    None,
    "",
    "ONE two three four five six",
    "Short.",
    "!!!",
    "one two three four five six seven",
]


def test_every_text_has_a_signature_and_other_records_have_none():
    signed = STAGE.run(documents(TEXTS), MinHashParams()).to_pylist()
    assert [row["doc_id"] for row in signed] == ["d0", "d2", "d3", "d4", "d5", "d6"]
    assert [row["num_shingles"] for row in signed] == [2, 0, 2, 1, 1, 3]


def test_an_empty_text_can_meet_nobody():
    empty = STAGE.run(documents([""]), MinHashParams()).to_pylist()[0]
    assert empty["band_keys"] == []
    assert empty["text_key"] == ""


def test_punctuation_makes_another_text_but_no_other_shingles():
    signed = STAGE.run(documents(TEXTS), MinHashParams()).to_pylist()
    assert signed[0]["text_key"] != signed[2]["text_key"]
    assert signed[0]["band_keys"] == signed[2]["band_keys"]
    assert len(signed[0]["band_keys"]) == MinHashParams().bands


def test_the_batch_has_no_say_in_the_signature():
    whole = STAGE.run(documents(TEXTS), MinHashParams())
    parts = [
        STAGE.run(documents(TEXTS).slice(start, 2), MinHashParams())
        for start in range(0, len(TEXTS), 2)
    ]
    assert pa.Table.from_batches(parts).to_pylist() == whole.to_pylist()


def test_a_batch_without_a_text_gives_no_row():
    assert STAGE.run(documents([None, None]), MinHashParams()).num_rows == 0
    assert STAGE.run(documents([]), MinHashParams()).num_rows == 0
