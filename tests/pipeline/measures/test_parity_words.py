"""Words and sentences of texts: golden cases of spaCy, and the bound on their number."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.measures.parity_characters import CLASSES, hash_of
from pipeline.measures.parity_words import (
    IS_MARK,
    IS_PUNCTUATION,
    count_sentences,
    most_tokens,
    split_words,
    stop_word,
)

CASES = json.loads(
    (Path(__file__).resolve().parents[2] / "cases" / "parity_datatrove.json").read_text("utf-8")
)["cases"]


@pytest.mark.parametrize("case", CASES, ids=range(len(CASES)))
def test_words_are_those_of_datatrove(case):
    assert split_words(case["text"]) == case["words"]


@given(st.text(st.sampled_from("abIve cant's.,-$5kmn't \n\u3000中文😀"), max_size=60))
def test_there_are_never_more_tokens_than_the_bound(text):
    data = np.frombuffer(text.encode(), np.uint8).copy()
    most, longest = most_tokens(data, 0, len(data), CLASSES)
    assert len(split_words(text)) <= most
    assert longest == max(map(len, text.split()), default=0)
    assert "".join(split_words(text)) == "".join(text.split())


def test_sentences_begin_behind_marks_and_closing_punctuation():
    word, mark, quote = 0, IS_MARK | IS_PUNCTUATION, IS_PUNCTUATION
    for kinds, sentences in [
        ([word, mark, word], 2), ([word, mark, quote, word], 2), ([word, mark, mark], 1),
        ([word, word], 1), ([], 1), ([mark, word, mark, word, word], 3),
    ]:  # fmt: skip
        assert count_sentences(np.array(kinds, np.uint8), 0, len(kinds)) == sentences


def test_stop_words_are_told_by_case():
    bits = [stop_word(np.uint64(hash_of(word))) for word in ("the", "be", "with", "The", "than")]
    assert bits[3:] == [0, 0]
    assert len({*bits[:3], 0}) == 4
