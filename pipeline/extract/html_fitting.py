"""Samples -> both ensembles and the threshold. Needs LightGBM, a development dependency."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.extract.html_columns import CHARS, NUM_FEATURES
from pipeline.extract.html_context import add_context
from pipeline.extract.html_model import CANDIDATE, Model, Trees, reach
from pipeline.extract.html_samples import Sample

THRESHOLDS = np.arange(0.3, 0.71, 0.05)
"""Scores from which on a block may be kept; ``choose_threshold`` takes one of them."""
_INNER_FOLDS = 3
_FIRST_TREES, _SECOND_TREES = 150, 300
_FIRST_RATE, _SECOND_RATE = 0.1, 0.08
_HUMAN = "scrapinghub"
"""The set whose whole texts a person marked; with the segments it judges thresholds."""
_SMALL, _PART = 60, 0.4


def fit(samples: Sequence[Sample]) -> Model:
    """Both ensembles; the second learns from what the first says of sites it did not see.

    The threshold, too, is chosen by what models say of sites that they did not see, within
    ``samples``.
    """
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
    unseen = list(rows)
    for fold in range(_INNER_FOLDS):
        part = _fit_others(judged, contexts, folds != fold, _SECOND_TREES, _SECOND_RATE)
        for i in np.flatnonzero(folds == fold).tolist():
            candidates = contexts[i][:, NUM_FEATURES] >= CANDIDATE
            unseen[i] = part.predict(contexts[i]) * candidates
    second = fit_trees(judged, contexts, _SECOND_TREES, _SECOND_RATE)
    return Model(first, second, choose_threshold(samples, unseen))


def _fit_others(
    samples: Sequence[Sample],
    rows: Sequence[NDArray[np.float32]],
    chosen: NDArray[np.bool_],
    trees: int,
    rate: float,
) -> Trees:
    places = np.flatnonzero(chosen).tolist()
    return fit_trees([samples[i] for i in places], [rows[i] for i in places], trees, rate)


def choose_threshold(samples: Sequence[Sample], scores: Sequence[NDArray[np.float32]]) -> float:
    """The one of ``THRESHOLDS`` at which F1 of whole texts and the share of right segments, both
    counted by blocks, are highest together; their sum is smoothed over its neighbours."""
    values = np.array([_judge(samples, scores, threshold) for threshold in THRESHOLDS])
    around = np.pad(values, 1, mode="edge")
    smooth = (around[:-2] + around[1:-1] + around[2:]) / 3
    return float(THRESHOLDS[int(smooth.argmax())])


def _judge(
    samples: Sequence[Sample], scores: Sequence[NDArray[np.float32]], threshold: float
) -> float:
    precisions, recalls, right = [], [], []
    for sample, score in zip(samples, scores, strict=True):
        kept = reach(score, threshold)
        right += [bool(kept[list(places)].any()) == is_main for is_main, places in sample.segments]
        if sample.page.set_name == _HUMAN and sample.page.text:
            sizes = sample.blocks[:, CHARS]
            hit = float((sizes * sample.labels * kept).sum())
            precisions.append(hit / max(1.0, float((sizes * kept).sum())))
            recalls.append(hit / max(1.0, float((sizes * sample.labels).sum())))
    value = float(np.mean(right)) if right else 0.0
    if precisions:
        precision, recall = float(np.mean(precisions)), float(np.mean(recalls))
        value += 2 * precision * recall / max(1e-9, precision + recall)
    return value


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
