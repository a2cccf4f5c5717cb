"""Patterns and classes of characters that the scanner is told of."""

import sys

import numpy as np
import pytest
from tokenizers import Regex, pre_tokenizers

from pipeline.tokens.cutting import (
    DEEPSEEK_PATTERNS,
    GPT2_PATTERN,
    PATTERN,
    PieceClass,
    Style,
    character_classes,
    cutting_of,
    pattern_of,
)
from tests.pipeline.tokens.patterns import LLAMA3, QWEN2


@pytest.mark.parametrize(("has_marks", "has_signs"), [(True, False), (False, False), (True, True)])
def test_every_code_point_has_the_class_that_the_library_knows(has_marks, has_signs):
    codes = [code for code in range(sys.maxunicode + 1) if not 0xD800 <= code <= 0xDFFF]
    classes = character_classes(has_marks, has_signs)
    members_of = {
        PieceClass.LETTER: r"[\p{L}\p{M}]" if has_marks else r"\p{L}",
        PieceClass.NUMBER: r"\p{N}",
        PieceClass.SPACE: r"[^\S\r\n]",
        PieceClass.LINE_END: r"[\r\n]",
    }
    if has_signs:
        members_of |= {
            PieceClass.LETTER: r"[[\p{L}\p{M}]&&[^一-龥\u3040-\u30ff]]",
            PieceClass.SIGN: r"[[\p{P}\p{S}]&&[^\u3040-\u30ff]]",
            PieceClass.HAN + PieceClass.LETTER: r"[[\p{L}\p{M}]&&[一-龥\u3040-\u30ff]]",
            PieceClass.HAN + PieceClass.SIGN: r"[[\p{P}\p{S}]&&[\u3040-\u30ff]]",
            PieceClass.HAN: r"[[^\p{P}\p{S}\p{L}\p{M}]&&[一-龥\u3040-\u30ff]]",
        }
    for kind, members in members_of.items():
        cutter = pre_tokenizers.Split(Regex(members), "removed")
        for plane in range(17):
            own = [code for code in codes if code >> 16 == plane]
            is_member = np.ones(len(own), bool)
            for _, (first, last) in cutter.pre_tokenize_str("".join(map(chr, own))):
                is_member[first:last] = False
            assert np.array_equal(is_member, classes[own] == kind), kind


def test_patterns_are_known_by_their_text():
    assert [cutting_of(pattern_of(count)).max_digits for count in range(1, 10)] == list(
        range(1, 10)
    )
    assert cutting_of(PATTERN).style == cutting_of(pattern_of(7)).style == Style.OURS
    assert (cutting_of(LLAMA3).style, cutting_of(LLAMA3).max_digits) == (Style.GPT4, 3)
    assert (cutting_of(QWEN2).style, cutting_of(QWEN2).max_digits) == (Style.GPT4, 1)
    assert cutting_of(GPT2_PATTERN).style == Style.GPT2
    assert cutting_of(*DEEPSEEK_PATTERNS).style == Style.DEEPSEEK
    assert cutting_of(*DEEPSEEK_PATTERNS[1:]) is None
    for other in (pattern_of(3) + "|x", LLAMA3.replace("(?i:", "(?:"), r"\p{L}+", ""):
        assert cutting_of(other) is None
