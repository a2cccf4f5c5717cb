"""Boosted trees, evaluated."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.extract.html import read_blocks
from pipeline.extract.html_columns import CONTEXT_FEATURES, NUM_FEATURES
from pipeline.extract.html_model import Model, Trees, load_model, reach, save_model

STUMP = Trees(
    np.array([0, 3], np.int32),
    np.array([1, -1, -1, -1], np.int16),
    np.array([0.5, -2.0, 3.0, 0.25], np.float32),
    np.array([2, 0, 0, 0], np.int32),
)


def test_trees_add_up() -> None:
    rows = np.array([[9, 0.5], [9, 0.51]], np.float32)
    logits = np.array([-2 + 0.25, 3 + 0.25])
    assert STUMP.predict(rows) == pytest.approx(1 / (1 + np.exp(-logits)), rel=1e-5)


def test_the_shipped_model_fits_the_features() -> None:
    model = load_model()
    assert 0 < model.threshold < 1
    assert model.first.features.max() < NUM_FEATURES
    assert model.second.features.max() < NUM_FEATURES + CONTEXT_FEATURES
    for trees in (model.first, model.second):
        inner = trees.features >= 0
        own = np.arange(len(inner))
        assert (trees.right[inner] > own[inner] + 1).all()  # no way back: it ends
        assert trees.right.max() < len(own)


def test_where_nothing_is_sure_the_best_is_kept() -> None:
    page = read_blocks(b"<p>Two words</p>")
    assert load_model().choose(page.rows, page.blocks, page.nodes).tolist() == [0]
    empty = read_blocks(b"<p></p>")
    assert load_model().choose(empty.rows, empty.blocks, empty.nodes).tolist() == []


def test_scores_that_reach_the_threshold_or_else_half_the_best() -> None:
    sure, unsure = np.array([0.9, 0.5, 0.4], np.float32), np.array([0.4, 0.2, 0.1], np.float32)
    assert reach(sure, 0.5).tolist() == [True, True, False]
    assert reach(unsure, 0.5).tolist() == [True, True, False]
    assert reach(np.empty(0, np.float32), 0.5).tolist() == []


def test_weights_come_back_as_they_were_written(tmp_path: Path) -> None:
    other = Trees(STUMP.roots[:1], STUMP.features, STUMP.thresholds, STUMP.right)
    save_model(Model(STUMP, other, 0.45), tmp_path / "model.npz")
    model = load_model(tmp_path / "model.npz")
    rows = np.array([[9, 0.5], [9, 0.51]], np.float32)
    assert model.first.predict(rows).tolist() == STUMP.predict(rows).tolist()
    assert model.second.predict(rows).tolist() == other.predict(rows).tolist()
    assert model.threshold == pytest.approx(0.45)
