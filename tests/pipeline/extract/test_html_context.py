"""What a first look said around a block."""

import numpy as np
import pytest

from pipeline.extract.html_columns import CHARS, CONTEXT_FEATURES, NUM_FEATURES
from pipeline.extract.html_context import add_context
from tests.pipeline.extract.measured_pages import SENTENCE, measure


def test_context_is_what_the_first_look_said_around() -> None:
    rows, blocks, nodes = measure(f"<div><p>{SENTENCE}<p>{SENTENCE}</div><p>x")
    scores = np.array([0.9, 0.5, 0.1], np.float32)
    context = add_context(rows, scores, blocks, nodes)
    assert context.shape == (3, NUM_FEATURES + CONTEXT_FEATURES)
    own = context[:, NUM_FEATURES:]
    assert own[:, 0] == pytest.approx(scores)
    assert own[1, 1] == pytest.approx(0.9) and own[1, 2] == pytest.approx(0.1)
    assert own[0, 1] == -1 and own[2, 2] == -1
    assert own[0, 11] == 0 and own[2, 12] == pytest.approx(0, abs=1e-6)
    assert np.isfinite(context).all()


def test_sections_are_judged() -> None:
    rows, blocks, nodes = measure(f"<p>{SENTENCE}<h2>More</h2><p>One thing<p>{SENTENCE}")
    scores = np.array([0.9, 0.2, 0.1, 0.5], np.float32)
    own = add_context(rows, scores, blocks, nodes)[:, NUM_FEATURES + 28 :]
    sizes = blocks[2:, CHARS]
    mean = (sizes * [0.1, 0.5]).sum() / sizes.sum()
    assert own[2, 0] == pytest.approx(mean) and own[2, 1] == pytest.approx(0.2)
    assert own[:, 2].tolist() == [1, 0, 2, 1]  # blocks to the end of the section
    assert own[1, 3] == pytest.approx(mean) and own[0, 3] == -2


def test_what_boxes_hold_of_the_chosen_text() -> None:
    rows, blocks, nodes = measure(f"<div><p>{SENTENCE}<p>{SENTENCE}</div><p>x")
    scores = np.array([0.9, 0.5, 0.1], np.float32)
    first, second, third = add_context(rows, scores, blocks, nodes)[:, NUM_FEATURES:]
    size = blocks[0, CHARS]
    chosen, whole = 1.4 * size + 0.1, 2 * size + 1
    assert second[1:11].tolist() == pytest.approx([0.9, 0.1, *[-1] * 8])
    assert third[1:5].tolist() == pytest.approx([0.5, -1, 0.9, -1])
    assert second[11:13] == pytest.approx([0.9 * size / chosen, 0.1 / chosen], rel=1e-4)
    # what else the box holds that is chosen, and its share of all that is
    assert second[13:21] == pytest.approx(
        [
            *(-1, 0.5 * size / chosen),
            *(0.9, 1.4 * size / chosen),
            *[(0.9 * size + 0.1) / (size + 1), 1] * 2,
        ],
        rel=1e-5,
    )
    assert [first[21], second[21], third[21]] == pytest.approx([0.5, 0.9, -1])  # its kind of box
    assert second[22:25] == pytest.approx([np.log1p(chosen), *[chosen / whole] * 2])
    assert second[25:28] == pytest.approx([0.9, 0.1, 0.1])


def test_siblings_and_boxes_above() -> None:
    rows, blocks, nodes = measure("<p>a<div><p>b<p>c</div><p>d")
    scores = np.array([0.9, 0.2, 0.6, 0.1], np.float32)
    own = add_context(rows, scores, blocks, nodes)[:, NUM_FEATURES + 28 :]
    assert own[:, 4] == pytest.approx([0.9, 0.6, 0.6, 0.9])  # the best of its box
    assert own[:, 5] == pytest.approx([0.9] * 4)  # and of the one above
    assert own[:, 6] == pytest.approx([-1, -1, 0.2, 0.9])
    assert own[:, 7] == pytest.approx([0.1, 0.6, -1, -1])
    assert own[:, 8] == pytest.approx([0.3, 1.6 / 3, 0.4, 1.7 / 3])  # the mean of those around
    assert own[:, 9].tolist() == [0, 0, 1, 2]  # blocks since a sure one


def test_how_far_a_block_is_seen() -> None:
    rows, blocks, nodes = measure("<p>x" * 90)
    scores = np.zeros(90, np.float32)
    scores[15] = 1
    own = add_context(rows, scores, blocks, nodes)[:, NUM_FEATURES:]

    def seen(column: int, empty: float = 0) -> list[int]:
        return np.flatnonzero(own[:, column] != empty).tolist()

    assert seen(24) == list(range(5, 26)) and own[15, 24] == pytest.approx(1 / 21)
    assert seen(25) == list(range(16, 28)) and seen(26) == list(range(3, 15))
    assert seen(28 + 8) == [*range(11, 15), *range(16, 20)]
    assert own[20, 28 + 8] == 0 and own[19, 28 + 8] == pytest.approx(1 / 8)
    assert own[[16, 17, 75, 76, 77], 28 + 9].tolist() == [0, 1, 59, 60, 60]
