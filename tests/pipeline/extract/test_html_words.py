"""What the words of a block tell."""

import numpy as np
import pytest

from pipeline.extract.html_columns import WORDING_AT
from pipeline.extract.html_tags import NUM_NOTICES
from pipeline.extract.html_words import hash_words
from tests.pipeline.extract.measured_pages import SENTENCE, measure


def test_title_and_stated_body() -> None:
    rows, _, _ = measure(f"<h1>The old mill</h1><p>{SENTENCE}<p>Nothing of that here, not a word.",
                         title="the OLD mill", body=SENTENCE * 4)  # fmt: skip
    assert rows[0, 27] == 1 and rows[0, 28] == 1
    assert rows[1, 29] == 1 and rows[2, 29] < 0.2
    assert measure(f"<p>{SENTENCE}")[0][0, 29] == -1


def test_words_are_hashed_without_case_and_chinese_by_character() -> None:
    out = np.empty(9, np.uint64)
    text = np.frombuffer("Ab aB, 中文中".encode(), np.uint8)
    assert hash_words(text, 0, len(text), out) == 5
    assert out[0] == out[1] and out[2] == out[4] != out[3]
    assert hash_words(text, 0, len(text), out[:2]) == 2  # no more than there is room for


def test_a_block_that_reads_as_an_earlier_one_is_a_copy() -> None:
    rows, _, _ = measure(f"<p>{SENTENCE}<p>Else<p>{SENTENCE.upper()}")
    assert rows[:, 30].tolist() == [0, 0, 1]


def test_wording_is_counted_by_kind() -> None:
    rows, _, _ = measure(
        '<p><a href=x>Read more</a>: the <i>mill</i> @ 1 | "so" http://a.b <a href=y>End</a>'
    )
    wording = rows[0, WORDING_AT:]
    size = len('Readmore:themill@1|"so"http://a.bEnd')
    assert wording[0] == 2 and wording[1:NUM_NOTICES].tolist() == [0] * (NUM_NOTICES - 1)
    assert wording[NUM_NOTICES] == 1  # it opens so
    assert wording[2 * NUM_NOTICES :][:8] == pytest.approx(
        [len("mill") / size, len("Readmore:"), 1, 1, 2, 2, 1, 1]
    )
