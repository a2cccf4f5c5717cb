"""What DCLM's modifiers leave of a line, against plain Python."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.measures.parity_characters import CLASSES
from pipeline.measures.parity_dclm_lines import (
    fasttext_words,
    is_counter,
    is_taken_away,
    words_left,
)
from tests.oracles import parity_oracle

PIECES = ["3 likes", "1,2K", " views", "VIEWS", "Read more...", "read more now", " items in cart",
          "Sign-in ", "sign-in", "word ", "a b ", "ABC", "12", " ", "\t", "(", ")", "_",
          "中文 "]  # fmt: skip
COUNTERS = ["3", ",", "k", " ", "likes", "views", "(", ")", "_", "x"]
lines = st.lists(st.sampled_from(PIECES), max_size=12).map("".join)


def as_bytes(text):
    return np.frombuffer(text.encode(), np.uint8).copy()


@settings(max_examples=400, deadline=None)
@given(lines)
def test_as_many_words_are_left_as_the_oracle_leaves(line):
    data = as_bytes(line)
    expected = len(parity_oracle.fasttext_words(parity_oracle.dclm_line(line)))
    assert words_left(data, 0, len(data), CLASSES, np.empty(len(data), np.uint8)) == expected
    words = fasttext_words(data, 0, len(data), CLASSES)
    assert words == len(parity_oracle.fasttext_words(line))


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(COUNTERS)).map("".join))
def test_counters_are_those_of_the_expression(line):
    data = as_bytes(line)
    expected = parity_oracle.COUNTER.search(line.lower()) is not None
    assert is_counter(data, 0, len(data), CLASSES) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [("ABC def", False), ("ABCD ef", True), ("12", True), ("12 34", False), ("word", True),
     ("two words", False), ("", False), ("3 likes", True), ("  ", True)],
)  # fmt: skip
def test_lines_that_go(line, expected):
    data = as_bytes(line)
    assert is_taken_away(data, 0, len(data), CLASSES) is expected
