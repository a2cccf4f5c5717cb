"""Samples -> both ensembles. Needs LightGBM, a development dependency."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.extract.html_columns import CHARS
from pipeline.extract.html_context import add_context
from pipeline.extract.html_model import CANDIDATE, Model, Trees
from pipeline.extract.html_samples import Sample

THRESHOLD = 0.65
"""Score from which on a block is kept. On sites not seen, F1 of whole texts rises by 0.003 between
0.55 and 0.65 and the share of right segments falls by 0.004 (means of three draws of splits); a
threshold chosen anew with each training lay between 0.3 and 0.7 and moved both by more."""
_INNER_FOLDS = 3
_FIRST_TREES, _SECOND_TREES = 150, 300
_FIRST_RATE, _SECOND_RATE = 0.1, 0.08
_SMALL, _PART = 60, 0.4


def fit(samples: Sequence[Sample]) -> Model:
    """Both ensembles; the second learns from what the first says of sites it did not see."""
    rows = [sample.rows for sample in samples]
    first = fit_trees(samples, rows, _FIRST_TREES, _FIRST_RATE)
    folds = np.array([sample.page.fold(_INNER_FOLDS) for sample in samples])
    contexts = list(rows)
    judged = list(samples)
    for fold in range(_INNER_FOLDS):
        part = _fit_others(samples, rows, folds != fold, _FIRST_TREES, _FIRST_RATE)
        for i in np.flatnonzero(folds == fold).tolist():
            sample = samples[i]
            scores = part.predict(sample.rows)
            contexts[i] = add_context(sample.rows, scores, sample.blocks, sample.nodes)
            judged[i] = replace(sample, weights=sample.weights * (scores >= CANDIDATE))
    second = fit_trees(judged, contexts, _SECOND_TREES, _SECOND_RATE)
    return Model(first, second, THRESHOLD)


def _fit_others(
    samples: Sequence[Sample],
    rows: Sequence[NDArray[np.float32]],
    chosen: NDArray[np.bool_],
    trees: int,
    rate: float,
) -> Trees:
    places = np.flatnonzero(chosen).tolist()
    return fit_trees([samples[i] for i in places], [rows[i] for i in places], trees, rate)


def _stack(samples: Sequence[Sample], rows: Sequence[NDArray[np.float32]]) -> tuple[Any, Any, Any]:
    """Rows, labels and weights of those blocks that have a weight; of small blocks that are not
    main text, of which pages are full, a part stands for all."""
    labels = np.concatenate([sample.labels for sample in samples])
    weights = np.concatenate([sample.weights for sample in samples])
    sizes = np.concatenate([sample.blocks[:, CHARS] for sample in samples])
    many = (labels < 0.5) & (sizes < _SMALL)
    part = np.random.default_rng(0).random(len(labels)) < _PART
    weights = np.where(many, weights * part / _PART, weights)
    used = weights > 0
    return np.concatenate(list(rows))[used], labels[used], weights[used]


def fit_trees(
    samples: Sequence[Sample], rows: Sequence[NDArray[np.float32]], trees: int, rate: float
) -> Trees:
    """Gradient boosting on cross entropy; ``rows`` are the features of each sample's blocks.

    The labels are the shares themselves. Random splits and bagging: with some hundred sites,
    what generalises matters more than what fits.
    """
    import lightgbm

    features_of, labels, weights = _stack(samples, rows)
    settings = {
        "objective": "cross_entropy", "learning_rate": rate, "num_leaves": 16,
        "min_data_in_leaf": 30, "lambda_l2": 1.0, "feature_fraction": 0.3, "extra_trees": True,
        "bagging_fraction": 0.7, "bagging_freq": 1, "seed": 0, "num_threads": 1,
        "deterministic": True, "force_col_wise": True, "verbose": -1,
    }  # fmt: skip
    data = lightgbm.Dataset(features_of, labels, weight=weights / weights.mean())
    booster = lightgbm.train(settings, data, trees)
    return _lay_end_to_end([tree["tree_structure"] for tree in booster.dump_model()["tree_info"]])


def _lay_end_to_end(trees: Sequence[dict[str, Any]]) -> Trees:
    roots: list[int] = []
    features: list[int] = []
    thresholds: list[float] = []
    right: list[int] = []

    def add(node: dict[str, Any]) -> int:
        here = len(features)
        features.append(node.get("split_feature", -1))
        thresholds.append(node["threshold"] if "threshold" in node else node["leaf_value"])
        right.append(0)
        if "threshold" in node:
            add(node["left_child"])
            right[here] = add(node["right_child"])
        return here

    for tree in trees:
        roots.append(add(tree))
    # A row is float32: it goes left by the double threshold if by the next float32 below.
    exact = np.array(thresholds)
    rounded = exact.astype(np.float32)
    below = np.nextafter(rounded, np.float32(-np.inf))
    return Trees(
        np.array(roots, np.int32),
        np.array(features, np.int16),
        np.where((np.array(features) >= 0) & (rounded > exact), below, rounded),
        np.array(right, np.int32),
    )
