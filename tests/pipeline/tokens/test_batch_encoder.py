"""Encoding by the longest token that fits gives what merging gives."""

import json

import pyarrow as pa
import pytest
import tokenizers
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import models, pre_tokenizers

from pipeline.tokens.cutting import PATTERN
from pipeline.tokens.fast_encoders import fast_encoder
from pipeline.tokens.tiktoken_file import byte_letters


def library(merges):
    """The tokenizers library with these merges of letters, in this order."""
    letters = byte_letters()
    vocabulary = {letters[byte]: byte for byte in range(256)}
    for pair in merges:
        vocabulary.setdefault("".join(pair), len(vocabulary))
    made = tokenizers.Tokenizer(models.BPE(vocabulary, merges))
    made.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(tokenizers.Regex(PATTERN), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    return made


@st.composite
def vocabularies(draw):
    """Any merges, also such as no training would give: many tokens that no text holds."""
    tokens = ["a", "b", "c"]
    merges = []
    for _ in range(draw(st.integers(0, 14))):
        pair = (draw(st.sampled_from(tokens)), draw(st.sampled_from(tokens)))
        if "".join(pair) not in tokens and len("".join(pair)) <= 16:
            merges.append(pair)
            tokens.append("".join(pair))
    return merges


@settings(max_examples=300)
@given(vocabularies(), st.lists(st.text("abc", max_size=40), min_size=1, max_size=4))
def test_any_merges_give_the_ids_of_the_library(merges, texts):
    theirs = library(merges)
    encoder = fast_encoder(json.loads(theirs.to_str()), "").encoder
    for _ in range(2):  # the second time from the cache
        ids, offsets = encoder.encode(texts)
        for text, first, last in zip(texts, offsets[:-1], offsets[1:], strict=True):
            assert ids[first:last].tolist() == theirs.encode(text).ids


MERGES = [("a", "a"), ("aa", "aa"), ("a", "b"), ("=", "="), ("==", "=="), ("Ġ", "a"), ("Ġ", "Ġ")]


@pytest.mark.parametrize(
    "text",
    ["=" * 300_001, " " * 200_000 + "a", "a" * 100_000, "ab" * 70_000 + "\x00" * 9, "\n" * 65_537],
    ids=["marks", "spaces", "letters", "mixed", "line ends"],
)
def test_pieces_of_any_length_take_linear_time(text):
    theirs = library(MERGES)
    encoder = fast_encoder(json.loads(theirs.to_str()), "").encoder
    assert encoder.encode([text])[0].tolist() == theirs.encode(text).ids


def test_a_slice_of_a_column_is_encoded_by_itself():
    encoder = fast_encoder(json.loads(library(MERGES).to_str()), "").encoder
    column = pa.array(["aaaa", "aa", None, "", "aaa"])
    ids, offsets = encoder.encode(column.slice(1))
    assert offsets.tolist() == [0, 1, 1, 1, 3]
    assert ids.tolist() == [256, 256, ord("a")]
    assert [len(part) for part in encoder.encode([])] == [0, 1]


def test_pieces_with_the_same_first_bytes_are_told_apart():
    theirs = library(MERGES)
    encoder = fast_encoder(json.loads(theirs.to_str()), "").encoder
    texts = ["\x00", "\x00\x00", "a", "a\x00", *("=" * size for size in range(1, 20))] * 2
    ids, offsets = encoder.encode(texts)
    for text, first, last in zip(texts, offsets[:-1], offsets[1:], strict=True):
        assert ids[first:last].tolist() == theirs.encode(text).ids
