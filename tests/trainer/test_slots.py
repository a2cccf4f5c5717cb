import pytest

from schemas.errors import ConfigError
from trainer.slots import check_slots

EXACT = ("parallel.mode=exact", "parallel.num_slots=4", "data.global_batch_size=8")


@pytest.mark.parametrize(
    ("overrides", "world_size", "message"),
    [
        (("data.global_batch_size=6",), 1, "must divide data.global_batch_size, 6"),
        ((), 3, "must be a multiple of the number of ranks, 3"),
        ((), 8, "must be a multiple of the number of ranks, 8"),
    ],
)
def test_slots_that_do_not_divide_are_refused(tiny, overrides, world_size, message):
    with pytest.raises(ConfigError, match=message):
        check_slots(tiny(*EXACT, *overrides), world_size)
    check_slots(tiny(*EXACT), 4)
