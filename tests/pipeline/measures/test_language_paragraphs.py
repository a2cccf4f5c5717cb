"""The language of each paragraph, and the share of a text in its own language."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.measures.language import measure
from pipeline.measures.language_paragraphs import language_share, measure_paragraphs

ENGLISH = "The ferry goes to the islands twice a day, and on Sundays it stops at the lighthouse."
FRENCH = "Le bateau va aux îles deux fois par jour, et le dimanche il s'arrête au phare."
CHINESE = "渡轮每天开往群岛两次，星期天还会在灯塔停靠。"


def test_an_english_page_with_french_splits_where_it_should():
    found = measure_paragraphs([f"{ENGLISH}\n\n  {FRENCH}\n", None or "", f"12:30\n{CHINESE}"])
    assert found.codes.to_pylist() == ["en", "fr", "und", "zh"]
    assert found.offsets.tolist() == [0, 2, 2, 4]
    data = f"{ENGLISH}\n\n  {FRENCH}\n".encode()
    assert data[found.starts[1] : found.ends[1]].decode() == FRENCH
    assert (found.starts[2], found.ends[2]) == (0, 5)


def test_the_share_is_of_the_bytes_of_paragraphs_that_tell():
    texts = [f"{ENGLISH}\n{ENGLISH}\n{FRENCH}\n2024", ENGLISH, "", f"12\n{CHINESE}"]
    codes = pa.array(["en", "en", "und", "zh"])
    english, french = 2 * len(ENGLISH), len(FRENCH.encode())
    expected = [english / (english + french), 1.0, 0.0, 1.0]
    assert language_share(texts, codes).tolist() == pytest.approx(expected)


def test_a_text_whose_lines_are_too_short_to_tell_is_as_one():
    text = "the\nold\nman\nand\nthe\nsea"
    assert measure_paragraphs([text]).codes.to_pylist() == ["und"] * 6
    assert language_share([text], pa.array(["en"])).tolist() == [1.0]


@given(st.lists(st.text(max_size=80), max_size=5))
def test_shares_are_in_range_and_do_not_depend_on_the_batch(texts):
    codes, _ = measure(texts)
    shares = language_share(texts, codes)
    assert shares.dtype == np.float32
    assert np.all((shares >= 0) & (shares <= 1))
    for k, text in enumerate(texts):
        assert language_share([text], codes.slice(k, 1)).tolist() == [shares[k]]
