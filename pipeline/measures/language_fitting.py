"""Labelled texts to the arrays of ``language_profiles.npz``.

The model is a softmax regression over the n-grams and words of a text, divided by the root of its
length; it begins at a part of the log-likelihood ratios of a naive Bayes model and is refined by
stochastic gradient descent with one AdaGrad rate per feature (Duchi et al. 2011). zh, ja and ko
are told apart by script and have no features.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pipeline.measures.language_features import collect_keys
from pipeline.measures.language_letters import build_compositions, build_symbols
from pipeline.measures.language_profiles import (
    LONGEST_NGRAM,
    NO_SYMBOL,
    SYMBOL_BITS,
    WORD_FLAG,
    pack,
)
from pipeline.measures.language_samples import BY_SCRIPT, SEED, Samples, read_shares
from pipeline.measures.language_symbols import BUFFER_SIZE, KIND_COUNTS, transcribe_text
from pipeline.text.utf8 import as_utf8

MIN_COUNT = {1: 1, 2: 1, 3: 3, 4: 5}
"""Least occurrences of an n-gram by length, and of a word, that is kept."""
MIN_WORD_COUNT = 3
PROFILE_MASS = 50_000
"""What the n-gram shares of langdetect's profiles count for, in characters."""
PRIOR_MASS = 1_000
BAYES_SHARE = 0.4
EPOCHS, RATE = 6, 0.5


def keys_of(
    samples: Samples, tables: Mapping[str, NDArray[Any]]
) -> tuple[list[NDArray[np.int64]], NDArray[np.int64]]:
    """Keys of the n-grams and words of each sample, and its number of characters."""
    symbols = np.empty(BUFFER_SIZE, np.uint32)
    letters = np.zeros(KIND_COUNTS, np.int64)
    ngrams = np.empty((BUFFER_SIZE + 1, LONGEST_NGRAM), np.int64)
    words = np.empty(BUFFER_SIZE + 1, np.int64)
    found, sizes = [], []
    batch = as_utf8([text for text, _, _ in samples])
    for first, last in zip(batch.offsets[:-1], batch.offsets[1:], strict=True):
        count = transcribe_text(
            batch.bytes,
            first,
            last,
            tables["symbol_of_code"],
            tables["composition_keys"],
            tables["composed"],
            symbols,
            letters,
        )
        keep_latin = bool(2 * letters[1] > 3 * letters[2])
        size = collect_keys(symbols, count, keep_latin, ngrams, words)
        keys = np.concatenate([ngrams[:size].ravel(), words[:size]])
        found.append(keys[keys >= 0])
        sizes.append(size)
    return found, np.array(sizes)


def choose_keys(found: list[NDArray[np.int64]]) -> NDArray[np.int64]:
    """The keys that are frequent enough to be learned from, sorted."""
    keys, counts = np.unique(np.concatenate(found), return_counts=True)
    least = np.full(len(keys), MIN_WORD_COUNT)
    for length in range(1, LONGEST_NGRAM + 1):
        is_ngram = (keys < WORD_FLAG) & (keys >> SYMBOL_BITS * (length - 1) > 0)
        least[is_ngram] = MIN_COUNT[length]
    return keys[counts >= least]


def bayes_weights(
    features: list[NDArray[np.int64]],
    lanes: NDArray[np.int64],
    keys: NDArray[np.int64],
    symbols: Mapping[str, int],
    codes: list[str],
) -> NDArray[np.float32]:
    """Log-likelihood ratio of each feature in each language, (num_features, num_languages)."""
    counts = np.zeros((len(codes), len(keys)), np.float32)
    for lane, own in zip(lanes, features, strict=True):
        np.add.at(counts[lane], own, 1)
    for code, shares in read_shares().items():
        if code in codes:
            for ngram, share in shares.items():
                key = pack(*(symbols.get(c, NO_SYMBOL) for c in ngram))
                at = int(np.searchsorted(keys, key))
                if at < len(keys) and keys[at] == key:
                    counts[codes.index(code), at] += PROFILE_MASS * share
    usual = (counts.sum(0) + 1) / (counts.sum() + len(keys))
    totals = counts.sum(1, keepdims=True) + PRIOR_MASS
    weights: NDArray[np.float32] = np.log((counts + PRIOR_MASS * usual) / totals / usual)
    return np.ascontiguousarray(weights.T.astype(np.float32))


@njit(cache=True, fastmath=True)
def _epoch(
    weights: NDArray[np.float32],
    squares: NDArray[np.float32],
    bias: NDArray[np.float32],
    features: NDArray[np.int64],
    offsets: NDArray[np.int64],
    scales: NDArray[np.float32],
    order: NDArray[np.int64],
    lanes: NDArray[np.int64],
    importance: NDArray[np.float32],
    rate: float,
) -> float:
    num_lanes = weights.shape[1]
    error = np.zeros(num_lanes, np.float32)
    loss = 0.0
    for i in order:
        first, last, scale = offsets[i], offsets[i + 1], scales[i]
        error[:] = 0
        for k in range(first, last):
            row = weights[features[k]]
            for lane in range(num_lanes):
                error[lane] += row[lane]
        highest = np.float32(-1e30)
        for lane in range(num_lanes):
            error[lane] = error[lane] * scale + bias[lane]
            highest = max(highest, error[lane])
        total = np.float32(0)
        for lane in range(num_lanes):
            error[lane] = np.exp(error[lane] - highest)
            total += error[lane]
        for lane in range(num_lanes):
            error[lane] /= total
        loss -= np.log(max(error[lanes[i]], np.float32(1e-12)))
        error[lanes[i]] -= 1
        size = np.float32(0)
        for lane in range(num_lanes):
            error[lane] *= importance[i]
            size += error[lane] * error[lane]
            bias[lane] -= np.float32(0.02) * error[lane]
        size *= scale * scale
        if size < 1e-10:
            continue
        for k in range(first, last):
            squares[features[k]] += size
            pace = np.float32(rate) * scale / np.sqrt(squares[features[k]] + np.float32(1e-6))
            row = weights[features[k]]
            for lane in range(num_lanes):
                row[lane] -= pace * error[lane]
    return loss / len(order)


def learn(samples: Samples) -> dict[str, NDArray[Any]]:
    """Everything that goes into the file, by name; ``language_profiles`` is the reader."""
    symbols, of_code = build_symbols(text for text, _, _ in samples)
    composition_keys, composed = build_compositions()
    tables: dict[str, NDArray[Any]] = {
        "symbol_of_code": of_code,
        "composition_keys": composition_keys,
        "composed": composed,
    }
    found, sizes = keys_of(samples, tables)
    keys = choose_keys(found)
    features = []
    for own in found:
        at = np.minimum(np.searchsorted(keys, own), len(keys) - 1)
        features.append(at[keys[at] == own])
    codes = sorted({code for _, code, _ in samples})
    lanes = np.array([codes.index(code) for _, code, _ in samples])
    weights = BAYES_SHARE * bayes_weights(features, lanes, keys, symbols, codes)
    bias = np.zeros(len(codes), np.float32)
    squares = np.zeros(len(keys), np.float32)
    offsets = np.concatenate([[0], np.cumsum([len(own) for own in features])])
    scales = (1 / np.sqrt(np.maximum(sizes, 1))).astype(np.float32)
    importance = np.array([weight for _, _, weight in samples], np.float32)
    generator = np.random.default_rng(SEED)
    usable = np.flatnonzero(np.diff(offsets) > 0)
    for epoch in range(EPOCHS):
        loss = _epoch(
            weights,
            squares,
            bias,
            np.concatenate(features),
            offsets,
            scales,
            generator.permutation(usable),
            lanes,
            importance,
            RATE * (1 - epoch / EPOCHS),
        )
        print(f"epoch {epoch + 1}/{EPOCHS}: loss {loss:.4f}, {len(keys):,} features", flush=True)
    folded = fold(keys, weights)
    step = np.quantile(np.abs(folded), 0.9999) / 127
    rows = np.clip(np.round(folded / step), -127, 127).astype(np.int8)
    return tables | {
        "codes": np.array([*codes, *BY_SCRIPT]),
        # Differences of sorted keys compress to a third of the keys, and lanes by themselves.
        "key_steps": np.diff(keys, prepend=0),
        "rows": np.vstack([rows.T, np.zeros((len(BY_SCRIPT), len(keys)), np.int8)]),
        "bias": np.concatenate([bias, np.full(len(BY_SCRIPT), -1e9, np.float32)]),
        "step": np.array(step),
    }


def fold(keys: NDArray[np.int64], weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Weights of each n-gram and of the shorter ones that it ends with, together."""
    folded = weights.copy()
    is_ngram = keys < WORD_FLAG
    for length in range(2, LONGEST_NGRAM + 1):
        longer = np.flatnonzero(
            is_ngram
            & (keys >> SYMBOL_BITS * (length - 1) > 0)
            & (keys >> SYMBOL_BITS * length == 0)
        )
        suffixes = keys[longer] & ((1 << SYMBOL_BITS * (length - 1)) - 1)
        at = np.minimum(np.searchsorted(keys, suffixes), len(keys) - 1)
        known = keys[at] == suffixes
        folded[longer[known]] += folded[at[known]]
    return folded
