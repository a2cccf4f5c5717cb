"""Lines and paragraphs against Python's own splitting; C4's faults, one at a time."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.measures.parity_characters import CLASSES
from pipeline.measures.parity_lines import (
    BRACKET,
    JAVASCRIPT,
    LOREM_IPSUM,
    POLICY,
    TOO_FEW,
    TOO_LONG,
    UNENDED,
    ends_line,
    hash_pieces,
    phrase_faults,
    split_at_newlines,
    strip,
    without_citations,
    word_faults,
)

texts = st.text(st.sampled_from("ab \n\n\t\u3000é中"), max_size=30)


def as_bytes(text):
    return np.frombuffer(text.encode(), np.uint8).copy()


@given(texts)
def test_strip_is_that_of_str(text):
    data = as_bytes(text)
    first, last = strip(data, 0, len(data), CLASSES)
    assert bytes(data[first:last]).decode() == text.strip()


@pytest.mark.parametrize(("least", "expression"), [(0, "\n"), (1, "\n+"), (2, "\n{2,}")])
def test_pieces_are_those_of_a_regular_expression(least, expression):
    @given(texts)
    def same(text):
        data = as_bytes(text)
        starts, ends = np.empty(40, np.int64), np.empty(40, np.int64)
        pieces = split_at_newlines(data, 0, len(data), least, starts, ends)
        spans = zip(starts[:pieces], ends[:pieces], strict=True)
        found = [bytes(data[a:b]).decode() for a, b in spans]
        assert found == re.split(expression, text)

    same()


def test_pieces_are_hashed_by_their_bytes_and_measured_in_characters():
    data = as_bytes("中文ab中文")
    starts, ends = np.array([0, 6, 8]), np.array([6, 8, 14])
    hashes, lengths = np.empty(3, np.uint64), np.empty(3, np.int64)
    hash_pieces(data, starts, ends, 3, hashes, lengths)
    assert lengths.tolist() == [2, 2, 2]
    assert hashes[0] == hashes[2] != hashes[1]


def test_lines_end_where_splitlines_cuts():
    for code in range(0x3000):
        assert ends_line(np.uint32(code)) == (len(f"a{chr(code)}b".splitlines()) == 2)


@pytest.mark.parametrize(
    ("line", "cleaned"),
    [("a[1] b", "a b"), ("a[] b", "a b"), ("a[edit]", "a"), ("a[citation needed]b", "ab"),
     ("a[1b]", None), ("a[", None), ("plain", None), ("[12][3]", "")],
)  # fmt: skip
def test_citations_are_taken_away(line, cleaned):
    data, buffer = as_bytes(line), np.empty(64, np.uint8)
    size = without_citations(data, 0, len(data), buffer)
    assert size == (-1 if cleaned is None else len(cleaned))
    assert cleaned is None or bytes(buffer[:size]).decode() == cleaned


@pytest.mark.parametrize(
    ("line", "faults"),
    [("a b c", 0), ("a b", TOO_FEW), ("", TOO_FEW), ("a b " + "c" * 1000, 0),
     ("a b " + "字" * 1001, TOO_LONG), ("中\u3000文 字", 0)],
)  # fmt: skip
def test_faults_of_words(line, faults):
    data = as_bytes(line)
    assert word_faults(data, 0, len(data), CLASSES) == faults


@pytest.mark.parametrize(
    ("line", "faults"),
    [("End.", 0), ('"Go!"', 0), ("End", UNENDED), ("End...", UNENDED), ("End..", 0), ("", UNENDED),
     ("Lorem IPSUM.", LOREM_IPSUM), ("f{}.", BRACKET), ("JavaScript!", JAVASCRIPT),
     ("Terms of Use.", POLICY), ("it uses cookies.", POLICY),
     ("{ use cookies", BRACKET | POLICY | UNENDED)],
)  # fmt: skip
def test_faults_of_phrases_and_ends(line, faults):
    data = as_bytes(line)
    assert phrase_faults(data, 0, len(data)) == faults
