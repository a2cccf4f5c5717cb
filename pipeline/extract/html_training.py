"""Fit ``html_model.npz``; LightGBM (a development dependency) is needed here only.

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
from pipeline.extract.html_columns import CHARS, END, NUM_FEATURES, START
from pipeline.extract.html_context import add_context
from pipeline.extract.html_gold import SETS, GoldPage, read_pages
from pipeline.extract.html_model import CANDIDATE, FILE_NAME, Model, Trees

_WORD = re.compile(r"\w+")
_UNSPACED = re.compile(r"([\u3040-\u30ff\u3400-\u9fff\u0e00-\u0e7f])")
_FOLDS = 5
THRESHOLDS = np.arange(0.3, 0.71, 0.05)
"""Scores from which on a block may be kept; ``choose_threshold`` takes one of them."""
_INNER_FOLDS = 3
_FIRST_TREES, _SECOND_TREES = 150, 300
_FIRST_RATE, _SECOND_RATE = 0.1, 0.08
_HUMAN = "scrapinghub"
"""The set whose whole texts a person marked; with the segments it judges thresholds."""
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
    segments: tuple[tuple[bool, tuple[int, ...]], ...] = ()
    """For each segment: whether it is main text, and the blocks that hold it."""


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
    segments = find_segments(page, pieces) if not page.text else ()
    for is_main, places in segments:
        for i in places:
            labels[i] = float(is_main)
            weights[i] = max(weights[i], _SEGMENT_WEIGHT)
    weights = weights * _SET_WEIGHTS[page.set_name]
    return Sample(page, read.text, read.blocks, read.nodes, read.rows, labels, weights, segments)


def find_segments(
    page: GoldPage, pieces: Sequence[str]
) -> tuple[tuple[bool, tuple[int, ...]], ...]:
    """For each segment of a page that some piece holds: whether it is main text, and which do."""
    folded = [_fold(piece) for piece in pieces]
    found = []
    for segments, is_main in ((page.present, True), (page.absent, False)):
        for segment in map(_fold, segments):
            places = tuple(i for i, piece in enumerate(folded) if segment in piece)
            if places:
                found.append((is_main, places))
    return tuple(found)


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


def fit(samples: Sequence[Sample]) -> Model:
    """Both ensembles; the second learns from what the first says of sites it did not see.

    The threshold, too, is chosen by what models say of sites that they did not see, within
    ``samples``.
    """
    rows = [sample.rows for sample in samples]
    first = fit_trees(samples, rows, _FIRST_TREES, _FIRST_RATE)
    folds = np.array([site_fold(sample.page, _INNER_FOLDS) for sample in samples])
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
        best = score.max(initial=0)
        kept = score >= (threshold if best >= threshold else best / 2)
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
    children: list[list[int]] = []

    def add(node: dict[str, Any]) -> int:
        here = len(features)
        features.append(node.get("split_feature", -1))
        thresholds.append(node["threshold"] if "threshold" in node else node["leaf_value"])
        children.append([0, 0])
        if "threshold" in node:
            children[here] = [add(node["left_child"]), add(node["right_child"])]
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
        np.array(children, np.int32),
        0.0,
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
