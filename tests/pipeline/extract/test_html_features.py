"""What is measured of a block."""

import numpy as np
import pytest

from pipeline.extract.html_columns import NUM_FEATURES, SHAPE_AT
from tests.pipeline.extract.measured_pages import SENTENCE, measure


def test_counts_of_a_block() -> None:
    rows, _, _ = measure("<p><a href=x>Read</a> On 12, <b>now</b>.")
    row = rows[0]
    size = len("ReadOn12,now.")
    assert row[0] == pytest.approx(np.log1p(size))
    assert row[1] == pytest.approx(4 / size)  # linked
    assert row[2] == 3  # words
    assert row[4] == pytest.approx(2 / size)  # digits
    assert row[6] == 1 and row[7] == 1  # stops, commas
    assert row[9] == pytest.approx(3 / size)  # bold


def test_good_text_near_by() -> None:
    rows, _, _ = measure(f"<p>{SENTENCE}<p>Two<p>Three<nav><p>{SENTENCE}</nav>")
    size = len(SENTENCE.replace(" ", ""))
    near = rows[:, SHAPE_AT:]
    assert near[:, 8].tolist() == [0, size, size, size]  # three blocks each way; none in a nav
    assert near[:, 12].tolist() == [1, 0, 0, 0] and near[:, 13].tolist() == [0, 0, 0, 0]
    assert rows[:, 26].tolist() == [50, 0, 1, 2]  # blocks since the last good one


def test_no_blocks() -> None:
    rows, _, _ = measure("<p></p>")
    assert rows.shape == (0, NUM_FEATURES)
