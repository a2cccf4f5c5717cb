"""Verdicts: golden cases, their order, their numbers, and ordinary prose in many scripts."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.decide.decide import VERDICTS, decide_batch
from pipeline.decide.limits import COLUMN_OF_LIMIT
from pipeline.decide.rules import DecideParams
from pipeline.measures import language, quality
from pipeline.measures.attributes import ATTRIBUTES
from pipeline.text.normalize import normalize_text
from schemas.documents import Source
from schemas.errors import DataError

CASES = Path(__file__).resolve().parents[2] / "cases"
RULED = json.loads((CASES / "quality.json").read_text(encoding="utf-8"))
PROSE = json.loads((CASES / "prose.json").read_text(encoding="utf-8"))


def attributes(texts, source="web", **columns):
    """ATTRIBUTES of texts, measured but for toxicity; ``columns`` replace what was measured."""
    num_texts = len(texts)
    codes, scores = language.measure(texts)
    measured = {
        "doc_id": [f"{i:032x}" for i in range(num_texts)],
        "source": [source] * num_texts,
        "source_file": ["a.warc"] * num_texts,
        "record_offset": list(range(num_texts)),
        "source_key": [f"key {i}" for i in range(num_texts)],
        "language": codes,
        "language_score": scores,
        "toxicity": np.zeros(num_texts, np.float32),
        **quality.measure(texts).to_pydict(),
        **columns,
    }
    return pa.RecordBatch.from_arrays(
        [
            pa.array(measured.get(field.name, [None] * num_texts), field.type)
            for field in ATTRIBUTES.schema
        ],
        schema=ATTRIBUTES.schema,
    )


def verdicts(batch, **params):
    found = decide_batch(batch, DecideParams(**params))
    assert found.schema == VERDICTS
    assert found.num_rows == batch.num_rows
    return found.to_pylist()


def prose(label):
    return next(case["text"] for case in PROSE if case["label"] == label)


@pytest.mark.parametrize("case", RULED, ids=[case["label"] for case in RULED])
def test_golden_case(case):
    batch = attributes([normalize_text(case["text"])], case["source"])
    verdict = verdicts(batch, **case["params"])[0]
    assert (verdict["rule"], verdict["outcome"]) == (
        case["rule"], "dropped" if case["rule"] else "kept",
    )  # fmt: skip
    if case["rule"]:
        value, threshold = verdict["value"], verdict["threshold"]
        assert value == batch.column(COLUMN_OF_LIMIT[case["rule"]])[0].as_py()
        assert value < threshold if case["rule"].startswith("min_") else value > threshold


@pytest.mark.parametrize("source", list(Source))
@pytest.mark.parametrize("preset", ["corpusmill", "gopher", "c4", "fineweb", "none"])
def test_ordinary_prose_is_kept_in_every_script(preset, source):
    cases = [
        case
        for case in PROSE
        # Gopher asks for a mean word length of three: Korean words are shorter.
        if not (case["label"] == "ko" and preset in ("gopher", "fineweb"))
    ]
    found = verdicts(attributes([case["text"] for case in cases], source), preset=preset)
    assert {case["label"]: row["rule"] for case, row in zip(cases, found, strict=True)} == {
        case["label"]: None for case in cases
    }


def test_errors_go_before_skip_rules_and_those_before_limits():
    texts = ["short"] * 4
    batch = attributes(
        texts,
        error=["bad gzip", "bad gzip", None, None],
        skip_rule=[None, "redirect", "redirect", None],
    )
    found = verdicts(batch)
    assert [row["outcome"] for row in found] == ["unreadable", "unreadable", "dropped", "dropped"]
    assert [row["rule"] for row in found] == [None, None, "redirect", "min_words"]
    assert [row["detail"] for row in found] == ["bad gzip", "bad gzip", None, None]
    assert [row["value"] for row in found] == [None, None, None, 1.0]


def test_limits_are_tried_in_the_order_in_which_they_stand():
    batch = attributes(["a b c"], language=["en"], language_score=[0.2], toxicity=[1.0])
    order = ["languages", "min_language_score", "min_words", "min_mean_word_length", "max_toxicity"]
    relaxed = [
        {"languages": ("zh",)},
        {},
        {"min_language_score": 0.0},
        {"min_language_score": 0.0, "min_words": 0},
        {"min_language_score": 0.0, "preset": "none"},
    ]
    assert [verdicts(batch, **params)[0]["rule"] for params in relaxed] == order


def test_a_language_verdict_names_the_language():
    batch = attributes([prose("de")] * 2, language=["de", "und"], language_score=[0.2, 0.0])
    first, second = verdicts(batch, languages=("en", "zh"))
    assert (first["rule"], first["detail"], first["threshold"]) == ("languages", "de", None)
    assert first["value"] == pytest.approx(0.2)
    assert (second["rule"], second["detail"]) == ("languages", "und")


def test_chinese_may_be_listed_by_its_script():
    batch = attributes([prose("en")] * 4, language=["zh", "zh", "zh", "en"])
    batch = batch.set_column(
        batch.schema.get_field_index("chinese_script"),
        "chinese_script",
        pa.array(["Hant", "Hans", None, None]),
    )
    for languages, kept in (
        (("zh-Hant",), [True, False, False, False]),
        (("zh-Hans", "en"), [False, True, False, True]),
        (("zh",), [True, True, True, False]),
    ):
        rules = [row["rule"] for row in verdicts(batch, languages=languages)]
        assert [rule != "languages" for rule in rules] == kept


def test_paragraphs_in_other_languages_may_be_limited():
    batch = attributes(
        [prose("de")] * 3,
        language=["de", "de", "und"],
        language_score=[0.9, 0.9, 0.0],
        language_share=[0.5, 0.75, 0.0],
    )
    found = verdicts(batch, min_language_share=0.75)
    assert [row["rule"] for row in found] == ["min_language_share", None, None]
    assert (found[0]["value"], found[0]["threshold"], found[0]["detail"]) == (0.5, 0.75, "de")
    assert [row["rule"] for row in verdicts(batch)] == [None] * 3


def test_without_a_list_an_unknown_language_is_no_reason():
    batch = attributes([prose("en")] * 2, language=["und", "en"], language_score=[0.0, 0.1])
    assert [row["rule"] for row in verdicts(batch)] == [None, "min_language_score"]


def test_toxicity_is_tried_last():
    batch = attributes([prose("en"), "short"], toxicity=[0.9, 0.9])
    first, second = verdicts(batch, max_toxicity=0.5)
    assert (first["rule"], first["threshold"]) == ("max_toxicity", 0.5)
    assert first["value"] == pytest.approx(0.9)
    assert second["rule"] == "min_words"


def test_equality_passes():
    batch = attributes(["one two three"])
    words = {"preset": "none", "min_words": 3, "max_words": 3}
    assert verdicts(batch, **words)[0]["outcome"] == "kept"


def test_stop_words_are_asked_of_what_is_surely_english():
    text = "Chaidh am bàta a-mach tràth sa mhadainn. " * 3
    batch = attributes([text] * 3, language=["en", "en", "de"], language_score=[1.0, 0.7, 1.0])
    found = verdicts(batch, preset="none", min_stop_words=2)
    assert [row["rule"] for row in found] == ["min_stop_words", None, None]


def test_every_text_is_judged_by_the_limits_of_its_source_and_script():
    texts = ["这是一条很短的评论。", "a short comment"] * 2
    batch = attributes(texts, source="web")
    batch = batch.set_column(
        1, ATTRIBUTES.schema.field(1), pa.array(["web", "web", "social", "social"])
    )
    found = verdicts(batch, preset="none", min_words=30, unspaced={"min_words": 12},
                     social={"min_words": 2})  # fmt: skip
    assert [(row["rule"], row["threshold"]) for row in found] == [
        ("min_words", 12.0), ("min_words", 30.0), (None, None), (None, None),
    ]  # fmt: skip


def test_a_record_in_no_state_at_all_stops_the_job():
    with pytest.raises(DataError, match="neither text nor error nor skip rule"):
        decide_batch(attributes(["a"], num_words=[None]), DecideParams())


def test_an_unknown_source_stops_the_job():
    with pytest.raises(DataError, match="unknown source"):
        decide_batch(attributes(["a"], source="radio"), DecideParams())


def test_an_empty_batch_has_no_verdicts():
    assert verdicts(attributes(["a"]).slice(0, 0)) == []


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from([*(case["text"] for case in RULED[:20]), prose("zh")]), max_size=8))
def test_a_verdict_does_not_depend_on_the_company(texts):
    alone = [verdicts(attributes([text]))[0] for text in texts]
    together = verdicts(attributes(texts)) if texts else []
    names = ("outcome", "rule", "value", "threshold", "detail")
    assert [[row[name] for name in names] for row in together] == [
        [row[name] for name in names] for row in alone
    ]


def test_any_number_that_was_measured_can_have_a_limit():
    batch = attributes(["one two", "one two three", "one two three four five"])
    found = verdicts(batch, preset="none", at_least={"num_words": 3}, at_most={"num_words": 4.5})
    assert [(row["rule"], row["value"], row["threshold"]) for row in found] == [
        ("min_num_words", 2.0, 3.0),
        (None, None, None),
        ("max_num_words", 5.0, 4.5),
    ]


@pytest.mark.parametrize("name", ["num_wrods", "language"])
def test_what_is_no_number_has_no_limit(name):
    with pytest.raises(ValueError, match="is no number in ATTRIBUTES"):
        DecideParams(at_least={name: 1.0})
