"""From bytes to the symbols of the profiles."""

import numpy as np
import pytest

from pipeline.measures.language_profiles import LetterKind, load
from pipeline.measures.language_symbols import (
    BUFFER_SIZE,
    KIND_COUNTS,
    SAMPLE_SLICES,
    SLICE_BYTES,
    transcribe_text,
)
from pipeline.text.utf8 import as_utf8


def transcribe(text):
    profiles, batch = load(), as_utf8([text])
    symbols = np.zeros(BUFFER_SIZE, np.uint32)
    letters = np.zeros(KIND_COUNTS, np.int64)
    count = transcribe_text(
        batch.bytes,
        0,
        len(batch.bytes),
        profiles.symbol_of_code,
        profiles.composition_keys,
        profiles.composed,
        symbols,
        letters,
    )
    return symbols[:count].tolist(), letters


def test_letters_are_counted_by_kind():
    _, letters = transcribe("ab 中文字 かな 한국 жук 12!")
    assert letters[LetterKind.LATIN] == 2
    assert letters[LetterKind.HAN] == 3
    assert letters[LetterKind.KANA] == 2
    assert letters[LetterKind.HANGUL] == 2
    assert letters[LetterKind.OTHER] == 3


@pytest.mark.parametrize("address", ["https://en.example.org/a?b=c", "someone@mail.example.org"])
def test_addresses_leave_no_letters(address):
    _, letters = transcribe(f"中文 {address} 中文")
    assert letters[LetterKind.HAN] == 4
    assert letters[LetterKind.LATIN] <= 1


def test_a_composed_letter_is_the_same_symbol_either_way():
    assert transcribe("\u00e9t\u00e9")[0] == transcribe("e\u0301te\u0301")[0]


def test_digits_and_punctuation_do_not_tell_texts_apart():
    assert transcribe("word 1,2 word")[0] == transcribe("word 3;4 word")[0]


@pytest.mark.parametrize("character", ["a", "é", "中", "𠀀"])
def test_a_long_text_fits_the_buffer_wherever_it_is_cut(character):
    for extra in range(4):
        text = "x" * extra + character * (2 * SAMPLE_SLICES * SLICE_BYTES)
        symbols, _ = transcribe(text)
        assert 0 < len(symbols) <= BUFFER_SIZE
