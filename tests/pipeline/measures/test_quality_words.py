"""Lengths, letters and stop words."""

import pytest

from pipeline.measures.quality import measure
from pipeline.measures.quality_words import STOP_WORDS


def value(text, name):
    return measure([text]).column(name)[0].as_py()


@pytest.mark.parametrize("word", STOP_WORDS)
def test_each_stop_word_counts_once_whatever_its_case(word):
    assert value(f"x {word} {word.upper()} {word.title()}", "num_stop_words") == 1


def test_parts_of_words_are_no_stop_words():
    assert value("them bet too off sand thatch haven within wi-th", "num_stop_words") == 0
    assert value(" ".join(STOP_WORDS), "num_stop_words") == len(STOP_WORDS)


def test_the_mean_length_is_of_words_with_spaces_between_them():
    assert value("four five 中文", "mean_word_length") == 4.0
    assert value("中文", "mean_word_length") == 0.0


def test_lengths_are_in_characters():
    assert value("Größe naïve", "mean_word_length") == 5.0
    assert value("é" * 7, "longest_word") == 7


def test_numbers_are_words_without_a_letter():
    assert value("12 ab 3c 4-5", "alphabetic_word_fraction") == 2 / 5
