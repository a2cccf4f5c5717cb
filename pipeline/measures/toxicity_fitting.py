"""The fit of the toxicity model: a logistic regression over hashed n-grams, by AdaGrad.

Stochastic steps (Duchi, Hazan, Singer 2011) in a fixed order of a fixed seed: one core needs
seconds, and the same samples give the same weights.
"""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pipeline.measures.toxicity import SHRINKAGE
from pipeline.measures.toxicity_features import (
    BLOCK_FEATURES,
    BUCKET_BITS,
    LONGEST_WORD,
    folding,
    read_block,
)
from pipeline.measures.toxicity_samples import Sample
from pipeline.text.utf8 import as_utf8
from pipeline.text.words import CHARACTERS

MIN_TEXTS = 3
"""A feature of fewer training texts is not learned: it is noise, and what collides with it later
would inherit the noise."""
EPOCHS = 5
RATE = 1.0
_BIAS_RATE = 0.01
_FIRST_SQUARES = 1e-3
"""What the sum of squared gradients of a weight begins at: small, so that rare features are learned
at once; without that, sets that were not learned from are ranked worse."""


@dataclass(frozen=True, slots=True)
class Table:
    """Features of texts: text i has those from ``offsets[i]`` to ``offsets[i + 1]``.

    Attributes:
        buckets: int32 (num_features,).
        values: float32 (num_features,), signed, as the scoring kernel weighs them.
        offsets: int64 (num_texts + 1,).
    """

    buckets: NDArray[np.int32]
    values: NDArray[np.float32]
    offsets: NDArray[np.int64]


@njit(cache=True, nogil=True)
def _read_features(
    data: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    table: NDArray[np.uint8],
    fold: NDArray[np.uint16],
) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    codes = np.empty(LONGEST_WORD + 2, np.uint32)
    block = np.empty(BLOCK_FEATURES, np.uint32)
    # A byte has two features at most, save that a word of one letter has five of its own.
    features = np.empty(6 * len(data) + BLOCK_FEATURES, np.uint32)
    ends = np.zeros(len(offsets), np.int64)
    total = 0
    for i in range(len(offsets) - 1):
        at = offsets[i]
        while at < offsets[i + 1]:
            at, count = read_block(data, at, offsets[i + 1], table, fold, codes, block)
            features[total : total + count] = block[:count]
            total += count
        ends[i + 1] = total
    return features[:total], ends


def feature_table(texts: Sequence[str]) -> Table:
    """What the scoring kernel sums up, a whole text as one window, without the features of fewer
    than ``MIN_TEXTS`` texts."""
    batch = as_utf8(texts)
    features, ends = _read_features(batch.bytes, batch.offsets, CHARACTERS, folding())
    rows = np.repeat(np.arange(len(texts)), np.diff(ends))
    pairs = np.unique(features.astype(np.uint64) << np.uint64(32) | rows.astype(np.uint64))
    names, num_texts = np.unique(pairs >> np.uint64(32), return_counts=True)
    common = names[num_texts >= MIN_TEXTS].astype(np.uint32)
    found = np.minimum(np.searchsorted(common, features), len(common) - 1)
    kept = common[found] == features
    sizes = np.diff(ends)[rows[kept]]
    values = np.where(features[kept] & 1, 1.0, -1.0) / np.sqrt(sizes + SHRINKAGE)
    buckets = (features[kept] >> np.uint32(32 - BUCKET_BITS)).astype(np.int32)
    offsets = np.concatenate([[0], np.cumsum(np.bincount(rows[kept], minlength=len(texts)))])
    return Table(buckets, values.astype(np.float32), offsets)


@njit(
    "float64(int32[::1], float32[::1], int64[::1], float64[::1], float64[::1], int64[::1],"
    " float64[::1], float64[::1], float64)",
    cache=True,
    nogil=True,
)
def _epoch(
    buckets: NDArray[np.int32],
    values: NDArray[np.float32],
    offsets: NDArray[np.int64],
    labels: NDArray[np.float64],
    weights: NDArray[np.float64],
    order: NDArray[np.int64],
    learned: NDArray[np.float64],
    squares: NDArray[np.float64],
    bias: float,
) -> float:
    """Take a step for each text in ``order``; changes ``learned`` and ``squares``, returns the
    bias."""
    for i in order:
        first, last = offsets[i], offsets[i + 1]
        logit = bias
        for j in range(first, last):
            logit += learned[buckets[j]] * values[j]
        error = (1.0 / (1.0 + np.exp(-logit)) - labels[i]) * weights[i]
        bias -= _BIAS_RATE * error
        for j in range(first, last):
            gradient = error * values[j]
            squares[buckets[j]] += gradient * gradient
            learned[buckets[j]] -= RATE * gradient / np.sqrt(squares[buckets[j]])
    return bias


def fit(samples: Sequence[Sample]) -> tuple[NDArray[np.float64], float]:
    """Weights (2**BUCKET_BITS,) and bias of a logistic regression."""
    table = feature_table([sample.text for sample in samples])
    labels = np.array([float(sample.label) for sample in samples])
    weights = np.array([sample.weight for sample in samples])
    learned = np.zeros(1 << BUCKET_BITS)
    squares = np.full(1 << BUCKET_BITS, _FIRST_SQUARES)
    bias = 0.0
    random = np.random.default_rng(0)
    for _ in range(EPOCHS):
        order = random.permutation(len(samples))
        bias = _epoch(
            table.buckets,
            table.values,
            table.offsets,
            labels,
            weights,
            order,
            learned,
            squares,
            bias,
        )
    return learned, bias


CALIBRATION_SHIFT, CALIBRATION_SCALE = 1.0, 2.5
"""The logit of the fit is too sure of itself: ``(logit - shift) / scale`` puts 0.5 where at most
one in a hundred passages of ordinary prose lies above, and tells 0.9 from 0.6 on unseen sets."""


def pack_weights(
    weights: NDArray[np.float64], bias: float, thresholds: Mapping[str, float]
) -> bytes:
    """The content of the file: int8 buckets with a common step, and a threshold for each
    language."""
    # The few largest weights are clipped: a finer step serves the rest better.
    weights = weights / CALIBRATION_SCALE
    bias = (bias - CALIBRATION_SHIFT) / CALIBRATION_SCALE
    step = float(np.quantile(np.abs(weights[weights != 0]), 0.9995)) / 127
    buckets = np.clip(np.round(weights / step), -127, 127).astype(np.int8)
    stream = io.BytesIO()
    np.savez_compressed(
        stream,
        buckets=buckets,
        step=np.float64(step),
        bias=np.float64(bias),
        languages=np.array(sorted(thresholds)),
        thresholds=np.array([thresholds[language] for language in sorted(thresholds)]),
    )
    return stream.getvalue()
