"""Digits of other scripts and full-width signs, written as the expressions expect them."""

import re

DIGITS = "０٠۰०๐"
"""The zeros of full-width, Arabic, Persian, Hindi and Thai digits; nine more follow each."""
_NARROW = {
    **{wide: chr(ord(wide) - 0xFEE0) for wide in map(chr, range(0xFF01, 0xFF5F)) if wide.isalpha()},
    **{wide: chr(ord(wide) - 0xFEE0) for wide in "＠（）－＋"},
    **{chr(ord(zero) + digit): str(digit) for zero in DIGITS for digit in range(10)},
}
_WIDE = re.compile(f"[{re.escape(''.join(_NARROW))}]")


def narrow(text: str) -> str:
    """Digits of ``DIGITS``, full-width letters and ＠（）－＋ as ASCII, one character for one.

    ：，／ stay: they stand between two numbers, where ``:,/`` stand within one.

    >>> narrow("（０１０）６２７８－１２３４，ａｎｎ＠ｘ")
    '(010)6278-1234，ann@x'
    """
    return text if text.isascii() else _WIDE.sub(lambda match: _NARROW[match[0]], text)
