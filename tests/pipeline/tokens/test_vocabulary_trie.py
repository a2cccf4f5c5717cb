"""Merges as tables, and which tokens are neighbours in an encoding."""

import numpy as np
import pytest

from pipeline.tokens.vocabulary_trie import NONE, find, stay_apart, tabulate

A, B, C = 97, 98, 99
# ab, bc, abc = ab + c; and a + bc, which no text holds, as a and b are joined first.
MERGES = [(A, B, 300), (B, C, 301), (300, C, 302), (A, 301, 303)]


def tables(merges=MERGES):
    made = tabulate(list(range(256)), merges)
    assert made is not None
    return made


def token_of(made, id_):
    return np.int32(made.ids.tolist().index(id_))


def apart(made, one, other):
    pair = (token_of(made, id_) for id_ in (one, other))
    return stay_apart(*pair, NONE, made.left, made.right, made.pairs)


def test_tokens_are_numbered_by_their_merges():
    made = tables()
    assert made.ids[256:].tolist() == [300, 301, 302, 303]
    assert made.sizes[[A, 256, 258, 259]].tolist() == [1, 2, 3, 3]
    assert find(np.uint64(A << 20 | B), made.pairs) == 256
    assert find(np.uint64(B << 20 | A), made.pairs) == NONE


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (A, B, False),  # joined at once
        (A, C, True),
        (300, C, False),
        (A, 301, False),
        (B, 300, True),  # b + ab
        (300, 301, True),  # ab + bc: nothing joins b and b
        (C, A, True),
        (301, C, True),
        (A, 302, True),  # a + abc
    ],
)
def test_neighbours_stay_apart_unless_a_merge_comes_between(one, other, expected):
    assert apart(tables(), one, other) is expected


def test_of_two_merges_of_one_kind_the_left_one_is_first():
    made = tables([(A, A, 300)])
    assert apart(made, 300, A)  # aaa is aa + a
    assert not apart(made, A, 300)


def test_the_trie_leads_to_the_longest_token_and_back_to_shorter_ones():
    made = tables()
    state = np.int32(A)
    for byte, token in ((B, 256), (C, 258)):
        state = find(np.uint64(int(state) << 8 | byte), made.steps)
        assert made.token_of_state[state] == token
    assert made.shorter[[258, 256, A]].tolist() == [256, A, NONE]
    assert find(np.uint64(int(state) << 8 | A), made.steps) == NONE


def test_a_character_of_three_bytes_is_one_step():
    first, second, third = "中".encode()
    merges = [(first, second, 300), (300, third, 301)]
    made = tables(merges)
    assert made.token_of_state[made.state_of_character[ord("中")]] == 257
    assert made.state_of_character[ord("国")] == NONE


@pytest.mark.parametrize(
    "merges",
    [
        [(300, C, 301), (A, B, 300)],  # of what comes later
        [(A, B, 300), (A, C, 300)],  # one token by two merges
        [(A, 999, 300)],  # of nothing
    ],
)
def test_what_is_no_plain_vocabulary_has_no_tables(merges):
    assert tabulate(list(range(256)), merges) is None
