"""OVERLAPS: which item, how much of it, where in the text."""

import json

import numpy as np
import pyarrow as pa
import pytest

from pipeline.measures.contamination import find_overlaps, read_evaluation
from pipeline.measures.contamination_sets import ContaminationParams, EvaluationSet
from schemas.contamination import OVERLAPS
from schemas.documents import DOCUMENTS
from tests.guarded_texts import GUARDS, ODD, guarded

QUIZ = [
    "The first question asks how many apples remain when seven of nineteen were eaten at noon",
    "Another one wants to know which of the four rivers named below flows into the Baltic Sea",
]
CHINESE = "下列关于社会主义市场经济体制的表述中正确的一项是哪一个请说明理由"


@pytest.fixture
def evaluation(tmp_path):
    sets = []
    for name, items in (("quiz", QUIZ), ("zh", [CHINESE])):
        path = tmp_path / f"{name}.jsonl"
        path.write_text("\n".join(json.dumps({"q": item}) for item in items))
        sets.append(EvaluationSet(path=str(path)))
    return lambda **more: read_evaluation(ContaminationParams(sets=tuple(sets), **more))


def documents(*texts):
    columns = {
        "doc_id": [f"{k:032x}" for k in range(len(texts))],
        "source_file": ["a"] * len(texts),
        "record_offset": list(range(len(texts))),
        "text": list(texts),
    }
    arrays = [
        pa.array(columns.get(field.name, [None] * len(texts)), field.type)
        for field in DOCUMENTS.schema
    ]
    return pa.RecordBatch.from_arrays(arrays, names=DOCUMENTS.schema.names)


def test_items_places_and_shares_are_told(evaluation):
    text = f"Éxam. {QUIZ[1]}! And {' '.join(QUIZ[0].upper().split()[:13])}. End. {CHINESE}"
    rows = OVERLAPS.check(find_overlaps(documents(None, "Nothing.", text), evaluation()))
    (row,) = rows.to_pylist()
    assert row["record_offset"] == 2
    assert list(zip(row["evaluation_sets"], row["items"], strict=True)) == [
        ("quiz", 2),
        ("zh", 1),
        ("quiz", 1),
    ]
    assert row["overlaps"][:2] == [1.0, 1.0]
    assert row["overlaps"][2] == pytest.approx(13 / 16)
    data = text.encode()
    found = [data[a:b].decode() for a, b in zip(row["spans"][::2], row["spans"][1::2], strict=True)]
    assert found[0] == QUIZ[1]
    assert found[1].lower() == " ".join(QUIZ[0].lower().split()[:13])
    assert found[2] == CHINESE
    assert row["num_words_left"] == 3


def test_every_copy_in_a_text_is_a_span_whichever_item_counts(tmp_path):
    shared = (
        "the following are questions with answers please answer with one letter and nothing else"
    )
    items = [f"{shared} {' '.join(f'{name}{k}' for k in range(9))}" for name in ("much", "more")]
    path = tmp_path / "set.jsonl"
    path.write_text("\n".join(json.dumps({"q": item}) for item in items))
    sets = (EvaluationSet(path=str(path)),)
    for least, counted in ((0.0, [2, 1]), (0.9, [2])):
        evaluation = read_evaluation(ContaminationParams(sets=sets, min_overlap=least))
        text = f"Well. {shared} then {shared}. Now {items[1]}, {shared}!"
        (row,) = find_overlaps(documents(text), evaluation).to_pylist()
        assert row["items"] == counted
        found = [text[a:b] for a, b in zip(row["spans"][::2], row["spans"][1::2], strict=True)]
        assert found == [shared, shared, f"{items[1]}, {shared}"]
        assert row["num_words_left"] == 3


def test_items_that_are_not_searched_for_are_counted_by_set(evaluation):
    assert evaluation().num_too_short() == {}
    # 17 and 18 words of 16.25 and more, and 33 characters of 40.
    assert evaluation(min_words=26, min_characters=40, min_item_words=26).num_too_short() == {
        "quiz": 2,
        "zh": 1,
    }


def test_too_small_a_share_does_not_count(evaluation):
    text = f"{' '.join(QUIZ[0].split()[:13])} or so. {QUIZ[1]}."
    both = find_overlaps(documents(text), evaluation()).to_pylist()[0]
    one = find_overlaps(documents(text), evaluation(min_overlap=0.9)).to_pylist()[0]
    assert (both["items"], one["items"]) == ([2, 1], [2])
    assert (len(both["spans"]), len(one["spans"])) == (4, 2)
    assert one["num_words_left"] == both["num_words_left"] + 13


def test_rows_do_not_depend_on_the_batch(evaluation):
    texts = ["x", f"a {QUIZ[0]}", None, f"{CHINESE} {CHINESE}", f"{QUIZ[0]} {QUIZ[0]}"]
    together = find_overlaps(documents(*texts), evaluation()).drop_columns(["doc_id"])
    batch = documents(*texts)
    alone = [
        row
        for k in range(len(texts))
        for row in find_overlaps(batch.slice(k, 1), evaluation())
        .drop_columns(["doc_id"])
        .to_pylist()
    ]
    assert together.to_pylist() == alone
    assert [row["record_offset"] for row in alone] == [1, 3, 4]


@pytest.mark.parametrize("guard", [*GUARDS, CHINESE[19].encode()])
def test_kernels_neither_read_nor_write_beside_the_texts(evaluation, guard):
    items = evaluation()
    cut_short = " ".join(QUIZ[0].split()[:13])[:-1]
    for values in ([QUIZ[0], "", cut_short, CHINESE[:19]], [CHINESE, *ODD], [cut_short], [""]):
        column, stored = guarded(values, guard)
        before = stored.copy()
        batch = documents(*values)
        beside = pa.RecordBatch.from_arrays(
            [column if name == "text" else batch[name] for name in batch.schema.names],
            names=batch.schema.names,
        )
        assert find_overlaps(beside, items).to_pylist() == find_overlaps(batch, items).to_pylist()
        np.testing.assert_array_equal(stored, before)
