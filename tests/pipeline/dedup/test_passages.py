"""Windows, fingerprints and spans beside plain Python."""

from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.dedup.passages import (
    PassageParams,
    cut_spans,
    fingerprints,
    lines,
    spans_of,
    windows_around,
)
from pipeline.text.words import split_words

WORDS = PassageParams(cut="words", min_words=6)
LINES = PassageParams(cut="lines", min_words=4)
documents = st.lists(
    st.lists(st.sampled_from(["a", "b", "ab", "好", "が", ".", "\n", " "]), max_size=60).map(
        " ".join
    ),
    min_size=1,
    max_size=6,
)


@given(documents)
def test_equal_runs_of_words_have_a_fingerprint_in_common(texts):
    found = fingerprints(texts, WORDS)
    size = WORDS.fingerprint_words
    selected = {}
    for text, (first, last) in enumerate(pairwise(found.offsets.tolist())):
        words = split_words(texts[text])
        for place, value in zip(found.places[first:last], found.hashes[first:last], strict=True):
            assert place + size <= len(words)
            selected.setdefault(value, set()).add(tuple(words[place : place + size]))
            # In each text every window holds one that was selected.
        places = set(found.places[first:last].tolist())
        for start in range(len(words) - WORDS.min_words + 1):
            inside = range(start, start + WORDS.min_words - size + 1)
            assert places & set(inside)
    assert all(len(runs) == 1 for runs in selected.values())
    by_window = {}
    for text, (first, last) in enumerate(pairwise(found.offsets.tolist())):
        words = split_words(texts[text])
        places = found.places[first:last].tolist()
        for start in range(len(words) - WORDS.min_words + 1):
            mine = {
                tuple(words[p : p + size])
                for p in places
                if start <= p <= start + WORDS.min_words - size
            }
            window = tuple(words[start : start + WORDS.min_words])
            by_window.setdefault(window, []).append(mine)
    assert all(set.intersection(*sets) for sets in by_window.values())


@given(documents)
def test_all_windows_around_what_is_wanted_come_once(texts):
    found = fingerprints(texts, WORDS)
    wanted = [
        found.hashes[first:last].astype(np.int64).tolist()
        for first, last in pairwise(found.offsets.tolist())
    ]
    around = windows_around(texts, pa.array(wanted, pa.list_(pa.int64())), WORDS)
    runs = {}
    for text, (first, last) in enumerate(pairwise(around.offsets.tolist())):
        words = split_words(texts[text])
        # Every window holds a fingerprint, so all of them come, in order.
        expected = list(range(max(0, len(words) - WORDS.min_words + 1)))
        assert around.places[first:last].tolist() == expected
        for place, value in zip(expected, around.hashes[first:last].tolist(), strict=True):
            runs.setdefault(value, set()).add(tuple(words[place : place + WORDS.min_words]))
    assert all(len(same) == 1 for same in runs.values())


def test_without_anything_wanted_there_is_no_window():
    nothing = pa.array([[], None], pa.list_(pa.int64()))
    found = windows_around(["a b c d e f g h", "a b c d e f g h"], nothing, WORDS)
    assert found.offsets.tolist() == [0, 0, 0]


def test_a_fingerprint_wanted_gives_the_windows_that_hold_it():
    text = " ".join(f"w{i}" for i in range(30))
    found = fingerprints([text], WORDS)
    at = int(found.places[len(found.places) // 2])
    value = int(found.hashes[len(found.places) // 2].astype(np.int64))
    around = windows_around([text], pa.array([[value]]), WORDS)
    expected = [s for s in range(25) if s <= at and at + WORDS.fingerprint_words <= s + 6]
    assert around.places.tolist() == expected


def test_lines_of_enough_words_are_hashed_without_the_space_around_them():
    texts = ["one two three four\nshort\n  one two three four\t\n\n我们用他", "one two three four!"]
    found = lines(texts, LINES)
    assert found.places.tolist() == [0, 2, 4, 0]
    assert found.offsets.tolist() == [0, 3, 4]
    assert found.hashes[0] == found.hashes[1]
    assert len(set(found.hashes.tolist())) == 3


def spans(text, places, params=WORDS):
    return spans_of([text], pa.array([places], pa.list_(pa.int64())), params).to_pylist()[0]


def test_windows_that_overlap_or_touch_are_one_span():
    text = " ".join(f"w{i:02}" for i in range(40))
    found = spans(text, [8, 3, 2, 14, 30])
    pieces = [text[a:b] for a, b in zip(found[::2], found[1::2], strict=True)]
    assert [piece.split()[0] for piece in pieces] == ["w02", "w30"]
    assert [piece.split()[-1] for piece in pieces] == ["w19", "w35"]


def test_a_text_that_would_keep_too_little_keeps_all():
    text = " ".join(f"w{i}" for i in range(17))
    assert spans(text, [0, 5]) == [0, len(" ".join(text.split()[:11]))]
    assert spans(text, [0, 6]) == []


def test_spans_are_bytes_of_the_own_text():
    texts = ["前面的话。" * 3, "甲乙丙丁戊己庚辛壬癸子丑寅卯"]
    found = spans_of(texts, pa.array([[], [2]], pa.list_(pa.int64())), WORDS).to_pylist()
    assert found == [[], [6, 24]]
    cut = cut_spans(pa.array(texts), pa.array(found)).to_pylist()
    assert cut == [texts[0], "甲乙壬癸子丑寅卯"]


def test_lines_are_cut_whole():
    text = "keep this first line\n  drop me now please  \nand keep this one too"
    found = spans(text, [1], LINES)
    assert cut_spans(pa.array([text]), pa.array([found])).to_pylist() == [
        "keep this first line\nand keep this one too"
    ]


@pytest.mark.parametrize(
    ("text", "span", "expected"),
    [
        ("a b c", [2, 3], "a c"),
        ("a b. c", [2, 4], "a c"),
        ("a\n\nb\n\nc", [3, 4], "a\n\nc"),
        ("a b", [0, 1], "b"),
        ("a b", [2, 3], "a"),
        ("甲乙丙", [3, 6], "甲丙"),
    ],
)
def test_what_stood_around_a_passage_stands_together(text, span, expected):
    assert cut_spans(pa.array([text]), pa.array([span])).to_pylist() == [expected]


def test_texts_without_spans_and_nulls_stay():
    given_texts = pa.array([" as it is \n", None, "x"])
    no_spans = pa.array([None, [0, 1], []], pa.list_(pa.int64()))
    assert cut_spans(given_texts, no_spans).to_pylist() == [" as it is \n", None, "x"]


def test_spans_that_overlap_are_cut_as_one():
    texts = pa.array(["one two three four five"])
    assert cut_spans(texts, pa.array([[8, 13, 4, 10, 14, 18]])).to_pylist() == ["one five"]
