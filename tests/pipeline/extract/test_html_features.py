"""What is measured of a block."""

import numpy as np
import pytest

from pipeline.extract.html_features import (
    _PLACE_AT,
    _SECTION_AT,
    CONTEXT_FEATURES,
    NUM_FEATURES,
    add_context,
    hash_words,
    measure_blocks,
)
from pipeline.extract.html_scan import CHARS, scan
from pipeline.extract.html_tags import NUM_NOTICES

SENTENCE = "The miller opened the gate, and the wheel began to turn again after many years."


def measure(
    html: str, title: str = "", body: str = ""
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    def data(text: str) -> np.ndarray:
        return np.frombuffer(text.encode(), np.uint8)

    text, blocks, nodes, _ = scan(data(html))
    return measure_blocks(text, blocks, nodes, data(title), data(body)), blocks, nodes


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


def test_title_and_stated_body() -> None:
    rows, _, _ = measure(f"<h1>The old mill</h1><p>{SENTENCE}<p>Nothing of that here, not a word.",
                         title="the OLD mill", body=SENTENCE * 4)  # fmt: skip
    assert rows[0, 27] == 1 and rows[0, 28] == 1
    assert rows[1, 29] == 1 and rows[2, 29] < 0.2
    assert measure(f"<p>{SENTENCE}")[0][0, 29] == -1


def test_words_are_hashed_without_case_and_chinese_by_character() -> None:
    out = np.empty(9, np.uint64)
    text = np.frombuffer("Ab aB, 中文中".encode(), np.uint8)
    assert hash_words(text, 0, len(text), out) == 5
    assert out[0] == out[1] and out[2] == out[4] != out[3]


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


def test_copies_and_what_follows() -> None:
    rows, _, _ = measure(f"<p>{SENTENCE}<p>Once<p>Twice<p>Twice<p>{SENTENCE}x")
    place = rows[:, _PLACE_AT:]
    assert place[:, 0].tolist() == [1, 1, 2, 2, 1]  # copies on the page
    assert place[:, 1].tolist() == [3, 2, 1, 0, 50]  # blocks until the next good one
    assert place[:, 3].tolist() == [0, 1, 2, 3, 4] and place[:, 4].tolist() == [4, 3, 2, 1, 0]


def test_blocks_know_what_heads_them() -> None:
    rows, _, _ = measure(f"<p>{SENTENCE}<h2>Read more</h2><p>One thing<p>And another")
    section = rows[:, _SECTION_AT:]
    assert section[:, 0].tolist() == [-1, -1, 1, 2]
    assert section[2:, 1].tolist() == [2, 2] and section[0, 1] == 0  # words of further reading
    assert section[3, 1 + NUM_NOTICES] == 4  # an h2


def test_sections_are_judged() -> None:
    rows, blocks, nodes = measure(f"<p>{SENTENCE}<h2>More</h2><p>One thing<p>{SENTENCE}")
    scores = np.array([0.9, 0.2, 0.1, 0.5], np.float32)
    own = add_context(rows, scores, blocks, nodes)[:, NUM_FEATURES + 28 :]
    sizes = blocks[2:, CHARS]
    mean = (sizes * [0.1, 0.5]).sum() / sizes.sum()
    assert own[2, 0] == pytest.approx(mean) and own[2, 1] == pytest.approx(0.2)
    assert own[:, 2].tolist() == [1, 0, 2, 1]  # blocks to the end of the section
    assert own[1, 3] == pytest.approx(mean) and own[0, 3] == -2


def test_no_blocks() -> None:
    rows, _, _ = measure("<p></p>")
    assert rows.shape == (0, NUM_FEATURES)
