"""Shingles against the n-grams of plain Python."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.dedup.shingles import shingle_texts
from tests.oracles.jaccard_oracle import shingle_set

# Few words, so that shingles repeat within a text and between texts.
WORDY = st.lists(
    st.sampled_from(
        ["a", "B", "the", "The", "don't", "機", "械", "が", "か", "ที่", "!", "😀", "x1"]
    ),
    max_size=25,
).map(" ".join)


@given(st.lists(WORDY | st.text(max_size=20), max_size=5), st.integers(1, 6))
def test_shingles_are_the_n_grams_of_plain_python(texts, shingle_size):
    shingles = shingle_texts(texts, shingle_size)
    expected = [shingle_set(text, shingle_size) for text in texts]
    assert shingles.sizes().tolist() == [len(found) for found in expected]
    for i in range(len(texts)):
        assert len(set(shingles[i].tolist())) == len(shingles[i])
        for j in range(i):
            common = set(shingles[i].tolist()) & set(shingles[j].tolist())
            assert len(common) == len(expected[i] & expected[j])


def test_short_texts_share_a_shingle_only_when_they_are_the_same_text():
    texts = ["Yes.", "No.", "yes.", "Yes", "好", "嗯", "!!!", "???", "a b c d", "a b c e"]
    shingles = shingle_texts(texts, 5)
    assert shingles.sizes().tolist() == [1] * len(texts)
    assert len(set(shingles.hashes.tolist())) == len(texts) - 1  # "Yes." and "yes."


def test_an_empty_text_has_no_shingle():
    assert shingle_texts(["", "  \n", "\u200b"], 5).sizes().tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("one", "other"),
    [("が" * 3 + "きぐげご" * 8, "か" * 3 + "きくけこ" * 8), ("ที่นี่มีน้ำ" * 6, "ทีนีมีนำ" * 6)],
)
def test_marks_are_not_stripped(one, other):
    shingles = shingle_texts([one, other], 5)
    assert not set(shingles[0].tolist()) & set(shingles[1].tolist())


def test_the_order_of_words_counts():
    shingles = shingle_texts(["a b c d e", "b a c d e", "e d c b a", "a b c e d"], 5)
    assert len(set(shingles.hashes.tolist())) == 4


def test_a_shingle_does_not_depend_on_its_neighbours_in_the_batch():
    texts = [
        "",
        "one two three four five six seven",
        "short",
        "中文的例子没有空格",
        "one two three",
    ]
    together = shingle_texts(texts, 5)
    for i, text in enumerate(texts):
        np.testing.assert_array_equal(together[i], shingle_texts([text], 5).hashes)


def test_hashes_do_not_change_from_release_to_release():
    found = shingle_texts(["The quick brown fox jumps over", "Hello."], 5).hashes.tolist()
    assert found == [17867620105979579932, 6239490098743218979, 6730817801220751024]


def test_no_two_of_a_million_shingles_collide():
    text = " ".join(f"{i * 2654435761 % 2**32:x}" for i in range(1_000_000))
    assert shingle_texts([text], 5).sizes()[0] == 999_996
