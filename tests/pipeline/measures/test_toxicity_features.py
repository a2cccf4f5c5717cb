"""Features of a block against a slow and obvious reader."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.measures import toxicity_features as features
from pipeline.text.utf8 import as_utf8
from pipeline.text.words import CHARACTERS

_M32 = 0xFFFFFFFF


def block(text):
    batch = as_utf8([text])
    found = np.zeros(features.BLOCK_FEATURES, np.uint32)
    codes = np.zeros(features.LONGEST_WORD + 2, np.uint32)
    after, count = features.read_block(
        batch.bytes, 0, len(batch.bytes), CHARACTERS, features.folding(), codes, found
    )
    assert 0 <= count < features.BLOCK_FEATURES
    return after, sorted(found[:count].tolist())


def finish(state):
    state = (state ^ state >> 16) * 0x85EBCA6B & _M32
    state = (state ^ state >> 13) * 0xC2B2AE35 & _M32
    return state ^ state >> 16


def hash_of(seed, values):
    for value in values:
        seed = (seed ^ value) * 0x01000193 & _M32
    return seed


def expected(words):
    """Features of lower-case words of spaced scripts, by the definition in the docstring."""
    found, previous = [], None
    for word in words:
        codes = [0x20, *map(ord, word), 0x20]
        for n in (3, 4, 5):
            for start in range(len(codes) - n + 1):
                backwards = codes[start : start + n][::-1]
                found.append(finish(hash_of(features._PIECE_SEED, backwards)))
        state = hash_of(features._WORD_SEED, map(ord, word))
        found.append(finish(state))
        if previous is not None:
            found.append(finish(hash_of(features._PAIR_SEED, [previous, state])))
        previous = state
    return sorted(found)


WORDS = st.lists(st.text("abcxyz", min_size=1, max_size=8), min_size=1, max_size=9)


@given(WORDS.map(lambda words: [w for w in words if not any(c * 3 in w for c in "abcxyz")]))
def test_words_give_the_features_of_the_definition(words):
    assert block(" ".join(words))[1] == expected(words)


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("SOOOOOO Bad", "soo bad"),
        ("ＢＡＤ", "bad"),
        ("b\u200ba\u00add", "bad"),
        ("bad...  word!", "bad word"),
    ],
)
def test_disguises_are_taken_off(written, plain):
    assert block(written)[1] == block(plain)[1]


def test_unspaced_scripts_are_read_by_characters():
    codes = [ord(c) for c in "中文字"]
    pieces = [codes[i:j][::-1] for i in range(3) for j in range(i + 1, 4)]
    assert block("中文字")[1] == sorted(finish(hash_of(features._PIECE_SEED, p)) for p in pieces)


@given(st.text(max_size=400))
def test_any_text_is_read_to_its_end(text):
    text = text.encode("utf-8", "ignore").decode()
    size, at = len(text.encode()), 0
    rest = text.encode()
    while rest:
        after, _ = block(rest.decode())
        assert after > 0
        at += after
        rest = rest[after:]
    assert at == size
