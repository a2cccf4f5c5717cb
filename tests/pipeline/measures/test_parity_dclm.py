"""The dclm variant gives the numbers of DCLM's definitions."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.measures.parity_dclm import statistics
from pipeline.measures.parity_word_breaks import split_words
from pipeline.measures.quality import measure
from pipeline.text.utf8 import as_utf8
from tests.oracles.parity_oracle import dclm

PIECES = ["the mill ", "And The ", "a b c ", "\n", "\n\n", "\n \n", "- x y\n", "● y z...\n",
          "#hash ", ". . . ", "...", "中文。", "12 ", "3 likes\n", "Read more...\n", "ABC DEF\n",
          " to be"]  # fmt: skip
texts = st.lists(st.sampled_from(PIECES), max_size=40).map("".join) | st.text(
    st.characters(codec="utf-8", exclude_characters="İ"), max_size=20
)


@settings(max_examples=200, deadline=None)
@given(st.lists(texts, max_size=4))
def test_every_number_is_that_of_the_oracle(values):
    found = statistics(as_utf8(values))
    expected = [dclm(value, split_words) for value in values]
    for name, column in found.items():
        np.testing.assert_allclose(column, [row[name] for row in expected], rtol=1e-12)


def test_the_three_systems_disagree_on_one_text():
    text = "one two three four five six. " * 2 + "seven eight nine ten eleven twelve"
    name = "duplicate_5_gram_character_fraction"
    found = [
        measure([text], variant).column(name)[0].as_py()
        for variant in ("datatrove", "dolma", "dclm")
    ]
    assert len({round(value, 6) for value in found}) == 3
    # datatrove: five words of 19 characters, of 92; DCLM: twelve words of 44, of 73.
    assert found[0] == pytest.approx(19 / len(text))
    assert found[2] == pytest.approx(44 / 73)
