"""Numbers are read in any digits, and every character stays where it is."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from pipeline.measures.pii_narrow import DIGITS, narrow


@given(st.text(st.characters() | st.sampled_from("０９＠（－．：٠٩۰۹०९๐๙")))
def test_characters_keep_their_places_and_others_stay(text):
    found = narrow(text)
    assert len(found) == len(text)
    assert all(a == b or b.isascii() for a, b in zip(text, found, strict=True))


def test_every_digit_is_its_number():
    for zero in DIGITS:
        digits = "".join(chr(ord(zero) + value) for value in range(10))
        assert [unicodedata.digit(digit) for digit in digits] == list(range(10))
        assert narrow(digits) == "0123456789"


def test_signs_between_two_numbers_stay():
    assert narrow("（１）－１：２，３／４．５") == "(1)-1：2，3／4．5"
