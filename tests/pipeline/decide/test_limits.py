"""The list of limits."""

import pytest
from pydantic import ValidationError

from pipeline.decide.limits import COLUMN_OF_LIMIT, Limits, merged
from pipeline.measures.attributes import ATTRIBUTES


def test_every_limit_has_its_column_of_attributes():
    assert set(COLUMN_OF_LIMIT) == set(Limits.model_fields)
    assert set(COLUMN_OF_LIMIT.values()) <= set(ATTRIBUTES.schema.names)


def test_a_name_says_on_which_side_the_limit_lies():
    assert all(name.startswith(("min_", "max_")) for name in COLUMN_OF_LIMIT)


def test_every_limit_says_what_it_is_and_whose():
    for name, field in Limits.model_fields.items():
        assert field.description, name


@pytest.mark.parametrize(
    "wrong", [{"min_words": -1}, {"max_digits": 1.5}, {"min_words": "20"}, {"min_word": 20}]
)
def test_values_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ValidationError):
        Limits(**wrong)


def test_later_layers_go_before_earlier_ones_and_nothing_is_lost():
    found = merged(Limits(min_words=50, max_digits=0.2), Limits(), Limits(min_words=0))
    assert found == Limits(min_words=0, max_digits=0.2)
