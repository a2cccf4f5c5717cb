"""Prefix, suffix, infix and URL, one rule at a time."""

import numpy as np
import pytest

from pipeline.measures.parity_characters import CLASSES, SPECIALS, hash_of
from pipeline.measures.parity_spacy import (
    find_special,
    hash_codes,
    infix_at,
    is_url,
    prefix_of,
    suffix_of,
)


def arrays(text):
    codes = np.array([ord(character) for character in text], np.uint32)
    return codes, CLASSES[np.minimum(codes, len(CLASSES) - 1)]


@pytest.mark.parametrize(
    ("text", "length"),
    [("(a", 1), ("..a", 2), (".a", 0), ("+a", 1), ("+1", 0), ("US$5", 3), ("C$5", 2), ("Ca", 0),
     ("a(", 0), ("……", 1), ("-a", 0), ("$", 1)],
)  # fmt: skip
def test_prefixes(text, length):
    assert prefix_of(*arrays(text), 0, len(text)) == length


@pytest.mark.parametrize(
    ("text", "length"),
    [("a)", 1), ("a...", 3), ("a.", 1), ("A.", 0), ("AB.", 1), ("°C.", 1), ("Mill's", 2),
     ("Mill’S", 2), ("5+", 1), ("a+", 0), ("5$", 1), ("a$", 0), ("5US$", 3), ("5C$", 2), ("5km", 2),
     ("akm", 0), ("5km/h", 4), ("5m²", 2), ("a……", 2), ("%", 0), ("5%", 1), (")", 1), ("", 0)],
)  # fmt: skip
def test_suffixes(text, length):
    assert suffix_of(*arrays(text), 0, len(text)) == length


@pytest.mark.parametrize(
    ("text", "at", "length"),
    [("a-b", 1, 1), ("a--b", 1, 2), ("a---b", 1, 3), ("a----b", 1, 0), ("a——b", 1, 2),
     ("1-b", 1, 1),
     ("1-2", 1, 1), ("a-1", 1, 0), ("1+2", 1, 1), ("1+a", 1, 0), ("a.B", 1, 1), ("a.b", 1, 0),
     ("a...b", 1, 3), ("a,b", 1, 1), ("1,2", 1, 0), ("a/b", 1, 1), ("1=b", 1, 1), ("a=1", 1, 0),
     ("a…b", 1, 1), ("a-", 1, 0), ("-a", 0, 0)],
)  # fmt: skip
def test_infixes(text, at, length):
    assert infix_at(*arrays(text), at, 0, len(text)) == length


@pytest.mark.parametrize(
    ("text", "expected"),
    [("http://mill.example/a-b", True), ("www.mill.example.com", True), ("mill.com:8080/x", True),
     ("ann@mill.org", True), ("mill", False), ("mill.", False), ("mill.c", False),
     ("mill.Com", False), ("mill..com", False), ("-mill.com", False), ("mill.com:8", False),
     ("http:/mill.com", False), ("a/b.com", False), ("mill.com#x", True), ("f_o.mill.com", True)],
)  # fmt: skip
def test_urls(text, expected):
    assert is_url(*arrays(text), 0, len(text)) is expected


def test_special_cases_are_found_whole():
    for number, text in enumerate(SPECIALS):
        codes, _ = arrays(text)
        assert find_special(codes, 0, len(text)) == number
        assert hash_codes(codes, 0, len(text)) == hash_of(text)
    codes, _ = arrays("don't!")
    assert find_special(codes, 0, 6) == -1
    assert find_special(codes, 0, 0) == -1
