"""Phrases: whole, whatever their case, and what they make of their line."""

import numpy as np
import pytest

from pipeline.measures.quality import measure
from pipeline.measures.quality_phrases import (
    PHRASE_KINDS,
    PHRASE_LETTERS,
    PHRASE_WORDS,
    PhraseKind,
    phrase_at,
)


def found(text, at=0, last=None):
    data = np.frombuffer(text.encode(), np.uint8).copy()
    return phrase_at(data, at, len(data) if last is None else last)


@pytest.mark.parametrize(
    ("text", "kind", "words", "letters"),
    [
        ("JavaScript is off", PhraseKind.BOILERPLATE, 1, 10),
        ("LOREM ipsum", PhraseKind.LOREM_IPSUM, 2, 10),
        ("Retweets", PhraseKind.COUNTER, 1, 8),
        ("点赞", PhraseKind.COUNTER, 2, 2),
        ("Sign-In", PhraseKind.OPENING, 1, 6),
        ("Read more...", PhraseKind.CLOSING, 2, 8),
        ("阅读全文", PhraseKind.CLOSING, 4, 4),
        ("阅读 3", PhraseKind.COUNTER, 2, 2),
        ("items in cart", PhraseKind.ANYWHERE, 3, 11),
    ],
)
def test_a_phrase_is_found_with_its_size(text, kind, words, letters):
    phrase = found(text)
    assert PHRASE_KINDS[phrase] == kind
    assert (PHRASE_WORDS[phrase], PHRASE_LETTERS[phrase]) == (words, letters)


@pytest.mark.parametrize("text", ["like", "sign in", "read more", "x", "\xff", "阅"])
def test_half_a_phrase_is_none(text):
    assert found(text) == -1


def test_a_phrase_is_not_completed_beyond_the_end():
    assert found("likes", last=4) == -1
    assert found("likes", last=5) >= 0


@pytest.mark.parametrize(
    ("line", "share"),
    [
        ("3 likes", 1.0),
        ("1,234 Views", 1.0),
        ("3.5K shares", 1.0),
        ("点赞 12", 1.0),
        ("she has 3 likes", 0.0),
        ("no likes here", 0.0),
        ("BREAKING NEWS TODAY", 1.0),
        ("NASA and ESA met", 0.0),
        ("Menu", 1.0),
        ("2024", 1.0),
        ("Sign-in to the site", 0.25),
        ("please Sign-in", 0.0),
        ("Read the text. Read more...", 0.4),
        ("Read more... or less", 0.0),
        ("three items in cart", 0.75),
        ("one two three four five six seven eight items in cart", 0.0),
    ],
)
def test_what_refinedweb_would_take_from_a_line(line, share):
    assert measure([line]).column("undesirable_word_fraction")[0].as_py() == share
