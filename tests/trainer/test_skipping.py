from hypothesis import given
from hypothesis import strategies as st

from trainer.skipping import batch_number


@given(st.sets(st.integers(0, 40)))
def test_steps_take_the_batches_that_are_left_in_order(left_out):
    windows = [(number, number) for number in sorted(left_out)]
    expected = [number for number in range(100) if number not in left_out]
    assert [batch_number(step, windows) for step in range(50)] == expected[:50]


def test_windows_are_left_out_whole():
    assert [batch_number(step, [(2, 3), (5, 5)]) for step in range(5)] == [0, 1, 4, 6, 7]
    assert [batch_number(step, [(2, 3), (4, 5)]) for step in range(4)] == [0, 1, 6, 7]
