"""Fit ``html_model.npz``; scikit-learn (a development dependency) is needed here only.

Run it with the folder that holds the page sets (``html_gold.py``)::

    python -m pipeline.extract.html_training HTML_EXTRACTION_FOLDER [--teachers FILE]

``make extract-model`` runs the teachers first. Provenance: the pages and the labels of
article-extraction-benchmark (Scrapinghub, MIT), of trafilatura's evaluation (Barbaresi,
Apache-2.0), of Readability.js's tests (Mozilla, Apache-2.0), of newspaper and newspaper4k
(Ou-Yang, MIT; Paraschiv, MIT), of GeneralNewsExtractor (Qingnan, MIT) and of WebMainBench's public
sample (OpenDataLab, Apache-2.0). Where a page has segments only, or nothing, blocks on which
trafilatura and readability-lxml agree are labelled by them, with the segments above both. The
weights are thresholds on counts; they hold no text.
"""

import argparse
import html as html_entities
import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.extract.html import read_blocks
from pipeline.extract.html_features import add_context
from pipeline.extract.html_gold import SETS, GoldPage, read_pages
from pipeline.extract.html_model import CANDIDATE, FILE_NAME, Model, Trees
from pipeline.extract.html_scan import CHARS, END, START

_WORD = re.compile(r"\w+")
_UNSPACED = re.compile(r"([\u3040-\u30ff\u3400-\u9fff\u0e00-\u0e7f])")
_FOLDS = 5
THRESHOLD = 0.4
"""Score from which on a block is kept: precision and recall of whole pages meet near it."""
_INNER_FOLDS = 3
_FIRST_TREES, _SECOND_TREES = 40, 70
_SMALL, _PART = 60, 0.4
_SET_WEIGHTS = {
    "scrapinghub": 1.0,
    "trafilatura": 0.35,
    "readability": 0.4,
    "newspaper": 0.15,
    "newspaper4k": 0.4,
    "gne_zh": 0.5,
    "webmainbench": 0.6,
}
_SEGMENT_WEIGHT = 0.04


@dataclass(frozen=True, slots=True)
class Sample:
    """A page as the model sees it."""

    page: GoldPage
    text: NDArray[np.uint8]
    blocks: NDArray[np.int64]
    nodes: NDArray[np.int64]
    rows: NDArray[np.float32]
    labels: NDArray[np.float64]
    """Share of each block that is main text."""
    weights: NDArray[np.float64]


def make_sample(page: GoldPage, teachers: Sequence[str] = ()) -> Sample:
    """Features, labels and weights of the blocks of a page.

    ``teachers`` are what other extractors made of a page whose gold is not whole: where they
    agree, theirs is the label.
    """
    read = read_blocks(page.html)
    data = read.text.tobytes()
    pieces = [
        html_entities.unescape(data[block[START] : block[END]].decode("utf-8", "replace"))
        for block in read.blocks
    ]
    sizes = read.blocks[:, CHARS].astype(np.float64)
    if page.text:
        labels = match_pieces(pieces, page.text)
        weights = np.ones(len(pieces))
    else:
        votes = np.array([match_pieces(pieces, text) for text in teachers if text])
        if len(votes) == 0:
            votes = np.full((2, len(pieces)), 0.5)
        labels = (votes.mean(0) > 0.5).astype(np.float64)
        weights = (
            (np.abs(votes - votes.mean(0)).max(0) < 0.3) * (np.abs(votes.mean(0) - 0.5) > 0.3) * 1.0
        )
    gold_size = max(200.0, float((sizes * labels).sum()))
    weights = weights * (np.minimum(sizes, 1500) + 12) / gold_size
    weights = np.minimum(weights, 0.5)
    if not page.text:
        folded = [_fold(piece) for piece in pieces]
        for segments, label in ((page.present, 1.0), (page.absent, 0.0)):
            for segment in map(_fold, segments):
                for i, piece in enumerate(folded):
                    if segment in piece:
                        labels[i] = label
                        weights[i] = max(weights[i], _SEGMENT_WEIGHT)
    weights = weights * _SET_WEIGHTS[page.set_name]
    return Sample(page, read.text, read.blocks, read.nodes, read.rows, labels, weights)


def match_pieces(pieces: Sequence[str], gold: str) -> NDArray[np.float64]:
    """Share of each piece that the gold text holds, float64 (num_pieces,).

    Long pieces are judged by their runs of four words; short ones must be in the gold as they are
    and stand near a piece that is.
    """
    gold_words = _words(gold)
    joined = " " + " ".join(gold_words) + " "
    runs = Counter(zip(*(gold_words[i:] for i in range(4)), strict=False))
    shares = np.zeros(len(pieces))
    is_long = np.zeros(len(pieces), bool)
    for i, piece in enumerate(pieces):
        words = _words(piece)
        if not words:
            continue
        if len(words) >= 6:
            mine = list(zip(*(words[k:] for k in range(4)), strict=False))
            shares[i] = sum(run in runs for run in mine) / len(mine)
            is_long[i] = True
        else:
            shares[i] = float(" " + " ".join(words) + " " in joined)
    sure = np.flatnonzero(is_long & (shares > 0.6))
    for i in np.flatnonzero(~is_long & (shares > 0)).tolist():
        place = np.searchsorted(sure, i)
        near = min(
            [abs(int(sure[k]) - i) for k in (place - 1, place) if 0 <= k < len(sure)], default=99
        )
        if near > 6:
            shares[i] = 0
    return shares


def _words(text: str) -> list[str]:
    return _WORD.findall(_UNSPACED.sub(r" \1 ", text))


def _fold(text: str) -> str:
    return " ".join(text.split())


def fit(samples: Sequence[Sample], threshold: float = THRESHOLD) -> Model:
    """Both ensembles; the second learns from what the first says of sites it did not see."""
    rows = [sample.rows for sample in samples]
    first = fit_trees(samples, rows, _FIRST_TREES)
    folds = np.array([site_fold(sample.page, _INNER_FOLDS) for sample in samples])
    contexts = list(rows)
    judged = list(samples)
    for fold in range(_INNER_FOLDS):
        others = np.flatnonzero(folds != fold).tolist()
        part = fit_trees([samples[i] for i in others], [rows[i] for i in others], _FIRST_TREES)
        for i in np.flatnonzero(folds == fold).tolist():
            sample = samples[i]
            scores = part.predict(sample.rows)
            contexts[i] = add_context(sample.rows, scores, sample.blocks, sample.nodes)
            judged[i] = replace(sample, weights=sample.weights * (scores >= CANDIDATE))
    return Model(first, fit_trees(judged, contexts, _SECOND_TREES), threshold)


def _stack(samples: Sequence[Sample], rows: Sequence[NDArray[np.float32]]) -> tuple[Any, Any, Any]:
    """Rows, labels and weights of those blocks that have a weight; of small blocks that are not
    main text, of which pages are full, a part stands for all."""
    labels = np.concatenate([sample.labels for sample in samples]) > 0.5
    weights = np.concatenate([sample.weights for sample in samples])
    sizes = np.concatenate([sample.blocks[:, CHARS] for sample in samples])
    many = ~labels & (sizes < _SMALL)
    part = np.random.default_rng(0).random(len(labels)) < _PART
    weights = np.where(many, weights * part / _PART, weights)
    used = weights > 0
    return np.concatenate(list(rows))[used], labels[used], weights[used]


def fit_trees(samples: Sequence[Sample], rows: Sequence[NDArray[np.float32]], trees: int) -> Trees:
    """Gradient boosting on log loss; ``rows`` are the features of each sample's blocks."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    features_of, labels, weights = _stack(samples, rows)
    booster = HistGradientBoostingClassifier(
        max_iter=trees, learning_rate=0.15, max_leaf_nodes=16, min_samples_leaf=30,
        l2_regularization=0.05, max_features=0.3, early_stopping=False, random_state=0,
    )  # fmt: skip
    booster.fit(features_of, labels, sample_weight=weights / weights.mean())
    roots, features, thresholds, children = [], [], [], []
    at = 0
    for (predictor,) in booster._predictors:
        nodes = predictor.nodes
        leaf = nodes["is_leaf"].astype(bool)
        roots.append(at)
        features.append(np.where(leaf, -1, nodes["feature_idx"]))
        thresholds.append(np.where(leaf, nodes["value"], nodes["num_threshold"]))
        children.append(np.stack([nodes["left"], nodes["right"]], 1).astype(np.int64) + at)
        at += len(nodes)
    return Trees(
        np.array(roots, np.int32),
        np.concatenate(features).astype(np.int16),
        np.concatenate(thresholds).astype(np.float32),
        np.concatenate(children).astype(np.int32),
        float(np.ravel(booster._baseline_prediction)[0]),
    )


def site_fold(page: GoldPage, folds: int = _FOLDS) -> int:
    """Fold of a page: all pages of a site are in the same."""
    import hashlib

    return int.from_bytes(hashlib.sha1(page.site.encode()).digest()[:4], "big") % folds


def read_samples(folder: Path, teachers: dict[str, list[str]]) -> list[Sample]:
    """Samples of all sets; ``teachers`` hold the texts of other extractors by the page's id."""
    return [
        make_sample(page, teachers.get(page.page_id, ()))
        for name in SETS
        for page in read_pages(folder, name)
    ]


def save(model: Model, path: Path) -> None:
    """Write the weights."""
    arrays: dict[str, Any] = {"threshold": np.float32(model.threshold)}
    for name, trees in (("first", model.first), ("second", model.second)):
        arrays[f"{name}_roots"] = trees.roots
        arrays[f"{name}_features"] = trees.features
        arrays[f"{name}_thresholds"] = trees.thresholds
        arrays[f"{name}_children"] = trees.children.astype(np.uint16)
        arrays[f"{name}_baseline"] = np.float32(trees.baseline)
    np.savez_compressed(path, **arrays)


def main() -> None:
    parser = argparse.ArgumentParser(description="Fit html_model.npz.")
    parser.add_argument("folder", type=Path, help="page sets (html_extraction)")
    parser.add_argument("--teachers", type=Path, help="JSON: page id -> texts of other extractors")
    options = parser.parse_args()
    teachers = json.loads(options.teachers.read_bytes()) if options.teachers else {}
    save(fit(read_samples(options.folder, teachers)), Path(__file__).with_name(FILE_NAME))


if __name__ == "__main__":
    main()
