"""Counts of characters and lines, and the verdict of C4 on a line."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.measures.parity_characters import CLASSES
from pipeline.measures.parity_datatrove_lines import (
    count_bullets,
    count_characters,
    count_repeated_lines,
    judge_line,
    line_end,
)
from pipeline.measures.parity_lines import BRACKET, JAVASCRIPT, LOREM_IPSUM, TOO_FEW, UNENDED
from pipeline.measures.parity_tally import Tally
from pipeline.measures.quality_repetition import table_size


def as_bytes(text):
    return np.frombuffer(text.encode(), np.uint8).copy()


@given(st.text(st.sampled_from("a.…#\n中.."), max_size=40))
def test_characters_are_counted_as_str_count_does(text):
    row = np.zeros(len(Tally), np.int64)
    data = as_bytes(text)
    count_characters(data, 0, len(data), row)
    assert row[Tally.CHARACTERS] == len(text)
    assert row[Tally.NEWLINES] == text.count("\n")
    assert row[Tally.HASHES] == text.count("#")
    assert row[Tally.ELLIPSES] == text.count("...") + text.count("…")


@given(st.text(st.sampled_from("ab\n\r\x1c\x85\u2028é"), max_size=20))
def test_a_line_ends_where_splitlines_ends_it(text):
    data = as_bytes(text)
    end = line_end(data, 0, len(data))
    assert bytes(data[:end]).decode() == (text.splitlines() or [""])[0]


def test_repeated_lines_and_paragraphs():
    row = np.zeros(len(Tally), np.int64)
    data = as_bytes("one\ntwo.\n\none\ntwo.\n \none\n" + "x" * 31)
    pieces = 20
    count_repeated_lines(
        data, 0, len(data), CLASSES, np.empty(pieces, np.int64), np.empty(pieces, np.int64),
        np.empty(pieces, np.uint64), np.empty(pieces, np.int64),
        np.empty(table_size(pieces), np.uint64), row,
    )  # fmt: skip
    assert (row[Tally.PARAGRAPHS], row[Tally.DUPLICATE_PARAGRAPHS]) == (2, 0)
    assert (row[Tally.RUN_LINES], row[Tally.DUPLICATE_LINES]) == (7, 3)
    assert (row[Tally.VISIBLE_LINES], row[Tally.DUPLICATE_VISIBLE_CHARACTERS]) == (6, 10)
    assert (row[Tally.TERMINAL_LINES], row[Tally.SHORT_LINES]) == (2, 5)


@pytest.mark.parametrize(
    ("line", "bullets", "ellipses"),
    [("- a", 1, 0), ("• a", 1, 0), ("* a", 0, 0), ("a...", 0, 1), ("a…", 0, 1), ("a..", 0, 0),
     ("", 0, 0), ("-", 1, 0)],
)  # fmt: skip
def test_bullets_and_ellipses_of_a_line(line, bullets, ellipses):
    row = np.zeros(len(Tally), np.int64)
    data = as_bytes(line)
    count_bullets(data, 0, len(data), len(data) == 0, row)
    assert row[Tally.LINES] == 1
    assert (row[Tally.BULLET_LINES], row[Tally.ELLIPSIS_LINES]) == (bullets, ellipses)


@pytest.mark.parametrize(
    ("faults", "any_line", "prose", "dropped"),
    [(0, 3, 3, False), (UNENDED, 3, 0, False), (TOO_FEW, 0, 0, False), (JAVASCRIPT, 0, 0, False),
     (LOREM_IPSUM, 0, 0, True), (LOREM_IPSUM | UNENDED, 0, 0, False), (BRACKET, 0, 0, True),
     (BRACKET | JAVASCRIPT, 0, 0, False)],
)  # fmt: skip
def test_the_verdict_on_a_line(faults, any_line, prose, dropped):
    row = np.zeros(len(Tally), np.int64)
    is_dropped = np.zeros(1, np.bool_)
    judge_line(faults, 3, row, is_dropped)
    assert (row[Tally.SENTENCES], row[Tally.PROSE_SENTENCES]) == (any_line, prose)
    assert bool(is_dropped[0]) is dropped
