"""Traditional and simplified Chinese told apart by characters."""

import re

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.measures.chinese_script import count_distinctive, measure, script_table


def test_the_table_is_what_the_two_character_sets_have_apart():
    table = script_table()
    for simplified, traditional in ("国國", "这這", "说說", "门門", "马馬", "学學"):
        assert table[ord(simplified) - 0x4E00] == 1
        assert table[ord(traditional) - 0x4E00] == -1
    for shared in "中文的是在后里台干面":
        assert table[ord(shared) - 0x4E00] == 0
    assert ((table == 1).sum(), (table == -1).sum()) == (2380, 8678)


@given(st.lists(st.text(alphabet="国國中aé\U00020000が", max_size=20), max_size=4))
def test_counts_are_those_of_plain_python(texts):
    expected = [[text.count("国"), text.count("國")] for text in texts]
    assert count_distinctive(texts).tolist() == expected


def test_only_chinese_has_a_script_and_the_majority_decides():
    texts = ["这个國", "這是个國", "国國", "国", None]
    codes = pa.array(["zh", "zh", "zh", "ja", "und"])
    assert measure(pa.array(texts), codes).to_pylist() == ["Hans", "Hant", None, None, None]


@pytest.mark.shared
def test_real_texts_of_both_scripts(shared_data):
    """Simplified news and questions; traditional editions of classics by Project Gutenberg."""
    import gzip
    import json

    with gzip.open(shared_data / "news" / "thucnews_titles.jsonl.gz", "rt") as lines:
        titles = [json.loads(line)["title"] for line in lines][:5000]
    with gzip.open(shared_data / "eval_sets" / "cmmlu_test.jsonl.gz", "rt") as lines:
        questions = [json.loads(line)["question"] for line in lines]
    for texts, least in ((titles, 0.985), (questions, 0.99)):
        found = measure(texts, pa.array(["zh"] * len(texts)))
        told = found.drop_null().to_pylist()
        assert told.count("Hans") >= least * len(told)
        assert len(told) > 0.95 * len(texts)
    for name in ("23950-0.txt", "24051-0.txt", "24185-0.txt", "24225-0.txt", "24264-0.txt"):
        text = (shared_data / "books" / "txt" / name).read_bytes().decode("utf-8")
        passages = [p for p in re.split(r"\n\s*\n", text) if len(re.findall("[一-鿿]", p)) > 20]
        found = measure(passages, pa.array(["zh"] * len(passages))).to_pylist()
        assert found.count("Hant") >= 0.99 * len(passages), name
