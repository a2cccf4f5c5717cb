"""One end-of-text id after each document, and nothing else beside the text's own ids."""

import numpy as np
import pyarrow as pa
import pytest

from pipeline.tokens.encode import STAGE, EncodeParams
from pipeline.tokens.shard_plan import ShardParams, place, places
from pipeline.tokens.tokenizer import TokenizerParams, train
from schemas.documents import PiiKind, Source
from schemas.errors import DataError
from schemas.tokens import TEXTS

IDS = ["00" * 16, "ab" * 16, "ff" * 16]
WORDS = ["one two three", "", "四五六"]


@pytest.fixture(scope="module")
def params():
    tokenizer = train(iter(WORDS * 9), TokenizerParams(vocabulary_size=300))
    return EncodeParams(
        tokenizer_definition=tokenizer.definition,
        end_of_text=tokenizer.end_of_text,
        dtype="uint16",
        redact=(PiiKind.EMAIL,),
        shards=ShardParams(),
    ), tokenizer


def ids(row, dtype="uint16"):
    return np.frombuffer(row["tokens"], dtype).tolist()


def texts(words):
    return pa.RecordBatch.from_pydict(
        {"doc_id": IDS, "source": ["web", "book", "wiki"], "text": words}, schema=TEXTS.schema
    )


def test_each_document_ends_with_end_of_text(params):
    encoding, tokenizer = params
    rows = STAGE.run(texts(WORDS), encoding).to_pylist()
    for row, doc_id, text in zip(rows, IDS, WORDS, strict=True):
        assert ids(row)[-1] == tokenizer.end_of_text_id
        assert tokenizer.end_of_text_id not in ids(row)[:-1]
        assert tokenizer.decode(ids(row)[:-1]) == text
        assert row["num_utf8_bytes"] == len(text.encode())
        assert (row["split"], *row["positions"]) == place(doc_id, encoding.shards)


def test_a_large_vocabulary_is_stored_in_four_bytes(params):
    encoding, _ = params
    small = STAGE.run(texts(WORDS), encoding).to_pylist()
    large = STAGE.run(texts(WORDS), encoding.model_copy(update={"dtype": "int32"})).to_pylist()
    assert [ids(row, "int32") for row in large] == [ids(row) for row in small]


def test_a_slice_of_a_batch_is_encoded_as_itself(params):
    encoding, _ = params
    whole = STAGE.run(texts(WORDS), encoding)
    assert STAGE.run(texts(WORDS).slice(1, 2), encoding).equals(whole.slice(1, 2))


def test_a_null_text_stops_the_stage(params):
    with pytest.raises(DataError, match=r"texts\.text: 1 nulls"):
        broken = texts(WORDS).to_pydict() | {"text": ["a", None, "b"]}
        STAGE.run(pa.RecordBatch.from_pydict(broken), params[0])


def test_personal_data_is_replaced_before_it_becomes_tokens(params):
    encoding, tokenizer = params
    words = ["write to ann@example.org", "call +44 20 7946 0958", ""]
    rows = STAGE.run(texts(words), encoding).to_pylist()
    expected = ["write to [EMAIL_1]", "call +44 20 7946 0958", ""]
    assert [tokenizer.decode(ids(row)[:-1]) for row in rows] == expected
    assert rows[0]["num_utf8_bytes"] == len(expected[0])


def test_a_text_that_is_repeated_is_stored_once(params):
    encoding, _ = params
    shards = ShardParams(validation_fraction=0.0, repeat={Source.WEB: 3.0, Source.BOOK: 0.0})
    once = STAGE.run(texts(WORDS), encoding).to_pylist()
    rows = STAGE.run(texts(WORDS), encoding.model_copy(update={"shards": shards})).to_pylist()
    assert [row["tokens"] for row in rows] == [row["tokens"] for row in once]
    assert [len(set(row["positions"])) for row in rows] == [3, 0, 1]
    assert ("train", rows[0]["positions"]) == places(IDS[0], "web", shards)
