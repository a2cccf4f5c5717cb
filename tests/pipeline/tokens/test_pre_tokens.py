"""Our scanner cuts as the library cuts by the regular expressions."""

from dataclasses import astuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Regex, pre_tokenizers

from pipeline.dedup.hashing import as_memory
from pipeline.tokens import pre_tokens
from pipeline.tokens.cutting import (
    DEEPSEEK_PATTERNS,
    GPT2_PATTERN,
    PieceClass,
    Style,
    character_classes,
    cutting_of,
    pattern_of,
)
from tests.pipeline.tokens.patterns import LLAMA3, QWEN2

PATTERNS: dict[str, str | tuple[str, ...]] = {
    "ours, 1": pattern_of(1),
    "ours, 3": pattern_of(3),
    "ours, 9": pattern_of(9),
    "Llama 3": LLAMA3,
    "Qwen 2": QWEN2,
    "GPT-2": GPT2_PATTERN,
    "DeepSeek": DEEPSEEK_PATTERNS,
}


def cutter(patterns):
    splits = [pre_tokenizers.Split(Regex(pattern), "isolated") for pattern in patterns]
    return pre_tokenizers.Sequence(splits)


def as_tuple(patterns):
    return patterns if isinstance(patterns, tuple) else (patterns,)


CUTTERS = {name: cutter(as_tuple(patterns)) for name, patterns in PATTERNS.items()}
# Where alternatives compete: contractions, spaces before anything, line ends, digits, marks.
TRICKY = st.sampled_from(
    [
        *(
            "'",
            "'s",
            "'LL",
            "'Ll",
            "'v",
            "'ve",
            "'Re",
            "'ſ",
            " ",
            "  ",
            "\t",
            "\r",
            "\n",
            "\x0b",
            "\x85",
            "\xa0",
        ),
        *("a", "Z", "é", "e\u0301", "\u0301", "ก้", "中", "𠀀", "٣", "7", "½", "Ⅷ", "!", "—", "😀"),
        *(
            "\u3000",
            "\x00",
            "\x01\x7f",
            "\ue000",
            "カ",
            "・",
            "_a",
            "㐀",
            "$",
            "。",
            "ſ",
            "x" * 63,
            "x" * 64,
            "é" * 65,
            "{|}`@[",
        ),
    ]
)
TEXTS = st.one_of(
    st.lists(TRICKY, max_size=12).map("".join),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
)


def pieces(text, name, before=b"", behind=b""):
    """As bytes; what stands around a text in its batch must not matter."""
    style, max_digits, max_letters, *kinds = astuple(cutting_of(*as_tuple(PATTERNS[name])))
    numbers = int(style), max_digits, max_letters
    data = np.frombuffer(bytearray(before + text.encode() + behind), np.uint8)
    at, end, found = len(before), len(before) + len(text.encode()), []
    while at < end:
        classes = character_classes(*kinds)
        stop = pre_tokens.end_of_piece(data, as_memory(data), at, end, classes, *numbers)
        assert at < stop <= end
        found.append(bytes(data[at:stop]))
        at = stop
    return found


@pytest.mark.parametrize("name", CUTTERS)
@given(text=TEXTS, around=st.sampled_from([b"", b"a", b"  ", "中".encode(), b"'s7\n"]))
def test_pieces_are_those_of_the_regular_expression(name, text, around):
    expected = [piece.encode() for piece, _ in CUTTERS[name].pre_tokenize_str(text)]
    assert pieces(text, name, around, around) == expected


@pytest.mark.parametrize("name", CUTTERS)
def test_any_two_characters_behind_an_apostrophe_are_cut_alike(name):
    letters = "sSſdDmMtTlLvVrReEkKKßﬁﬆéÅÅ中 '1"
    text = " ".join(f"x'{one}{other}" for one in letters for other in letters)
    expected = [piece.encode() for piece, _ in CUTTERS[name].pre_tokenize_str(text)]
    assert pieces(text, name) == expected


def test_the_scanner_knows_the_names_of_classes_and_styles():
    for kind in PieceClass:
        assert getattr(pre_tokens, f"_{kind.name}") == kind
    for style in Style:
        assert getattr(pre_tokens, f"_{style.name}") == style
