"""Which blocks are main text: two small ensembles of boosted trees, the second seeing the first.

``html_model.npz`` was learned by ``html_training.py``, whose docstring states from what.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pipeline.extract.html_columns import BOXES, CHARS
from pipeline.extract.html_context import add_context
from pipeline.extract.html_tags import HIDDEN_BIT, HINTS
from pipeline.extract.html_wholes import keep_attached, keep_series, keep_wholes

MODEL_FILE = Path(__file__).with_name("html_model.npz")
CANDIDATE = 0.02
"""Blocks that the first ensemble scores lower are not shown to the second."""
_AT_ONCE = 16
_ASIDE = 1 << HIDDEN_BIT | 1 << next(
    bit for bit, words in enumerate(HINTS) if words.startswith("cookie ")
)
_VISIBLE = 0.2
"""Share of the chosen text from which on what can be seen is taken for all of it: pages hide up to
three copies of it, for machines and for printing."""


@dataclass(frozen=True, slots=True)
class Trees:
    """Boosted trees laid end to end; a leaf has feature -1.

    Attributes:
        roots: int32 (num_trees,), first node of each tree.
        features: int16 (num_nodes,).
        thresholds: float32 (num_nodes,): at most goes left. A leaf holds its value here.
        right: int32 (num_nodes,): the node on the right; on the left is the next one.
    """

    roots: NDArray[np.int32]
    features: NDArray[np.int16]
    thresholds: NDArray[np.float32]
    right: NDArray[np.int32]

    def predict(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Probability of main text for each row, float32 (num_rows,)."""
        return _predict(rows, self.roots, self.features, self.thresholds, self.right)


@dataclass(frozen=True, slots=True)
class Model:
    """Both ensembles and the score from which on a block is kept."""

    first: Trees
    second: Trees
    threshold: float

    def score(
        self, rows: NDArray[np.float32], blocks: NDArray[np.int64], nodes: NDArray[np.int64]
    ) -> NDArray[np.float32]:
        """Probability of main text for each block of a page, float32 (num_blocks,)."""
        scores = self.first.predict(rows)
        likely = np.flatnonzero(scores >= min(CANDIDATE, scores.max(initial=0) / 2))
        contexts = add_context(rows, scores, blocks, nodes)[likely]
        scores[:] = 0
        scores[likely] = self.second.predict(contexts)
        return scores

    def choose(
        self, rows: NDArray[np.float32], blocks: NDArray[np.int64], nodes: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        """Places of the blocks that are main text, ascending.

        Hidden text and dialogs count only where they are most of the text: scripts show such
        pages, while beside a visible text they are a second copy or a request for consent. Lists,
        tables of data and series of like parts stay whole. On a page where no block is sure, those
        are kept that come near the best: what is a poor text is for the measures of quality to
        say, which leave a trace.
        """
        scores = self.score(rows, blocks, nodes)
        reached = reach(scores, self.threshold)
        asked = _asked(scores, self.threshold)
        keep_wholes(reached, scores, asked, blocks, nodes)
        keep_attached(reached, scores, asked, blocks, nodes)
        keep_series(reached, scores, asked, blocks, nodes)
        kept = np.flatnonzero(reached)
        hidden = blocks[kept, BOXES] & _ASIDE != 0
        sizes = blocks[kept, CHARS]
        if sizes[~hidden].sum() > _VISIBLE * sizes.sum():
            kept = np.compress(~hidden, kept)
        return kept


def reach(scores: NDArray[np.float32], threshold: float) -> NDArray[np.bool_]:
    """Which scores of a page reach a threshold; where none does, those half as high as the best."""
    return scores >= _asked(scores, threshold)


def _asked(scores: NDArray[np.float32], threshold: float) -> float:
    best = float(scores.max(initial=0))
    return threshold if best >= threshold else best / 2


@lru_cache(maxsize=1)
def load_model(path: Path = MODEL_FILE) -> Model:
    """The weights in a file; by default the model that comes with the code."""
    with np.load(path) as arrays:
        trees = [
            Trees(
                arrays[f"{name}_roots"],
                arrays[f"{name}_features"],
                arrays[f"{name}_thresholds"].astype(np.float32),
                arrays[f"{name}_right"].astype(np.int32),
            )
            for name in ("first", "second")
        ]
        return Model(trees[0], trees[1], float(arrays["threshold"]))


def save_model(model: Model, path: Path) -> None:
    """Write the weights; ``load_model`` reads them."""
    arrays: dict[str, Any] = {"threshold": np.float32(model.threshold)}
    for name, trees in (("first", model.first), ("second", model.second)):
        arrays[f"{name}_roots"] = trees.roots
        arrays[f"{name}_features"] = trees.features
        arrays[f"{name}_thresholds"] = trees.thresholds
        arrays[f"{name}_right"] = trees.right.astype(np.uint16)
    np.savez_compressed(path, **arrays)


@njit(nogil=True, cache=True, fastmath=True)
def _predict(
    rows: NDArray[np.float32],
    roots: NDArray[np.int32],
    features: NDArray[np.int16],
    thresholds: NDArray[np.float32],
    right: NDArray[np.int32],
) -> NDArray[np.float32]:
    sums = np.zeros(len(rows), np.float32)
    # A few rows at a time, so that they and the tree stay in the nearest cache.
    for begin in range(0, len(rows), _AT_ONCE):
        end = min(begin + _AT_ONCE, len(rows))
        for root in roots:
            for i in range(begin, end):
                node = root
                feature = features[node]
                while feature >= 0:
                    node = right[node] if rows[i, feature] > thresholds[node] else node + 1
                    feature = features[node]
                sums[i] += thresholds[node]
    return (1 / (1 + np.exp(-sums))).astype(np.float32)
