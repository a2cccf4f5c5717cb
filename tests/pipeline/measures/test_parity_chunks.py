"""Chunks are cut where spaCy cuts them; whole texts of golden cases: test_parity_words."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.measures.parity_characters import CLASSES
from pipeline.measures.parity_chunks import split_chunk


def split(text):
    codes = np.array([ord(character) for character in text], np.uint32)
    classes = CLASSES[np.minimum(codes, len(CLASSES) - 1)]
    cuts, ends = np.zeros(len(text) + 1, np.uint8), np.zeros(len(text), np.int64)
    tokens = split_chunk(codes, classes, len(text), cuts, ends)
    assert not cuts.any()
    places = [0, *ends[:tokens]]
    return [text[start:end] for start, end in pairwise(places)]


# What spaCy 3.8.18 gives.
@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("don't", "do n't"), ("cannot", "can not"), ("Shouldn't've", "Should n't 've"),
        ("(see", "( see"), ("below):", "below ):"), ("Mr.", "Mr."), ("mill.", "mill ."),
        ("U.S.", "U.S."), ("10a.m.,", "10 a.m. ,"), (":-)", ":-)"), ("and/or", "and/or"),
        ("state-of-the-art", "state - of - the - art"), ("120kg...and", "120kg ... and"),
        ("http://mill.example.com/a-b.", "http://mill.example.com/a-b ."), ("$3.50", "$ 3.50"),
        ("(it's)", "( it 's )"), ("word.Word", "word . Word"), ("a--b", "a -- b"),
        ("清晨的雾气。", "清晨的雾气 。"), ("...", "..."), ("\"'", "\" '"), ("=", "="),
    ],
)  # fmt: skip
def test_a_chunk_is_cut_as_spacy_does(text, tokens):
    assert split(text) == tokens.split()


@given(st.text(st.sampled_from("ab1.'s(-):,$%km/@…中A+\"n't"), min_size=1, max_size=30))
def test_tokens_leave_nothing_out(text):
    tokens = split(text)
    assert "".join(tokens) == text
    assert all(tokens)
