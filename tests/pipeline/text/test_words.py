"""Character classes and words, against the Unicode database and a plain-Python oracle."""

import sys
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.text.utf8 import as_utf8
from pipeline.text.words import (
    CHARACTERS,
    CLASS_MASK,
    HAN_OR_KANA,
    TERMINAL,
    UNSPACED,
    UPPERCASE,
    CharacterClass,
    character,
    count_words,
    line_spans,
    split_words,
    word_spans,
)
from tests.oracles import words_oracle

# Every kind of character, often enough to meet.
OFTEN = "aBé3٣ \n'’-.…。!，中文字のカไท่ยกខ្មែ\u0301\u3099ʼ‑#_\u200d\U00020000😀"
mixed = st.text(st.sampled_from(OFTEN) | st.characters(codec="utf-8"), max_size=30)


def flags_of(text):
    return int(character(CHARACTERS, np.uint32(ord(text))))


def test_every_character_has_the_class_that_the_unicode_database_gives_it():
    differ = []
    for code in range(0x20000):
        if 0xD800 <= code < 0xE000:
            continue
        text = chr(code)
        flags = flags_of(text)
        found = (
            CharacterClass(flags & CLASS_MASK).name.lower(),
            bool(flags & UNSPACED),
            bool(flags & HAN_OR_KANA),
            bool(flags & TERMINAL),
        )
        expected = (
            words_oracle.kind(text),
            words_oracle.is_unspaced(text),
            words_oracle.is_han_or_kana(text),
            text in words_oracle.TERMINALS,
        )
        if found != expected:
            differ.append((hex(code), found, expected))
    assert not differ


@pytest.mark.parametrize(
    ("text", "expected"),
    [("\U00020000", CharacterClass.LETTER), ("\U0003ffff", CharacterClass.LETTER),
     ("\U00040000", CharacterClass.OTHER), (chr(sys.maxunicode), CharacterClass.OTHER)],
)  # fmt: skip
def test_beyond_the_table_there_is_han_and_then_nothing(text, expected):
    assert flags_of(text) & CLASS_MASK == expected


def test_capitals_are_known():
    assert [bool(flags_of(text) & UPPERCASE) for text in "AÉЖΩǅaéжω中3"] == [True] * 5 + [False] * 6


@settings(max_examples=400)
@given(mixed)
def test_words_are_those_of_the_oracle(text):
    assert split_words(text) == words_oracle.split_words(text)


@given(st.lists(mixed, max_size=4))
def test_a_batch_has_the_words_of_its_texts(texts):
    batch = as_utf8(texts)
    starts, ends, offsets = word_spans(batch)
    expected = [words_oracle.split_words(text) for text in texts]
    assert count_words(texts).tolist() == [len(words) for words in expected]
    found = [bytes(batch.bytes[a:b]).decode() for a, b in zip(starts, ends, strict=True)]
    assert [found[a:b] for a, b in pairwise(offsets)] == expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("don't well-known 'tis rock'n'roll", ["don't", "well-known", "tis", "rock'n'roll"]),
        ("re- use - it", ["re", "use", "it"]),
        ("中文和English混排", ["中", "文", "和", "English", "混", "排"]),
        ("がぎ か\u3099", ["が", "ぎ", "か\u3099"]),
        ("ที่นี่", ["ที่", "นี่"]),
        ("한국어 문장", ["한국어", "문장"]),
        ("नमस्ते दुनिया", ["नमस्ते", "दुनिया"]),
        ("", []),
        ("…!?", []),
    ],
)
def test_words_of_many_scripts(text, words):
    assert split_words(text) == words


@given(st.lists(st.text(st.sampled_from("a中 \t\n\r"), max_size=20), max_size=5))
def test_lines_are_those_between_line_feeds_without_blanks_around(texts):
    batch = as_utf8(texts)
    starts, ends, offsets = line_spans(batch)
    data = bytes(batch.bytes)
    found = [
        [data[a:b].decode() for a, b in zip(starts[i:j], ends[i:j], strict=True)]
        for i, j in pairwise(offsets.tolist())
    ]
    assert found == [[line.strip(" \t") for line in text.split("\n")] for text in texts]
