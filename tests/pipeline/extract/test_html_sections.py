"""What heads a block and what stands beside it."""

import numpy as np
import pytest

from pipeline.extract.html_columns import BESIDE_AT, BESIDE_COPIES, PLACE_AT, SECTION_AT
from pipeline.extract.html_sections import is_heading, tag_class
from pipeline.extract.html_tags import NUM_NOTICES, TAGS
from tests.pipeline.extract.measured_pages import SENTENCE, measure


def test_copies_and_what_follows() -> None:
    rows, _, _ = measure(f"<p>{SENTENCE}<p>Once<p>Twice<p>Twice<p>{SENTENCE}x")
    place = rows[:, PLACE_AT:]
    assert place[:, 0].tolist() == [1, 1, 2, 2, 1]  # copies on the page
    assert place[:, 1].tolist() == [3, 2, 1, 0, 50]  # blocks until the next good one
    assert place[:, 3].tolist() == [0, 1, 2, 3, 4] and place[:, 4].tolist() == [4, 3, 2, 1, 0]


def test_kinds_of_boxes_parents_and_depths() -> None:
    rows, _, _ = measure(f"<p>{SENTENCE}<p>x<div>y<div>z</div></div>")
    place = rows[:, PLACE_AT:]
    size = len(SENTENCE.replace(" ", ""))
    assert place[:, 2] == pytest.approx([size / (size + 1)] * 2 + [0, 0])  # good text in such boxes
    assert place[:, 5].tolist() == [-1, 1, 1, 0]  # the parent is that of the block before
    assert place[:, 6].tolist() == [1, 1, 0, -1]
    assert place[:, 7].tolist() == [0, 0, 1, -99]  # how much deeper the next one is


def test_blocks_know_what_heads_them() -> None:
    html = (
        f"<p>{SENTENCE}<h2><a href=x>Read</a> more</h2><p>One thing<p>And another"
        f"<div><p>{SENTENCE}<p>x"
    )
    rows, _, _ = measure(html)
    section = rows[:, SECTION_AT:]
    assert section[:, 0].tolist() == [-1, -1, 1, 2, 3, 4]
    assert section[2:, 1].tolist() == [2] * 4 and section[0, 1] == 0  # words of further reading
    heads = section[:, 1 + NUM_NOTICES :]
    assert heads[3, :2].tolist() == [4, 0.5]  # an h2, of which half is a link
    size = len(SENTENCE.replace(" ", ""))
    assert heads[:, 2] == pytest.approx([0, 0, 0, 0, 0, np.log1p(size)])  # good text since then
    assert heads[:, 3].tolist() == [0, 0, 1, 1, 0, 0]  # in the same box as its heading
    assert heads[2:, 4].tolist() == [len("Readmore")] * 4


def test_short_bold_lines_and_labels_head_what_follows() -> None:
    html = f"<p><b>The mill</b><p>Sources:<p>{SENTENCE}<p><b><a href=x>Linked</a></b><h4>x</h4>"
    _, blocks, nodes = measure(html)
    assert [is_heading(block, nodes) for block in blocks] == [True, True, False, False, True]


def test_what_stands_beside() -> None:
    rows, _, _ = measure("<p>Photo: <b>one</b><p>Wheel<p><img><i>Read</i></p><p>Wheel")
    before = rows[1, BESIDE_AT + BESIDE_COPIES :]  # the block before
    after = rows[1, BESIDE_AT + 2 * BESIDE_COPIES :]
    assert before[4] == pytest.approx(3 / len("Photo:one"))  # bold
    assert after[6] == 1 and [before[8], rows[2, BESIDE_AT + 2 * BESIDE_COPIES + 8]] == [1, 2]
    assert before[2] == 1 and before[7] == len("Photo:") and after[0] == 1 and after[5] == 1
    assert rows[1, BESIDE_AT : BESIDE_AT + BESIDE_COPIES].tolist() == [-1] * BESIDE_COPIES


def test_classes_of_tags() -> None:
    assert [tag_class(TAGS[tag]) for tag in ("p", "li", "h1", "h6", "td", "pre", "div", "ul")] == [
        1, 2, 3, 8, 10, 11, 12, 13,
    ]  # fmt: skip
