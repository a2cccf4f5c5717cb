"""Words between Unicode's boundaries: golden cases of uniseg, and the rules one by one."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.measures.parity_word_breaks import BREAKS, Break, split_words

CASES = json.loads(
    (Path(__file__).resolve().parents[2] / "cases" / "parity_dolma.json").read_text("utf-8")
)["cases"]


@pytest.mark.parametrize("case", CASES, ids=range(len(CASES)))
def test_words_are_those_of_uniseg(case):
    assert split_words(case["text"]) == case["words"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("can't a.b 3.5 1,000 a:b x_y", ["can't", "a.b", "3.5", "1,000", "a:b", "x_y"]),
        ("rock'n' 5. a,b 3'x", ["rock'n", "5", "a", "b", "3", "x"]),
        ("中文ひらカタカナ", ["中", "文", "ひ", "ら", "カタカナ"]),
        ("e\u0301te\u0301 a\u00adb", ["e\u0301te\u0301", "a\u00adb"]),
        ("צה״ל ג׳ x'", ["צה״ל", "ג׳", "x"]),
        ("3a a3 ア_ア", ["3a", "a3", "ア_ア"]),
        ("_a a__b", ["a__b"]),
        ("ไทย", ["ไ", "ท", "ย"]),
        ("👩\u200d👧 🇩🇪🇫🇷", []),
    ],
)
def test_the_rules_one_by_one(text, words):
    assert split_words(text) == words


@given(st.text(st.characters(codec="utf-8"), max_size=30))
def test_words_are_pieces_of_the_text_in_order(text):
    at = 0
    for word in split_words(text):
        assert word[0].isalnum()
        at = text.index(word, at) + len(word)


def test_classes_are_where_they_should_be():
    kinds = [int(BREAKS[ord(character)] & 0x7F) for character in "a中カ3.,:'_ \n\u0301"]
    assert kinds == [
        Break.ALETTER, Break.OTHER, Break.KATAKANA, Break.NUMERIC, Break.MIDNUMLET, Break.MIDNUM,
        Break.MIDLETTER, Break.SINGLE_QUOTE, Break.EXTENDNUMLET, Break.WSEGSPACE, Break.LF,
        Break.EXTEND,
    ]  # fmt: skip
    assert BREAKS.dtype == np.uint8
