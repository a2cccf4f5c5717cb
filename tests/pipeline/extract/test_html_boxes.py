"""What the boxes around a block tell."""

import pytest

from pipeline.extract.html_columns import BOX_AT, LEVEL_AT, NEAR_AT, NUM_HINTS, SHAPE_AT
from pipeline.extract.html_tags import HINTS, STRUCTURES
from tests.pipeline.extract.measured_pages import SENTENCE, measure

COMMENTS = next(bit for bit, words in enumerate(HINTS) if words.startswith("comment "))


def test_names_of_boxes_reach_what_is_within() -> None:
    rows, _, _ = measure("<div class=comments><ul><li><p>Deep within</ul></div><p>Outside")
    assert rows[:, BOX_AT + COMMENTS].tolist() == [1, 0]
    assert rows[:, NEAR_AT + COMMENTS].tolist() == [0, 0]  # it is not the next box
    assert rows[:, BOX_AT + NUM_HINTS + STRUCTURES.index("ul")].tolist() == [1, 0]


def test_what_else_a_box_holds() -> None:
    rows, _, _ = measure(f"<div><p>{SENTENCE}<p><a href=x>Link</a></div><p>{SENTENCE}")
    sentence = len(SENTENCE.replace(" ", ""))
    own, above = rows[1, LEVEL_AT : LEVEL_AT + 4], rows[1, LEVEL_AT + 4 : LEVEL_AT + 8]
    assert own[:2].tolist() == [0, 1]  # no good text, nothing but a link
    assert above[0] == pytest.approx(0.5)  # half of the good text
    assert above[1] == pytest.approx(4 / (4 + sentence))


def test_where_blocks_leave_the_path_to_the_text() -> None:
    rows, _, _ = measure(f"<nav><p>Menu</nav><main><div>{f'<p>{SENTENCE}' * 3}</div><p>End</main>")
    steps = rows[:, SHAPE_AT].tolist()
    assert steps == [2, 0, 0, 0, 1]  # the path is main, div
