import math
from itertools import pairwise

import pytest

from trainer.config import ScheduleParams
from trainer.schedule import learning_rate_scale


def rates(**fields):
    params = ScheduleParams(**({"num_steps": 100, "num_warmup_steps": 10} | fields))
    return [learning_rate_scale(step, params) for step in range(params.num_steps)]


@pytest.mark.parametrize("kind", ["cosine", "linear", "wsd", "inverse_sqrt", "constant"])
def test_warmup_rises_in_equal_steps_to_the_peak(kind):
    scale = rates(kind=kind)
    assert scale[10] == 1.0
    rises = [b - a for a, b in pairwise(scale[:11])]
    assert all(math.isclose(rise, 1 / 11) for rise in rises)
    assert scale[0] > 0


def test_cosine_ends_on_the_final_ratio_and_is_half_way_in_the_middle():
    scale = rates(final_ratio=0.2, num_steps=101, num_warmup_steps=0)
    assert math.isclose(scale[-1], 0.2)
    assert math.isclose(scale[50], 0.6)
    assert all(a > b for a, b in pairwise(scale))


def test_wsd_is_flat_then_falls_in_a_line():
    scale = rates(kind="wsd", final_ratio=0.0, decay_fraction=0.2, num_steps=101)
    assert set(scale[10:81]) == {1.0}
    assert math.isclose(scale[90], 0.5)
    assert scale[-1] == 0.0


def test_linear_ends_on_the_final_ratio_in_equal_steps():
    scale = rates(kind="linear", final_ratio=0.1, num_steps=101)
    falls = [a - b for a, b in pairwise(scale[10:])]
    assert all(math.isclose(fall, 0.9 / 90) for fall in falls)
    assert math.isclose(scale[-1], 0.1)


def test_inverse_sqrt_halves_when_the_step_is_four_times_as_late():
    scale = rates(kind="inverse_sqrt", num_warmup_steps=9)
    assert scale[9] == 1.0
    assert math.isclose(scale[39], 0.5)


def test_constant_stays_at_the_peak():
    assert set(rates(kind="constant")[10:]) == {1.0}


@pytest.mark.parametrize("kind", ["cosine", "linear", "wsd", "inverse_sqrt"])
@pytest.mark.parametrize("fields", [{"num_steps": 1}, {"num_steps": 5}, {"decay_fraction": 1.0}])
def test_odd_lengths_stay_in_range(kind, fields):
    assert all(0 <= scale <= 1 for scale in rates(kind=kind, **fields))
