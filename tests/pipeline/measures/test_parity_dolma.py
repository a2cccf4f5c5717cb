"""The dolma variant gives the numbers of Dolma's definitions."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.measures.parity_dolma import statistics
from pipeline.measures.quality import measure
from pipeline.text.utf8 import as_utf8
from tests.oracles.parity_oracle import dolma

PIECES = ["the mill ", "and the ", "a b c ", "\n", "\n\n", "- x\n", "* y…\n", "#hash ", "… ",
          "中文。", "word ", "12 ", "\u3000", "to be\n"]  # fmt: skip
texts = st.lists(st.sampled_from(PIECES), max_size=40).map("".join) | st.text(
    st.characters(codec="utf-8"), max_size=20
)


@settings(max_examples=200, deadline=None)
@given(st.lists(texts, max_size=4))
def test_every_number_is_that_of_the_oracle(values):
    found = statistics(as_utf8(values))
    expected = [dolma(value) for value in values]
    for name, column in found.items():
        np.testing.assert_allclose(column, [row[name] for row in expected], rtol=1e-12)


GOLDEN = json.loads(
    (Path(__file__).resolve().parents[2] / "cases" / "parity_dolma.json").read_text("utf-8")
)


@pytest.mark.parametrize("name", GOLDEN["cases"][0]["numbers"])
def test_numbers_are_those_of_the_original(name):
    found = statistics(as_utf8([case["text"] for case in GOLDEN["cases"]]))[name]
    assert GOLDEN["source"].startswith("dolma 1.2")
    np.testing.assert_array_equal(found, [case["numbers"][name] for case in GOLDEN["cases"]])


def test_all_copies_of_a_line_count():
    # Nine lines of which one comes twice: datatrove says 1 of 9, Dolma 2 of 9.
    text = "\n".join(["one line", "two", "three", "four", "one line", "five", "six", "seven", "8"])
    by_variant = [
        measure([text], variant).column("duplicate_line_fraction")[0].as_py()
        for variant in ("datatrove", "dolma")
    ]
    assert by_variant == pytest.approx([1 / 9, 2 / 9])
