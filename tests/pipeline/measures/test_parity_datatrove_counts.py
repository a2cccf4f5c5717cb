"""Rows of counts: one text beside others, and in bounds."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.measures.parity_characters import CLASSES
from pipeline.measures.parity_datatrove_counts import count_datatrove
from pipeline.measures.parity_tally import Tally
from pipeline.measures.quality_counts import Count
from pipeline.text.utf8 import as_utf8

PIECES = ["the mill ", "don't ", "One two three.\n", "a[1] b c.\n", "\n\n", "... ", "中文。", "{",
          "\u2028",
          "javascript ", "- x y\n", "3.5km ", "\r\n"]  # fmt: skip
texts = st.lists(st.sampled_from(PIECES), max_size=20).map("".join) | st.text(
    st.characters(codec="utf-8"), max_size=20
)


def rows(values):
    batch = as_utf8(values)
    tallies = np.zeros((len(values), len(Tally)), np.int64)
    grams = np.zeros((len(values), len(Count)), np.int64)
    count_datatrove(batch.bytes, batch.offsets, CLASSES, tallies, grams)
    return np.hstack([tallies, grams])


@settings(max_examples=100, deadline=None)
@given(st.lists(texts, min_size=1, max_size=5))
def test_a_text_is_counted_the_same_in_any_company(values):
    np.testing.assert_array_equal(rows(values), np.vstack([rows([value]) for value in values]))


def test_one_text_by_hand():
    row = rows(["The cat didn't stop. It ran on!\n\n- The end of it...\n"])[0]
    wanted = {
        Tally.CHARACTERS: 52, Tally.NEWLINES: 3, Tally.TOKENS: 16, Tally.WORDS: 12,
        Tally.ALPHABETIC_TOKENS: 12, Tally.STOP_WORDS: 1, Tally.ELLIPSES: 1, Tally.LINES: 3,
        Tally.BULLET_LINES: 1, Tally.ELLIPSIS_LINES: 1, Tally.PARAGRAPHS: 2, Tally.SENTENCES: 3,
        Tally.PROSE_SENTENCES: 2,
    }  # fmt: skip
    assert {tally: row[tally] for tally in wanted} == wanted
