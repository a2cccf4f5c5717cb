"""What ``tidy`` does alone; the golden cases are those of ``normalize_text``."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.tidy import WIDTHS, tidy


@given(st.text())
def test_no_blank_stands_where_none_belongs(text):
    result = tidy(text.replace("\r", "\n"))
    assert result == result.strip()
    for line in result.split("\n"):
        assert line == line.rstrip(" \t\u00a0\u3000")
        assert not re.search(r"[ \t]{2}", line.lstrip(" \t"))
    assert "\n\n\n" not in result
    assert not set(result) & set("\r\f\v\x00\x7f\x85\u00a0\u2003\u3000\ufeff\u00ad")


@given(st.text("abcXYZ019.,;:!? ", max_size=40))
def test_plain_words_are_never_lost(text):
    assert tidy(text).split() == text.split()


def test_full_width_punctuation_is_not_a_width_to_be_repaired():
    assert not set("，。！？：；（）［］｛｝～￥") & set(WIDTHS)
    assert {"Ａ", "ｚ", "０", "ﾀ", "｡"} <= set(WIDTHS)


@pytest.mark.parametrize("text", [" " * 200_000 + "a", "a" + " \u3000" * 100_000 + "b" + "\t" * 9])
def test_long_runs_of_blanks_take_no_quadratic_time(text):
    start = time.perf_counter()
    tidy(text)
    assert time.perf_counter() - start < 2.0
