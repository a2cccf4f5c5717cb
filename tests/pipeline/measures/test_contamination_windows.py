"""Windows beside plain Python."""

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.measures.contamination_windows import read_words, windows
from pipeline.text.words import split_words

texts = st.lists(
    st.lists(
        st.sampled_from(["a", "B", "ab", "don’t", "好", "が", "ไทย", ".", "\n"]), max_size=40
    ).map(" ".join),
    min_size=1,
    max_size=5,
)


@given(texts, st.sampled_from([0.3, 1.0]))
def test_a_window_is_the_shortest_run_that_weighs_enough(batch, share):
    words = read_words(batch)
    hashes, sizes = windows(words, 4, 6, share)
    known = {}
    for text, (first, last) in zip(batch, pairwise(words.offsets.tolist()), strict=True):
        plain = [word.lower().replace("’", "'") for word in split_words(text)]
        assert len(plain) == last - first
        for start in range(len(plain)):
            size, weight = 0, 0.0
            while weight < share - 1e-9 and start + size < len(plain):
                weight += 1 / 4 if plain[start + size].isascii() else 1 / 6
                size += 1
            if weight < share - 1e-9:
                size = 0
            assert sizes[first + start] == size
            if size:
                run = tuple(plain[start : start + size])
                assert known.setdefault(int(hashes[first + start]), run) == run
            else:
                assert hashes[first + start] == 0
    assert len(set(known.values())) == len(known)


def test_case_width_and_apostrophes_do_not_matter_but_marks_do():
    words = read_words(["Don’t ＳＴＯＰ が", "don't stop が", "don't stop か"])
    first, second, third = words.hashes.reshape(3, 3).tolist()
    assert first == second
    assert second[:2] == third[:2]
    assert second[2] != third[2]
    assert words.is_character.tolist() == [False, False, True] * 3


def test_places_are_those_of_the_text_as_it_was():
    words = read_words(["", "x ＡＢ!"])
    assert words.starts.tolist() == [0, 2]
    assert words.ends.tolist() == [1, 8]
    assert words.offsets.tolist() == [0, 0, 2]
    assert bytes(words.folded.bytes) == b"xab"
    assert np.diff(words.folded.offsets).tolist() == [1, 2]
