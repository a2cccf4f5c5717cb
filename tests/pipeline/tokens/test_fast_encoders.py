"""Which encoder a tokenizer.json gets."""

import json
import sys
import unicodedata
from itertools import pairwise

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import (
    AddedToken,
    Regex,
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    trainers,
)

from pipeline.tokens.cutting import DEEPSEEK_PATTERNS, PATTERN, pattern_of
from pipeline.tokens.fast_encoders import fast_encoder
from pipeline.tokens.tiktoken_file import byte_letters
from pipeline.tokens.tokenizer import Tokenizer as OurTokenizer
from tests.pipeline.tokens.patterns import LLAMA3, QWEN2

END = "<|endoftext|>"


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
    encoder = fast_encoder(definition(pattern_of(max_digits)), END)
    assert encoder is not None
    assert len(encoder.encode(["123456789"], None, None)[0]) == 9


WITH_MORE = definition()["model"]["vocab"] | {"abcabc": 999}


@pytest.mark.parametrize(
    "tree",
    [
        definition() | {"model": definition()["model"] | {"continuing_subword_prefix": "##"}},
        definition() | {"model": definition()["model"] | {"dropout": 0.1}},
        definition() | {"normalizer": {"type": "Lowercase"}},
        definition() | {"pre_tokenizer": None},
        definition(r"\p{L}+|[^\p{L}]+"),
        definition(merges=[("a", "b"), ("b", "c"), ("a", "bc"), ("ab", "c")][:3])
        | {"model": definition()["model"] | {"ignore_merges": True, "vocab": WITH_MORE}},
        definition() | {"model": {"type": "WordLevel"}},
    ],
    ids=[
        "prefix",
        "dropout",
        "normalizer",
        "no pattern",
        "another pattern",
        "a token that no merge makes",
        "not BPE",
    ],
)
def test_what_we_have_no_encoder_for_is_left_to_the_library(tree):
    assert fast_encoder(tree, END) is None


def test_what_byte_level_leaves_out_has_the_defaults_of_the_library():
    tree = definition()
    del tree["pre_tokenizer"]["pretokenizers"][1]["use_regex"]
    assert fast_encoder(tree, END) is None  # by default it cuts once more


LINES = [
    "The mill grinds slowly, don't it? It grinds exceedingly fine; 1234567 grains, I'LL count.",
    "磨坊慢慢地磨，但是磨得非常细。\n\n每天都有新的谷物送来。 ",
    "โรงสีบดข้าวช้าๆ แต่ละเอียดมาก  Cà phê sữa đá e\u0301t de\u0301ja\u0300",
    "def mill(grain: list[str]) -> str:\n\treturn ' '.join(grain)\r\n",
]
CALL, THINK = "<tool_call>", "</think>"


def trained(pre_tokenizer, normalizer=None, tokens=()):
    """A definition as another program writes it."""
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizer
    made.decoder = decoders.ByteLevel()
    if normalizer is not None:
        made.normalizer = normalizer
    made.train_from_iterator(
        LINES * 20,
        trainers.BpeTrainer(
            vocab_size=600,
            special_tokens=[END],
            initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
            show_progress=False,
        ),
    )
    made.add_tokens([AddedToken(token, special=False, normalized=False) for token in tokens])
    return made.to_str()


def split_by(*patterns):
    return pre_tokenizers.Sequence(
        [
            *(pre_tokenizers.Split(Regex(pattern), "isolated") for pattern in patterns),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )


def ignoring_merges(text):
    tree = json.loads(text)
    tree["model"]["ignore_merges"] = True
    return json.dumps(tree)


KINDS = {
    "Llama 3": ignoring_merges(trained(split_by(LLAMA3))),
    "Qwen 2": trained(split_by(QWEN2), normalizers.NFC(), [CALL, THINK]),
    "NFKC": trained(split_by(PATTERN), normalizers.Sequence([normalizers.NFKC()])),
    "DeepSeek": trained(split_by(*DEEPSEEK_PATTERNS), normalizers.Sequence([])),
    "GPT-2": trained(pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)),
    "tokens found in texts": trained(split_by(PATTERN), tokens=[CALL, "a.c"]),
}
TEXTS = st.lists(
    st.lists(
        st.one_of(
            st.sampled_from(
                [
                    *LINES,
                    CALL,
                    THINK,
                    "a.c",
                    "abc",
                    END,
                    "e\u0301",
                    "\u1100\u1161",
                    "\u212b",
                    "ﬁ",
                    "①",
                ]
            ),
            st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
        ),
        max_size=4,
    ).map("".join),
    max_size=5,
)


@pytest.mark.parametrize("kind", KINDS)
@given(texts=TEXTS)
def test_tokenizers_of_other_models_get_the_ids_of_the_library(kind, texts):
    ours, library = OurTokenizer(KINDS[kind]), Tokenizer.from_str(KINDS[kind])
    assert ours._fast is not None
    library.encode_special_tokens = True
    expected = [one.ids for one in library.encode_batch(texts, add_special_tokens=False)]
    for column in (texts, pa.chunked_array([pa.array(texts, pa.string())])):
        ids, offsets = ours.encode_documents(column)
        found = [ids[a:b].tolist() for a, b in pairwise(offsets)]
        assert found == [[*one, ours.end_of_text_id] for one in expected]
        ids, offsets = ours.encode_batch(column)
        found = [ids[a:b].tolist() for a, b in pairwise(offsets)]
        assert found == expected


def test_only_texts_that_hold_an_added_token_go_to_the_library(monkeypatch):
    ours = OurTokenizer(KINDS["Qwen 2"])
    asked = []

    class Library:
        def encode_batch(self, texts, add_special_tokens):
            asked.extend(texts)
            return Tokenizer.from_str(KINDS["Qwen 2"]).encode_batch(texts, add_special_tokens=False)

    ours._library = Library()
    ours.encode_batch(["plain", f"with {CALL}", "磨坊", "e\u0301"])
    assert asked == [f"with {CALL}"]


@pytest.mark.parametrize("normalizer", [normalizers.NFC(), normalizers.NFKC()])
def test_characters_that_python_does_not_know_are_left_alone_by_the_library(normalizer):
    unknown = [
        chr(code) for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code)) == "Cn"
    ]
    for text in ("".join(unknown), "a".join(unknown), "\u0301".join(unknown)):
        assert normalizer.normalize_str(text) == text
