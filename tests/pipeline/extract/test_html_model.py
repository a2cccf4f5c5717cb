"""Boosted trees, evaluated."""

import numpy as np
import pytest

from pipeline.extract.html import read_blocks
from pipeline.extract.html_columns import CONTEXT_FEATURES, NUM_FEATURES
from pipeline.extract.html_model import Trees, load_model

STUMP = Trees(
    np.array([0, 3], np.int32),
    np.array([1, -1, -1, -1], np.int16),
    np.array([0.5, -2.0, 3.0, 0.25], np.float32),
    np.array([[1, 2], [0, 0], [0, 0], [0, 0]], np.int32),
    -1.0,
)


def test_trees_add_up() -> None:
    rows = np.array([[9, 0.5], [9, 0.51]], np.float32)
    logits = np.array([-1 - 2 + 0.25, -1 + 3 + 0.25])
    assert STUMP.predict(rows) == pytest.approx(1 / (1 + np.exp(-logits)), rel=1e-5)


def test_the_shipped_model_fits_the_features() -> None:
    model = load_model()
    assert 0 < model.threshold < 1
    assert model.first.features.max() < NUM_FEATURES
    assert model.second.features.max() < NUM_FEATURES + CONTEXT_FEATURES
    for trees in (model.first, model.second):
        inner = trees.features >= 0
        own = np.arange(len(inner))
        assert (trees.children[inner] > own[inner, None]).all()  # no way back: it ends
        assert trees.children.max() < len(own)


def test_where_nothing_is_sure_the_best_is_kept() -> None:
    page = read_blocks(b"<p>Two words</p>")
    assert load_model().choose(page.rows, page.blocks, page.nodes).tolist() == [0]
    empty = read_blocks(b"<p></p>")
    assert load_model().choose(empty.rows, empty.blocks, empty.nodes).tolist() == []
