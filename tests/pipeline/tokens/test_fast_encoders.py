"""Which encoder a tokenizer.json gets."""

import json

import pytest
from tokenizers import Regex, Tokenizer, models, pre_tokenizers

from pipeline.tokens.batch_encoder import BatchEncoder
from pipeline.tokens.fast_encoders import fast_encoder
from pipeline.tokens.pre_tokens import PATTERN, pattern_of
from pipeline.tokens.tiktoken_file import byte_letters


def definition(pattern=PATTERN, merges=(("a", "b"), ("ab", "c"))):
    vocabulary = {letter: byte for byte, letter in byte_letters().items()}
    for pair in merges:
        vocabulary["".join(pair)] = len(vocabulary)
    made = Tokenizer(models.BPE(vocabulary, list(merges)))
    made.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(pattern), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    return json.loads(made.to_str())


@pytest.mark.parametrize("max_digits", [1, 3, 9])
def test_our_pattern_gets_our_encoder(max_digits):
    encoder = fast_encoder(definition(pattern_of(max_digits)))
    assert isinstance(encoder, BatchEncoder)
    assert len(encoder.encode(["123456789"])[0]) == 9


@pytest.mark.parametrize(
    "tree",
    [
        definition() | {"model": definition()["model"] | {"continuing_subword_prefix": "##"}},
        definition() | {"model": definition()["model"] | {"dropout": 0.1}},
        definition() | {"normalizer": {"type": "NFC"}},
        definition() | {"pre_tokenizer": None},
        definition(r"\p{L}+|[^\p{L}]+"),
        definition() | {"added_tokens": [{"content": "x", "id": 900, "special": False}]},
        definition() | {"model": {"type": "WordLevel"}},
    ],
    ids=[
        "prefix",
        "dropout",
        "normalizer",
        "no pattern",
        "another pattern",
        "ordinary token",
        "not BPE",
    ],
)
def test_what_we_have_no_encoder_for_is_left_to_the_library(tree):
    assert fast_encoder(tree) is None


def test_what_byte_level_leaves_out_has_the_defaults_of_the_library():
    tree = definition()
    del tree["pre_tokenizer"]["pretokenizers"][1]["use_regex"]
    assert fast_encoder(tree) is None  # by default it cuts once more
