"""What the boxes around a block tell."""

import numpy as np
import pytest

from pipeline.extract.html_columns import BOX_AT, LEVEL_AT, NEAR_AT, NUM_HINTS, SHAPE_AT
from pipeline.extract.html_tags import HINTS, STRUCTURES
from tests.pipeline.extract.measured_pages import SENTENCE, measure

COMMENTS = next(bit for bit, words in enumerate(HINTS) if words.startswith("comment "))


def test_names_of_boxes_reach_what_is_within() -> None:
    rows, _, _ = measure("<div class=comments><ul><li><p>Deep within</ul></div><p>Outside")
    assert rows[:, BOX_AT + COMMENTS].tolist() == [1, 0]
    assert rows[:, NEAR_AT + COMMENTS].tolist() == [0, 0]  # it is not the next box
    assert measure("<div class=comments><p>Next</div>")[0][0, NEAR_AT + COMMENTS] == 1
    assert rows[:, BOX_AT + NUM_HINTS + STRUCTURES.index("ul")].tolist() == [1, 0]


def test_what_else_a_box_holds() -> None:
    rows, _, _ = measure(f"<div><p>{SENTENCE}<p><a href=x>Link</a></div><p>{SENTENCE}")
    sentence = len(SENTENCE.replace(" ", ""))
    own, above = rows[1, LEVEL_AT : LEVEL_AT + 4], rows[1, LEVEL_AT + 4 : LEVEL_AT + 8]
    assert own[:2].tolist() == [0, 1]  # no good text, nothing but a link
    assert above[0] == pytest.approx(0.5)  # half of the good text
    assert above[1] == pytest.approx(4 / (4 + sentence))
    # characters of a block, and blocks
    assert own[2:] == pytest.approx([np.log1p(4), np.log1p(1)])
    assert above[2:] == pytest.approx([np.log1p((4 + sentence) / 2), np.log1p(2)])


def test_where_blocks_leave_the_path_to_the_text() -> None:
    rows, _, _ = measure(f"<nav><p>Menu</nav><main><div>{f'<p>{SENTENCE}' * 3}</div><p>End</main>")
    steps = rows[:, SHAPE_AT].tolist()
    assert steps == [2, 0, 0, 0, 1]  # the path is main, div


def test_the_path_to_most_of_the_text_is_shorter_than_that_to_half_of_it() -> None:
    rows, _, _ = measure(
        f"<main><div>{f'<p>{SENTENCE}' * 2}</div><section><p>{SENTENCE}</section></main>"
    )
    shape = rows[:, SHAPE_AT:]
    assert shape[:, 0].tolist() == [0, 0, 1] and shape[:, 1].tolist() == [-1, -1, 0]
    assert shape[:, 2].tolist() == [1, 1, 2]  # boxes between a block and the path
    assert shape[:, 3] == pytest.approx([2 / 3] * 3)  # what the end of the path holds
    rows, _, _ = measure(f"<div>{SENTENCE}</div><section>{SENTENCE}</section>")
    assert rows[:, SHAPE_AT + 1].tolist() == [-1, 0]  # no box holds most of it


def test_boxes_of_a_kind_are_counted_together() -> None:
    linked = f"<a href=x>The</a>{SENTENCE.removeprefix('The')}"
    rows, _, _ = measure(f"<div><p>{SENTENCE}</div><div><p>{linked}</div><ul><li>{SENTENCE}</ul>")
    kinds = rows[:, SHAPE_AT + 4 :][:, :4]
    size = len(SENTENCE.replace(" ", ""))
    same = [2 / 3, 3 / (2 * size), np.log1p(2), np.log1p(size)]
    assert kinds[0] == pytest.approx(same) and kinds[1] == pytest.approx(same)
    assert kinds[2] == pytest.approx([1 / 3, 0, np.log1p(1), np.log1p(size)])
