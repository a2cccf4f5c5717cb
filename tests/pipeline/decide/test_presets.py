"""The published numbers."""

from typing import get_args

import pytest

from pipeline.decide.presets import PRESETS, PresetName


def test_every_name_has_its_preset():
    assert set(PRESETS) == set(get_args(PresetName))


@pytest.mark.parametrize("name", ["gopher", "fineweb"])
def test_gophers_repetition_limits_are_those_of_its_paper(name):
    base = PRESETS[name].base
    assert [getattr(base, f"max_top_{n}_gram") for n in (2, 3, 4)] == [0.2, 0.18, 0.16]
    grams = [getattr(base, f"max_duplicate_{n}_grams") for n in range(5, 11)]
    assert grams == [0.15, 0.14, 0.13, 0.12, 0.11, 0.10]
    assert (base.max_duplicate_lines, base.max_duplicate_paragraphs) == (0.3, 0.3)


def test_the_limits_on_n_grams_of_characters_fall_with_their_length():
    for name in ("gopher", "fineweb", "corpusmill"):
        limits = PRESETS[name].unspaced
        values = [getattr(limits, f"max_duplicate_{n}_grams") for n in range(5, 11)]
        assert values == sorted(values, reverse=True)


def test_none_tries_nothing():
    assert not PRESETS["none"].base.model_dump(exclude_none=True)
