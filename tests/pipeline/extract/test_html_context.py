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
