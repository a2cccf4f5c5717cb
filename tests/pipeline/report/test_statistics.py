import pytest
from pydantic import ValidationError

from pipeline.report.statistics import Outcomes, Statistics, add_up, check_funnel
from tests.pipeline.report.sample import BUILD, STATISTICS


def test_statistics_survive_their_json_form():
    assert Statistics.model_validate_json(STATISTICS.model_dump_json()) == STATISTICS


def test_numbers_that_add_up_pass():
    check_funnel(BUILD, STATISTICS)


def test_the_sum_of_no_groups_is_zero():
    assert add_up([]) == Outcomes(records=0)


def test_a_negative_count_is_refused():
    with pytest.raises(ValidationError):
        Outcomes(records=-1)
