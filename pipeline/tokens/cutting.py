"""How tokenizers cut text before merges: the regular expressions that our scanner knows.

Which characters are letters, marks, digits or spaces is asked of the ``tokenizers`` library, so
that both follow the same edition of Unicode.
"""

from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from tokenizers import Regex, pre_tokenizers

# The split of GPT-4's tokenizer (one leading space or mark with a word, digits by at most three,
# line ends apart) with two changes: combining marks belong to their letters, as Thai and Hindi
# need, and a run of letters is cut at 64, because unspaced scripts know no other bound.
PATTERN = (
    r"'(?:[sdmtSDMT]|ll|LL|ve|VE|re|RE)"
    r"|[^\r\n\p{L}\p{M}\p{N}]?[\p{L}\p{M}]{1,64}"
    r"|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+"
    r"|\s+(?!\S)"
    r"|\s+"
)
# GPT-4's (cl100k), which Llama 3 has, too, and with single digits Qwen 2 to 3.
_GPT4 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
    r"|[^\r\n\p{L}\p{N}]?\p{L}+"
    r"|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+"
    r"|\s+(?!\S)"
    r"|\s+"
)
GPT2_PATTERN = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
"""Of GPT-2 and its kin; what the library's ``ByteLevel`` cuts by."""
# DeepSeek's (V2 to R1): digits and Chinese or kana are cut off first, one after the other.
DEEPSEEK_PATTERNS = (
    r"\p{N}{1,3}",
    "[一-龥\u3040-ゟ゠-ヿ]+",
    r"""[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+"""
    "|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+"
    "| ?[\\p{P}\\p{S}]+[\r\n]*"
    "|\\s*[\r\n]+"
    r"|\s+(?!\S)"
    r"|\s+",
)
"""Of three splits, each of what the one before has left."""
_HAN_OR_KANA = ((0x4E00, 0x9FA5), (0x3040, 0x30FF))
_DIGITS = r"\p{N}{1,3}"
_MANY = 1 << 40


class Style(IntEnum):
    """What the patterns differ in beyond numbers and classes."""

    OURS = 0
    GPT4 = 1
    GPT2 = 2
    DEEPSEEK = 3


@dataclass(frozen=True, slots=True)
class Cutting:
    """One of the patterns that the scanner knows."""

    style: Style
    max_digits: int
    """Digits in a piece."""
    max_letters: int
    """Letters in a piece."""
    has_marks: bool
    """Whether combining marks count as letters."""
    has_signs: bool = False
    """Whether signs, and Han or kana, are classes of their own."""


class PieceClass(IntEnum):
    """What the patterns tell characters apart by."""

    OTHER = 0
    LETTER = 1
    NUMBER = 2
    SPACE = 3
    LINE_END = 4
    SIGN = 5
    HAN = 6
    """Added to the class of Han and kana, where these are told apart."""


# All planes in which a character has a category that a pattern asks for; a test looks at all.
_PLANES = (0, 1, 2, 3, 14)


def pattern_of(max_digits: int) -> str:
    """Our pattern, with so many digits of a number in a piece.

    >>> pattern_of(3) == PATTERN
    True
    """
    return PATTERN.replace(_DIGITS, rf"\p{{N}}{{1,{max_digits}}}")


def cutting_of(pattern: str, *more: str) -> Cutting | None:
    """What the scanner is told to cut as splits by these patterns do, one after the other; None
    where it does not know them.

    >>> cutting_of(pattern_of(1)).max_digits
    1
    """
    if more:
        is_known = (pattern, *more) == DEEPSEEK_PATTERNS
        return Cutting(Style.DEEPSEEK, 3, _MANY, True, True) if is_known else None
    if pattern == GPT2_PATTERN:
        return Cutting(Style.GPT2, _MANY, _MANY, has_marks=False)
    for count in range(1, 10):
        if pattern == pattern_of(count):
            return Cutting(Style.OURS, count, 64, has_marks=True)
        digits = [rf"\p{{N}}{{1,{count}}}"] + [r"\p{N}"] * (count == 1)
        if pattern in [_GPT4.replace(_DIGITS, some) for some in digits]:
            return Cutting(Style.GPT4, count, _MANY, has_marks=False)
    return None


@lru_cache(maxsize=3)
def character_classes(has_marks: bool, has_signs: bool = False) -> NDArray[np.uint8]:
    """:class:`PieceClass` of each code point, uint8 ``(0x110000,)``."""
    codes = np.concatenate([np.arange(plane << 16, (plane + 1) << 16) for plane in _PLANES])
    codes = codes[(codes < 0xD800) | (codes > 0xDFFF)]
    text = "".join(map(chr, codes.tolist()))
    classes = np.zeros(0x110000, np.uint8)
    for kind, members in (
        (PieceClass.LETTER, r"[\p{L}\p{M}]+" if has_marks else r"\p{L}+"),
        (PieceClass.NUMBER, r"\p{N}+"),
        (PieceClass.SPACE, r"\s+"),
        *([(PieceClass.SIGN, r"[\p{P}\p{S}]+")] if has_signs else []),
    ):
        is_member = np.ones(len(codes), bool)
        without = pre_tokenizers.Split(Regex(members), "removed").pre_tokenize_str(text)
        for _, (first, last) in without:
            is_member[first:last] = False
        classes[codes[is_member]] = kind
    classes[[ord("\r"), ord("\n")]] = PieceClass.LINE_END
    for first, last in _HAN_OR_KANA if has_signs else ():
        classes[first : last + 1] += np.uint8(PieceClass.HAN)
    return classes
