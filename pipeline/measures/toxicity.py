"""How toxic a text is: insults, slurs, threats, hate, by the worst of its passages.

A linear model over hashed n-grams (:mod:`pipeline.measures.toxicity_features`), trained by
:mod:`pipeline.measures.toxicity_training`, which names its sources and their licences; how good it
is, and for whom, says ``toxicity_model.md``. A text is read in overlapping windows of two blocks,
about 200 letters or 66 Chinese characters, and a window counts for no less than its second block
does alone; ``explain`` tells what each of them scores.
"""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
import pyarrow as pa
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
USUAL_THRESHOLD = 0.8
SHRINKAGE = 16.0
"""Features added to the count of a window, so that one short word is not a certainty."""


@dataclass(frozen=True, slots=True)
class Weights:
    """The linear model.

    Attributes:
        buckets: int8 (2**BUCKET_BITS,), weight of each bucket in units of ``step``.
        thresholds: score above which a text in a language is toxic; see ``threshold_of``.
        step, bias: logit of a window = ``bias + step * sum / sqrt(num_features + SHRINKAGE)``.
    """

    buckets: NDArray[np.int8]
    step: float
    bias: float
    thresholds: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Span:
    """One window of a text: characters ``[start, end)`` of the ``str``, and its score."""

    start: int
    end: int
    score: float


@cache
def load_weights() -> Weights:
    """Read the packaged file; later calls return the same object."""
    return read_weights(resources.files(__package__).joinpath(FILE_NAME).read_bytes())


def read_weights(content: bytes) -> Weights:
    """The model that ``toxicity_fitting.pack_weights`` has packed."""
    with np.load(io.BytesIO(content), allow_pickle=False) as file:
        thresholds = zip(file["languages"].tolist(), file["thresholds"].tolist(), strict=True)
        return Weights(file["buckets"], float(file["step"]), float(file["bias"]), dict(thresholds))


def threshold_of(languages: pa.Array) -> NDArray[np.float64]:
    """Score above which texts in these languages are toxic, float64 (num_texts,): the language's
    own, or ``USUAL_THRESHOLD`` where too few clean texts were at hand to choose one."""
    thresholds = load_weights().thresholds
    names = languages.dictionary_encode()
    of_name = [thresholds.get(name, USUAL_THRESHOLD) for name in names.dictionary.to_pylist()]
    table = np.array([*of_name, USUAL_THRESHOLD])
    found: NDArray[np.float64] = table[np.asarray(names.indices.fill_null(len(of_name)))]
    return found


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
            windows[num_windows - 1] = bias + step * max(
                (total + sum_before) / np.sqrt(count + count_before + SHRINKAGE),
                total / np.sqrt(count + SHRINKAGE),
            )
            sum_before, count_before = total, count
        if num_windows == 0:
            logits[i] = -np.inf
            continue
        witnesses = 1 + num_windows // WINDOWS_PER_WITNESS
        logits[i] = np.sort(windows[:num_windows])[num_windows - witnesses :].mean()
    return logits


@njit(
    "Tuple((int64[:, ::1], float64[::1]))"
    "(uint8[::1], uint8[::1], uint16[::1], int8[::1], float64, float64)",
    cache=True,
    nogil=True,
)
def _windows(
    data: NDArray[np.uint8],
    table: NDArray[np.uint8],
    fold: NDArray[np.uint16],
    buckets: NDArray[np.int8],
    step: float,
    bias: float,
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The windows of one text, as ``_logits`` reads them: bytes (num_windows, 2), and logits."""
    bounds = np.empty((len(data) // BLOCK_LETTERS + 2, 2), np.int64)
    logits = np.empty(len(bounds), np.float64)
    codes = np.empty(LONGEST_WORD + 2, np.uint32)
    features = np.empty(BLOCK_FEATURES, np.uint32)
    at, start_before = 0, 0
    sum_before, count_before = np.int64(0), 0
    num_blocks, num_windows = 0, 0
    while at < len(data):
        start = at
        at, count = read_block(data, at, len(data), table, fold, codes, features)
        if count == 0:
            break
        total = _sum_weights(features, count, buckets)
        num_blocks += 1
        if num_blocks != 2:
            num_windows += 1
        bounds[num_windows - 1, 0] = start_before if num_blocks > 1 else start
        bounds[num_windows - 1, 1] = at
        logits[num_windows - 1] = bias + step * max(
            (total + sum_before) / np.sqrt(count + count_before + SHRINKAGE),
            total / np.sqrt(count + SHRINKAGE),
        )
        sum_before, count_before, start_before = total, count, start
    return bounds[:num_windows], logits[:num_windows]


def explain(text: str) -> list[Span]:
    """The windows that ``score`` looks at, the worst first; they overlap by half.

    >>> text = "A calm day. " * 30 + "You stupid worthless idiot, fuck off!"
    >>> "idiot" in text[explain(text)[0].start : explain(text)[0].end]
    True
    """
    batch = as_utf8([text])
    weights = load_weights()
    bounds, logits = _windows(
        batch.bytes, CHARACTERS, folding(), weights.buckets, weights.step, weights.bias
    )
    # Characters before each byte: those whose first byte stands before it.
    is_first = (batch.bytes & 0xC0) != 0x80
    characters = np.concatenate([[0], np.cumsum(is_first)])[bounds]
    scores = 1.0 / (1.0 + np.exp(-logits))
    return [
        Span(int(characters[k, 0]), int(characters[k, 1]), float(scores[k]))
        for k in np.argsort(-scores, kind="stable")
    ]


def score(texts: Texts) -> NDArray[np.float32]:
    """Toxicity of each text, float32 (num_texts,), in [0, 1].

    A text without a letter or digit scores 0; so does a null. What is too much: ``threshold_of``.

    >>> bool(score(["The weather is lovely and the children play."])[0] < 0.5)
    True
    """
    return score_with(load_weights(), texts)


def score_with(weights: Weights, texts: Texts) -> NDArray[np.float32]:
    """``score`` by another model."""
    batch = as_utf8(texts)
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
