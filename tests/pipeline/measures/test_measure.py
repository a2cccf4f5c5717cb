"""DOCUMENTS in, ATTRIBUTES out: every row, nulls where there is no text."""

from typing import get_args

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.measures import (
    chinese_script,
    language,
    measure,
    own_measures,
    pii,
    quality,
    toxicity,
)
from pipeline.measures.attributes import ATTRIBUTES, with_own
from pipeline.measures.language_paragraphs import language_share
from pipeline.measures.measure import STAGE, MeasureParams
from schemas.documents import DOCUMENTS
from tests.guarded_texts import GUARDS, ODD, guarded

TEXTS = [
    None,
    "The ferry goes to the islands twice a day, and on Sundays it stops at the lighthouse.",
    None,
    "渡轮每天开往群岛两次，星期天还会在灯塔停靠。",
]


def documents(texts):
    rows = [
        {
            "doc_id": f"{i:032x}", "source": "web", "format": "warc", "source_file": "a.warc",
            "record_offset": i, "source_key": f"key {i}", "raw_bytes": 1, "text": text,
            "skip_rule": "redirect" if text is None else None,
        }
        for i, text in enumerate(texts)
    ]  # fmt: skip
    return pa.RecordBatch.from_pylist(rows, schema=DOCUMENTS.schema)


def test_every_record_has_its_row_with_its_identity():
    found = STAGE.run(documents(TEXTS), MeasureParams())
    assert found.schema == ATTRIBUTES.schema
    assert found.column("source_key").to_pylist() == [f"key {i}" for i in range(4)]
    assert found.column("skip_rule").to_pylist() == ["redirect", None, "redirect", None]


def test_what_is_measured_stands_beside_its_text():
    found = STAGE.run(documents(TEXTS), MeasureParams())
    assert found.column("language").to_pylist() == [None, "en", None, "zh"]
    assert found.column("chinese_script").to_pylist() == [None, None, None, "Hans"]
    assert found.column("language_share").to_pylist() == [None, 1.0, None, 1.0]
    texts = [TEXTS[1], TEXTS[3]]
    expected = quality.measure(texts)
    for name in expected.schema.names:
        measured = found.column(name).to_pylist()
        assert [measured[0], measured[2]] == [None, None]
        assert [measured[1], measured[3]] == expected.column(name).to_pylist(), name
    np.testing.assert_array_equal(
        found.column("toxicity").drop_null().to_numpy(), toxicity.score(texts)
    )
    np.testing.assert_array_equal(
        found.column("language_score").drop_null().to_numpy(), language.measure(texts)[1]
    )


@pytest.mark.parametrize("texts", [[], [None], [None, None], [""]])
def test_batches_with_little_or_nothing_to_measure(texts):
    found = STAGE.run(documents(texts), MeasureParams())
    assert found.num_rows == len(texts)
    assert found.column("num_words").to_pylist() == [None if t is None else 0 for t in texts]


def everything(column):
    codes, scores = language.measure(column)
    return {
        **quality.measure(column).to_pydict(),
        "parity": [quality.measure(column, name).to_pylist() for name in get_args(quality.Variant)],
        "chinese": chinese_script.count_distinctive(column).tolist(),
        "pii": pii.measure(column).tolist(),
        "language": codes.to_pylist(),
        "language_score": np.asarray(scores).tolist(),
        "language_share": np.asarray(language_share(column, codes)).tolist(),
        "toxicity": np.asarray(toxicity.score(column)).tolist(),
    }


def assert_apart(values, guard):
    column, stored = guarded(values, guard)
    before = stored.copy()
    assert everything(column) == everything(pa.array(values, pa.large_string()))
    np.testing.assert_array_equal(stored, before)


@pytest.mark.parametrize("guard", GUARDS)
def test_a_text_cut_short_is_not_completed_by_what_follows(guard):
    for text in ODD:
        assert_apart([text], guard)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from(ODD) | st.text(st.characters(codec="utf-8"), max_size=12), max_size=6),
    st.sampled_from(GUARDS),
)
def test_kernels_neither_read_nor_write_beside_the_texts(values, guard):
    assert_apart(values, guard)


def test_what_measures_of_ones_own_give_stands_beside_its_text(monkeypatch):
    size = own_measures.Measure(
        column=pa.field("size", pa.int64()), kernel=lambda texts: pc.binary_length(texts)
    )
    monkeypatch.setattr(measure, "OWN_MEASURES", (size,))
    monkeypatch.setattr(measure, "ATTRIBUTES", with_own(ATTRIBUTES, [size]))
    found = measure.measure_documents(documents(TEXTS), MeasureParams())
    assert found.column("size").to_pylist() == [
        None if text is None else len(text.encode()) for text in TEXTS
    ]
