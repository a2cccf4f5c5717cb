"""Classes of characters: against Python's own predicates, and the tables of special cases."""

import sys
import unicodedata

import numpy as np
import pytest

from pipeline.measures.parity_characters import (
    ALPHABETIC,
    ALPHANUMERIC,
    CLASSES,
    CURRENCY,
    ENDS_MATCHED,
    HOST,
    INFIX,
    LETTER,
    LOWER,
    PREFIX,
    PUNCTUATION,
    SENTENCE_MARK,
    SPACE,
    SPECIAL_KEYS,
    SPECIAL_LENGTHS,
    SPECIAL_POSITIONS,
    SPECIAL_WORD_LENGTHS,
    SPECIALS,
    SUFFIX,
    SYMBOL,
    TERMINAL,
    UPPER,
    classes_of,
    hash_of,
)


def has(character, flag):
    return bool(classes_of(CLASSES, np.uint32(ord(character))) & flag)


@pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="other Python, other Unicode")
def test_pythons_own_classes_are_those_of_python():
    for code in range(0x20000):
        character = chr(code)
        if not 0xD800 <= code < 0xE000:
            assert has(character, SPACE) == character.isspace()
            assert has(character, ALPHABETIC) == character.isalpha()
            assert has(character, ALPHANUMERIC) == character.isalnum()
            assert has(character, PUNCTUATION) == (unicodedata.category(character)[0] == "P")


def test_spacys_and_datatroves_classes_hold_what_they_should():
    for flag, inside, outside in [
        (PREFIX, '("$§—', "a)".replace(")", "b") + "+."),
        (SUFFIX, ')"…,', "a.$+"),
        (INFIX, "…😀", "-.,"),
        (LETTER, "aЯ中ア", "1.-"),
        (LOWER, "aя中", "AЯ"),
        (UPPER, "AЯ中", "aя"),
        (CURRENCY, "$€₽", "c%"),
        (HOST, "a9中", "-_ "),
        (SENTENCE_MARK, ".!?。।", ',…"'),
        (SYMBOL, "!—#*", "a1€"),
        (TERMINAL, ".?!。।", "\"',"),
    ]:
        assert all(has(character, flag) for character in inside), (flag, inside)
        assert not any(has(character, flag) for character in outside), (flag, outside)


def test_beyond_the_table_nothing_is_anything():
    assert classes_of(CLASSES, np.uint32(0x10FFFF)) == 0


def test_every_special_case_is_found_by_its_hash():
    where = {int(key): int(at) for key, at in zip(SPECIAL_KEYS, SPECIAL_POSITIONS, strict=True)}
    assert [where[hash_of(text)] for text in SPECIALS] == list(range(len(SPECIALS)))
    assert [sum(lengths) for lengths in SPECIAL_LENGTHS] == [len(text) for text in SPECIALS]


def test_plain_words_that_are_special_cases_are_announced_by_their_length():
    assert SPECIAL_WORD_LENGTHS[ord("c")] >> np.uint32(len("cannot")) & 1
    assert not SPECIAL_WORD_LENGTHS[ord("c")] >> np.uint32(len("candelabrum")) & 1
    assert ENDS_MATCHED[ord(")")] and not ENDS_MATCHED[ord(",")]
