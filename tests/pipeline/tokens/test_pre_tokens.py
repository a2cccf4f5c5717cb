"""Our scanner cuts as the library cuts by the regular expression."""

import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Regex, pre_tokenizers

from pipeline.dedup.hashing import as_memory
from pipeline.tokens.pre_tokens import (
    PieceClass,
    character_classes,
    end_of_piece,
    max_digits_of,
    pattern_of,
)

CUTTERS = {
    digits: pre_tokenizers.Split(Regex(pattern_of(digits)), "isolated") for digits in (1, 3, 9)
}
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
        *("\u3000", "\x00", "ſ", "x" * 63, "x" * 64, "é" * 65, "{|}`@["),
    ]
)
TEXTS = st.one_of(
    st.lists(TRICKY, max_size=12).map("".join),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
)


def pieces(text, max_digits, before=b"", behind=b""):
    """As bytes; what stands around a text in its batch must not matter."""
    data = np.frombuffer(bytearray(before + text.encode() + behind), np.uint8)
    at, end, found = len(before), len(before) + len(text.encode()), []
    while at < end:
        stop = end_of_piece(data, as_memory(data), at, end, character_classes(), max_digits)
        assert at < stop <= end
        found.append(bytes(data[at:stop]))
        at = stop
    return found


@pytest.mark.parametrize("max_digits", CUTTERS)
@given(text=TEXTS, around=st.sampled_from([b"", b"a", b"  ", "中".encode(), b"'s7\n"]))
def test_pieces_are_those_of_the_regular_expression(max_digits, text, around):
    expected = [piece.encode() for piece, _ in CUTTERS[max_digits].pre_tokenize_str(text)]
    assert pieces(text, max_digits, around, around) == expected


def test_every_code_point_has_the_class_that_the_library_knows():
    codes = [code for code in range(sys.maxunicode + 1) if not 0xD800 <= code <= 0xDFFF]
    classes = character_classes()
    members_of = {
        PieceClass.LETTER: r"[\p{L}\p{M}]",
        PieceClass.NUMBER: r"\p{N}",
        PieceClass.SPACE: r"[^\S\r\n]",
        PieceClass.LINE_END: r"[\r\n]",
    }
    for kind, members in members_of.items():
        cutter = pre_tokenizers.Split(Regex(members), "removed")
        for plane in range(17):
            own = [code for code in codes if code >> 16 == plane]
            is_member = np.ones(len(own), bool)
            for _, (first, last) in cutter.pre_tokenize_str("".join(map(chr, own))):
                is_member[first:last] = False
            assert np.array_equal(is_member, classes[own] == kind), PieceClass(kind)


def test_another_pattern_is_not_taken_for_ours():
    assert [max_digits_of(pattern_of(count)) for count in range(1, 10)] == list(range(1, 10))
    assert max_digits_of(pattern_of(3) + "|x") is None
