"""Normalisation: golden cases, properties, and the batch against the definition."""

import gzip
import json
import time
from pathlib import Path

import ftfy
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.text.normalize import (
    FTFY_CONFIG,
    STAGE,
    NormalizeParams,
    normalize_batch,
    normalize_text,
)
from pipeline.text.normalize_scan import scan
from pipeline.text.utf8 import as_utf8
from schemas.documents import DOCUMENTS
from tests.guarded_texts import GUARDS, ODD, guarded
from tests.pipeline.text.test_normalize_scan import SUSPECTS

CASES = Path(__file__).resolve().parents[2] / "cases"
GOLDEN = json.loads((CASES / "normalize.json").read_text(encoding="utf-8"))
PROSE = json.loads((CASES / "prose.json").read_text(encoding="utf-8"))

pieces = st.sampled_from([
    "schÃ¶n", "â€œ", "&amp;", "&lt;", "<", "\r\n", "\r", "\n", "\n\n\n", "  ", "\t", "\u00a0",
    "\u3000", "\u200b", "\u200d", "ไทย", "中文，", "ＡＢ", "ｶﾞ", "e\u0301", "\x00", "\x85",
    "\x1b[1m", "“”", "œ", "l’été", "ﬁ", "&am", "p;", "a", ".", "\ufffd",
])  # fmt: skip
messy = (
    st.lists(pieces, max_size=10).map("".join)
    | st.text(SUSPECTS + " a\n", max_size=12)
    | st.text(st.characters(codec="utf-8"), max_size=20)
)


@pytest.mark.parametrize("case", GOLDEN, ids=[case["label"] for case in GOLDEN])
def test_golden_case(case):
    assert normalize_text(case["original"]) == case["normal"]
    assert normalize_batch(pa.array([case["original"]])).to_pylist() == [case["normal"]]


@pytest.mark.parametrize("case", PROSE, ids=[case["label"] for case in PROSE])
def test_ordinary_prose_stays_as_it_is(case):
    assert normalize_text(case["text"]) == case["text"]


@settings(max_examples=600, deadline=None)
@given(messy)
def test_normalisation_is_idempotent(text):
    once = normalize_text(text)
    assert normalize_text(once) == once


@settings(max_examples=300, deadline=None)
@given(messy)
def test_ftfy_has_nothing_left_to_do(text):
    once = normalize_text(text)
    assert ftfy.fix_text(once, FTFY_CONFIG._replace(normalization="NFC")) == once


@settings(max_examples=600, deadline=None)
@given(st.lists(st.none() | messy, max_size=5), st.integers(0, 2))
def test_a_batch_has_the_texts_of_the_definition(texts, skipped):
    for kind in (pa.string(), pa.large_string()):
        column = pa.array(texts, kind)[skipped:]
        found = normalize_batch(column)
        assert found.type == kind
        assert found.to_pylist() == [
            None if text is None else normalize_text(text) for text in texts[skipped:]
        ]


def test_texts_in_normal_form_are_returned_without_a_copy():
    column = pa.array([case["text"] for case in PROSE])
    found = normalize_batch(column)
    assert found.buffers()[2].address == column.buffers()[2].address


def test_a_line_longer_than_what_ftfy_takes_at_once_is_repaired_as_ftfy_does():
    text = "schÃ¶n &amp; gut " + "a" * 1_000_000 + " schÃ¶n &amp; gut"
    assert normalize_batch(pa.array([text])).to_pylist() == [normalize_text(text)]


def test_entities_before_the_markup_of_a_long_line_are_read_as_ftfy_does():
    text = "&eacute; " + "a b " * 300_000 + " <b> &eacute;\n&eacute;"
    assert normalize_batch(pa.array([text]))[0].as_py() == normalize_text(text)


@pytest.mark.parametrize(
    "hostile",
    ["&" + "amp;" * 50_000, "&" + "#38;amp;" * 20_000, "e" + "\u0301\u0323" * 50_000, "Ã" * 99_999,
     "│" * 99_999, "a" + "\u200b" * 99_999, " " * 99_999 + "b", "&#" * 50_000],
    ids=lambda text: ascii(text[:9]),
)  # fmt: skip
def test_a_hostile_line_takes_no_quadratic_time(hostile):
    start = time.process_time()
    found = normalize_batch(pa.array([hostile])).to_pylist()
    assert time.process_time() - start < 3.0
    assert found == [normalize_text(hostile)]


@pytest.mark.shared
def test_real_texts_of_many_languages_come_out_as_the_definition_says(shared_data):
    table = pq.read_table(shared_data / "langid" / "langid.parquet", columns=["text", "kind"])
    kinds = table.column("kind").to_pylist()
    texts = [
        text
        for index, text in enumerate(table.column("text").to_pylist())
        if kinds[index] == "document" or index % 97 == 0
    ]
    for path in sorted((shared_data / "books" / "txt").glob("*.txt"))[:6]:
        texts.append(path.read_bytes()[:60_000].decode("utf-8", "replace"))
        texts.append(path.read_bytes()[:20_000].decode("cp1252", "replace"))
    with gzip.open(shared_data / "news" / "sogou_sample.jsonl.gz", "rt", encoding="utf-8") as file:
        texts += [json.loads(line)["text"] for line in file]
    found = normalize_batch(pa.array(texts)).to_pylist()
    assert found == [normalize_text(text) for text in texts]


def document(**values):
    row = {
        "doc_id": "0" * 32, "source": "web", "format": "warc", "source_file": "a.warc",
        "record_offset": 0, "source_key": "k", "raw_bytes": 1, **values,
    }  # fmt: skip
    return {field.name: row.get(field.name) for field in DOCUMENTS.schema}


def test_documents_are_normalised_and_other_records_pass_through():
    rows = [
        document(text="a  b\r\n", title=" Two\n\n lines &amp; more "),
        document(text="\u200b \n", title="\u3000"),
        document(skip_rule="redirect", title="x"),
        document(error="bad gzip"),
        document(skip_rule="deleted", text="a  b"),
    ]
    batch = pa.RecordBatch.from_pylist(rows, schema=DOCUMENTS.schema)
    found = STAGE.run(batch, NormalizeParams()).to_pylist()
    assert [row["text"] for row in found] == ["a b", None, None, None, "a  b"]
    assert [row["skip_rule"] for row in found] == [None, "empty_text", "redirect", None, "deleted"]
    assert [row["title"] for row in found] == ["Two lines & more", None, "x", None, None]
    changed = ("text", "skip_rule", "title")
    for before, after in zip(rows, found, strict=True):
        assert {k: v for k, v in before.items() if k not in changed} == {
            k: v for k, v in after.items() if k not in changed
        }


def test_an_empty_batch_stays_empty():
    batch = pa.RecordBatch.from_pylist([], schema=DOCUMENTS.schema)
    assert STAGE.run(batch, NormalizeParams()).num_rows == 0


@pytest.mark.parametrize("guard", GUARDS)
def test_a_text_cut_short_is_not_completed_by_what_follows(guard):
    for text in ODD:
        column, _ = guarded([text], guard)
        assert scan(as_utf8(column)).flags.tolist() == scan(as_utf8([text])).flags.tolist(), text


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(ODD) | messy, max_size=6), st.sampled_from(GUARDS))
def test_the_scan_neither_reads_nor_writes_beside_the_texts(values, guard):
    column, stored = guarded(values, guard)
    before = stored.copy()
    assert normalize_batch(column).to_pylist() == [normalize_text(value) for value in values]
    assert scan(as_utf8(column)).flags.tolist() == scan(as_utf8(values)).flags.tolist()
    np.testing.assert_array_equal(stored, before)
