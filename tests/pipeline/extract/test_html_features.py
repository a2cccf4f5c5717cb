"""What is measured of a block."""

import numpy as np
import pytest

from pipeline.extract.html_columns import (
    AROUND_AT,
    NEIGHBOUR_COPIES,
    NEIGHBOURS,
    NUM_FEATURES,
    SHAPE_AT,
)
from tests.pipeline.extract.measured_pages import SENTENCE, measure

SIZE = len(SENTENCE.replace(" ", ""))


def test_counts_of_a_block() -> None:
    rows, _, _ = measure(
        "<p>Top</p><div><p><img><a href=x>Read More</a> IN 12, <b>now</b>.<br>in</p></div>"
    )
    row = rows[1]
    size, words = len("ReadMoreIN12,now."), 4
    assert row[0] == pytest.approx(np.log1p(size))
    assert row[1] == pytest.approx(len("ReadMore") / size)  # linked
    assert row[2] == words and row[3] == pytest.approx(size / words)
    assert row[4] == pytest.approx(2 / size)  # digits
    assert row[5] == pytest.approx(4 / size)  # capital letters
    assert row[6] == 1 and row[7] == 1 and row[8] == 1  # stops, commas, and it ends with a stop
    assert row[9] == pytest.approx(3 / size)  # bold
    assert row[10] == 2 and row[11] == 2 / words  # "read more" is about the site
    assert row[12] == 2 and rows[2, 12] == 1  # a paragraph, a line
    assert row[17] == 1 and row[18] == 1  # links, pictures
    assert row[19] == 2 and row[20] == 1  # depth; a p
    assert row[21] == 3 / words  # words with a capital
    assert rows[:, 23].tolist() == [1, 1, 2]  # how it begins


def test_counts_of_a_chinese_block() -> None:
    rows, _, _ = measure("<p>中文字。<p>7 a")
    assert rows[0, 2] == 4 and rows[0, 8] == 1 and rows[:, 23].tolist() == [3, 0]
    assert rows[:, 22].tolist() == [1, 0]  # all of it is wide


def test_the_course_of_the_page() -> None:
    rows, _, _ = measure(f"<p>{SENTENCE}<h1>Top</h1><p>Three<p>{SENTENCE}")
    size = 2 * SIZE + len("TopThree")
    assert rows[:, 13].tolist() == [0, 1, 2, 3] and rows[:, 14].tolist() == [0, 0.25, 0.5, 0.75]
    assert rows[:, 15] == pytest.approx(np.array([0, SIZE, SIZE + 3, SIZE + 8]) / size)
    assert rows[:, 16].tolist() == [0, 0.5, 0.5, 0.5]  # share of the good text before
    assert rows[:, 24].tolist() == [-1, 0, 1, 2]  # blocks since the h1
    assert rows[:, 25].tolist() == [0, 0.5, 0, 0]  # good text since then
    assert rows[:, 31] == pytest.approx([np.log1p(2 * SIZE)] * 4)
    assert rows[:, 32] == pytest.approx([np.log1p(4)] * 4)
    assert rows[:, 33] == pytest.approx([2 * SIZE / size] * 4)
    assert measure("<p>a<h2>b</h2>")[0][:, 24].tolist() == [-99, -99]


def test_good_text_near_by() -> None:
    rows, _, _ = measure(f"<p>{SENTENCE}<p>Two<p>Three<nav><p>{SENTENCE}</nav>")
    near = rows[:, SHAPE_AT:]
    assert near[:, 8].tolist() == [0, SIZE, SIZE, SIZE]  # three blocks each way; none in a nav
    assert near[:, 12].tolist() == [1, 0, 0, 0] and near[:, 13].tolist() == [0, 0, 0, 0]
    assert rows[:, 26].tolist() == [50, 0, 1, 2]  # blocks since the last good one


def test_how_far_good_text_is_seen() -> None:
    rows, _, _ = measure(f"<p>{SENTENCE}{'<p>x' * 11}<p>{SENTENCE}")  # the last is block 12
    near = rows[:, SHAPE_AT:] / SIZE
    assert near[[3, 4, 5, 8, 9], 8].tolist() == [1, 0, 0, 0, 1]  # three each way
    assert near[[3, 4, 8, 9], 9].tolist() == [1, 2, 2, 1]  # eight each way
    assert near[[8, 9, 11, 12], 13].tolist() == [0, 1, 1, 0]  # three behind
    assert near[[1, 2, 11, 12], 14].tolist() == [0, 1, 1, 0]  # ten behind
    assert near[[0, 1, 10, 11], 15].tolist() == [0, 1, 1, 0]  # ten before


def test_whether_the_block_before_is_of_its_kind() -> None:
    rows, _, _ = measure("<p>a<br>b<p>c<div>d</div>")
    assert rows[:, SHAPE_AT + 10].tolist() == [0, 1, 1, 0]  # the same tag and class
    assert rows[:, SHAPE_AT + 11].tolist() == [0, 1, 0, 0]  # the same box


def test_blocks_see_their_neighbours() -> None:
    rows, _, _ = measure(
        f"<h1>Top</h1><p>{SENTENCE}<p><a href=x>Read more</a><ul><li>Go: </ul><p>{SENTENCE}"
    )
    seen = [0, 1, 8, 20, SHAPE_AT, 6, 11]
    assert all(len(set(rows[:, column])) > 1 for column in seen)
    for i in range(len(rows)):
        for k, step in enumerate(NEIGHBOURS):
            copies = rows[i, AROUND_AT + k * NEIGHBOUR_COPIES :][:NEIGHBOUR_COPIES]
            there = 0 <= i + step < len(rows)
            assert copies.tolist() == (rows[i + step, seen].tolist() if there else [-1] * 7)


def test_no_blocks() -> None:
    rows, _, _ = measure("<p></p>")
    assert rows.shape == (0, NUM_FEATURES)
