"""Toxicity: real texts on the right side, one score per text whatever is around it."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.demo.items import own_texts
from pipeline.measures.toxicity import (
    USUAL_THRESHOLD,
    explain,
    load_weights,
    score,
    threshold_of,
)

ABUSE = [
    "You are a worthless piece of shit, you fucking idiot, nobody wants you here.",
    "Shut the fuck up you stupid bitch, go and die.",
    "你这个傻逼，滚出去，废物，去死吧，没有人想看见你这种垃圾。",
]
HARMLESS = [
    "The weather is lovely today and the children are playing in the garden by the river.",
    "I am a gay man and I love my family and my friends.",
    "我是穆斯林，我每天和家人一起吃晚饭，然后去散步。",
    "The surgeon removed the tumour and the patient recovered within three weeks.",
]


def test_abuse_scores_above_harmless_texts():
    assert score(ABUSE).min() > 0.8
    assert score(HARMLESS).max() < 0.5


def test_ordinary_articles_in_many_languages_stay_below_the_threshold():
    texts = [item.text() for item in own_texts().values()]
    assert score(texts).max() < 0.8


def test_one_abusive_passage_is_not_diluted_and_length_alone_convicts_nobody():
    clean = " ".join(HARMLESS[0] for _ in range(3))
    assert score([clean])[0] < 0.1
    assert score([f"{clean} {ABUSE[0]} {clean}"])[0] > 0.5
    book = " ".join(HARMLESS[:1] * 500)
    assert abs(float(score([book])[0]) - float(score([HARMLESS[0]])[0])) < 0.3


@pytest.mark.parametrize("text", ["", "   ", "!!! ... 😀😀"])
def test_a_text_without_letters_scores_nothing(text):
    assert score([text])[0] == 0.0


@given(st.lists(st.text(max_size=300), min_size=1, max_size=5))
def test_scores_are_finite_and_do_not_depend_on_the_batch(texts):
    together = score(texts)
    assert together.dtype == np.float32
    assert np.all((together >= 0.0) & (together <= 1.0))
    for text, found in zip(texts, together, strict=True):
        assert score([text])[0] == found


def test_the_worst_window_is_the_one_that_holds_the_abuse():
    text = f"{'安静的日子。' * 40}{ABUSE[2]}{'安静的日子。' * 40}"
    spans = explain(text)
    assert [span.score for span in spans] == sorted((s.score for s in spans), reverse=True)
    assert "傻逼" in text[spans[0].start : spans[0].end]
    assert spans[0].score > 0.5 > spans[-1].score
    assert min(span.start for span in spans) == 0
    # A short text has one window, and its score is that of the text.
    (only,) = explain(HARMLESS[1])
    assert only.score == pytest.approx(float(score([HARMLESS[1]])[0]), abs=1e-6)
    assert explain("...") == []


@given(st.text(max_size=600))
def test_the_score_of_a_text_is_that_of_its_worst_window(text):
    spans = explain(text)
    assert all(0 <= span.start < span.end <= len(text) for span in spans)
    expected = spans[0].score if spans else 0.0
    assert float(score([text])[0]) == pytest.approx(expected, abs=1e-6)


def test_languages_have_their_thresholds():
    found = threshold_of(pa.array(["en", None, "xx", "zh", "en"]))
    thresholds = load_weights().thresholds
    assert {"en", "zh", "de", "es", "fr", "it", "pt", "nl", "pl", "ar", "hi", "ja", "ko"} <= set(
        thresholds
    )
    usual = USUAL_THRESHOLD
    assert found.tolist() == [thresholds["en"], usual, usual, thresholds["zh"], thresholds["en"]]
    assert all(0.75 <= value < 1 for value in thresholds.values())


def test_arrow_columns_with_nulls_and_slices_are_taken():
    column = pa.array([None, ABUSE[0], HARMLESS[0]])
    np.testing.assert_array_equal(score(column.slice(1)), score([ABUSE[0], HARMLESS[0]]))
    assert score(column)[0] == 0.0


def test_the_file_is_small_and_holds_numbers_only():
    weights = load_weights()
    assert weights.buckets.dtype == np.int8
    assert weights.step > 0.0


@pytest.mark.shared
def test_sets_that_were_not_trained_on_are_ranked_well_above_chance(shared_data):
    table = pq.read_table(
        shared_data / "toxicity" / "toxicity.parquet", columns=["text", "label", "source"]
    ).to_pandas()
    for source, least in (("OLID", 0.66), ("ToxiCN", 0.69), ("HateBR", 0.69)):
        rows = table[table.source.str.startswith(source)]
        scores, labels = score(pa.array(rows.text)), rows.label.to_numpy()
        ranks = scores.argsort(kind="stable").argsort()
        positives = int(labels.sum())
        area = (ranks[labels == 1].sum() - positives * (positives - 1) / 2) / (
            positives * (len(labels) - positives)
        )
        assert area > least, (source, area)
