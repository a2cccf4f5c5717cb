"""How toxic a text is: insults, slurs, threats, hate, by the worst of its passages.

A linear model over hashed n-grams (:mod:`pipeline.measures.toxicity_features`), trained by
:mod:`pipeline.measures.toxicity_training`, which names its sources and their licences. A text is
read in overlapping windows of two blocks, about 200 letters or 66 Chinese characters.
"""

import io
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pipeline.measures.toxicity_features import (
    BLOCK_FEATURES,
    BLOCK_LETTERS,
    LONGEST_WORD,
    folding,
    read_block,
)
from pipeline.text.utf8 import Texts, as_utf8
from pipeline.text.words import CHARACTERS

FILE_NAME = "toxicity_weights.npz"
WINDOWS_PER_WITNESS = 32
"""The score of a long text is the mean of its worst windows, one for each 32 and one more: a
single passage convicts a page, and chance alone does not convict a book."""
SHRINKAGE = 32.0
"""Features added to the count of a window, so that one short word is not a certainty."""


@dataclass(frozen=True, slots=True)
class Weights:
    """The linear model.

    Attributes:
        buckets: int8 (2**BUCKET_BITS,), weight of each bucket in units of ``step``.
        step, bias: logit of a window = ``bias + step * sum / sqrt(num_features + SHRINKAGE)``.
    """

    buckets: NDArray[np.int8]
    step: float
    bias: float


@cache
def load_weights() -> Weights:
    """Read the packaged file; later calls return the same object."""
    content = resources.files(__package__).joinpath(FILE_NAME).read_bytes()
    with np.load(io.BytesIO(content), allow_pickle=False) as file:
        return Weights(file["buckets"], float(file["step"]), float(file["bias"]))


@njit("int64(uint32[::1], int64, int8[::1])", cache=True, nogil=True)
def _sum_weights(features: NDArray[np.uint32], count: int, buckets: NDArray[np.int8]) -> np.int64:
    total = np.int64(0)
    shift = np.uint32(32)
    while len(buckets) >> np.int64(np.uint32(32) - shift) > 1:
        shift -= np.uint32(1)
    for k in range(count):
        weight = np.int64(buckets[features[k] >> shift])
        total += weight if features[k] & np.uint32(1) else -weight
    return total


@njit(
    "float64[::1](uint8[::1], int64[::1], uint8[::1], uint16[::1], int8[::1], float64, float64)",
    cache=True,
    nogil=True,
)
def _logits(
    data: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    table: NDArray[np.uint8],
    fold: NDArray[np.uint16],
    buckets: NDArray[np.int8],
    step: float,
    bias: float,
) -> NDArray[np.float64]:
    num_texts = len(offsets) - 1
    longest = np.int64(0)
    for i in range(num_texts):
        longest = max(longest, offsets[i + 1] - offsets[i])
    windows = np.empty(longest // BLOCK_LETTERS + 2, np.float64)
    codes = np.empty(LONGEST_WORD + 2, np.uint32)
    features = np.empty(BLOCK_FEATURES, np.uint32)
    logits = np.empty(num_texts, np.float64)
    for i in range(num_texts):
        at = offsets[i]
        last = offsets[i + 1]
        num_windows = 0
        sum_before, count_before = np.int64(0), 0
        num_blocks = 0
        while at < last:
            at, count = read_block(data, at, last, table, fold, codes, features)
            if count == 0:
                break
            total = _sum_weights(features, count, buckets)
            num_blocks += 1
            if num_blocks != 2:
                num_windows += 1  # the second block completes the first window
            windows[num_windows - 1] = bias + step * (total + sum_before) / np.sqrt(
                count + count_before + SHRINKAGE
            )
            sum_before, count_before = total, count
        if num_windows == 0:
            logits[i] = -np.inf
            continue
        witnesses = 1 + num_windows // WINDOWS_PER_WITNESS
        logits[i] = np.sort(windows[:num_windows])[num_windows - witnesses :].mean()
    return logits


def score(texts: Texts) -> NDArray[np.float32]:
    """Toxicity of each text, float32 (num_texts,), in [0, 1]; 0.5 is the model's own threshold.

    A text without a letter or digit scores 0; so does a null.

    >>> bool(score(["The weather is lovely and the children play."])[0] < 0.5)
    True
    """
    batch = as_utf8(texts)
    weights = load_weights()
    logits = _logits(
        batch.bytes,
        batch.offsets,
        CHARACTERS,
        folding(),
        weights.buckets,
        weights.step,
        weights.bias,
    )
    return (1.0 / (1.0 + np.exp(-logits))).astype(np.float32)
