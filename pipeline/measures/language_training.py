"""Learn ``language_profiles.npz``. From the root of the checkout, with the labelled texts::

    python -m pipeline.measures.language_training langid.parquet

``langid.parquet`` has the columns text, lang, source, kind and ambiguous. Provenance of the file
that we ship: the test sentences, word pairs and words of lingua-py (Apache-2.0, from the Leipzig
corpora), Universal Dependencies treebanks under CC BY-SA 4.0, the Universal Declaration of Human
Rights in 150 languages, and the n-gram counts of langdetect 1.0.9 (Apache-2.0, from Wikipedia
abstracts). Treebanks under NonCommercial licences or the GPL are left out.

The model is a softmax regression over the n-grams and words of a text, divided by the root of its
length; it begins at a part of the log-likelihood ratios of a naive Bayes model and is refined by
stochastic gradient descent with one AdaGrad rate per feature (Duchi et al. 2011). zh, ja and ko
are told apart by script and have no features.
"""

import io
import json
import sys
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from numba import njit
from numpy.typing import NDArray

from pipeline.measures.language_features import collect_keys
from pipeline.measures.language_profiles import (
    FILE_NAME,
    LONGEST_NGRAM,
    NO_SYMBOL,
    SPACE_SYMBOL,
    SYMBOL_BITS,
    UNKNOWN_SYMBOL,
    WORD_FLAG,
    LetterKind,
    pack,
)
from pipeline.measures.language_symbols import BUFFER_SIZE, KIND_COUNTS, transcribe_text
from pipeline.text.utf8 import as_utf8

BY_SCRIPT = ("ja", "ko", "zh")
"""Languages without features. yue and lzh are written with the same characters as zh."""
NOT_PERMITTED = ("HDTB", "ISDT", "IMST", "-IU", "GDT", "LFG")
"""Treebanks under NonCommercial licences or the GPL."""
CHUNK = 150
"""Characters of the pieces that documents are cut into."""
MIN_COUNT = {1: 1, 2: 1, 3: 3, 4: 5}
"""Least occurrences of an n-gram by length, and of a word, that is kept."""
MIN_WORD_COUNT = 3
PROFILE_MASS = 50_000
"""What the n-gram shares of langdetect's profiles count for, in characters."""
PRIOR_MASS = 1_000
BAYES_SHARE = 0.4
EPOCHS, RATE = 6, 0.5
KIND_WEIGHTS = {"word": 0.3, "wordpair": 0.6}
IMITATIONS, IMITATION_WEIGHT = 600, 0.5
"""Texts spun from langdetect's trigrams for a language of which we have documents only, and their
weight: a few pages do not hold their own against a neighbour's thousand sentences."""
SEED = 0
_MARK_RANGE = range(0x0300, 0x0370)
_KINDS_BY_NAME = {
    "LATIN": LetterKind.LATIN,
    "CJK": LetterKind.HAN,
    "HIRAGANA": LetterKind.KANA,
    "KATAKANA": LetterKind.KANA,
    "HALFWIDTH KATAKANA": LetterKind.KANA,
    "HANGUL": LetterKind.HANGUL,
    "HALFWIDTH HANGUL": LetterKind.HANGUL,
}
Samples = list[tuple[str, str, float]]


def letter_kind(character: str) -> LetterKind:
    """What a character counts for as evidence of a script.

    >>> [letter_kind(c).name for c in "zж中の가1"]
    ['LATIN', 'OTHER', 'HAN', 'KANA', 'HANGUL', 'NONE']
    """
    if unicodedata.category(character)[0] != "L" or character in "ªº":
        return LetterKind.NONE
    name = unicodedata.name(character, "")
    for prefix, kind in _KINDS_BY_NAME.items():
        if name.startswith(prefix):
            return kind
    return LetterKind.OTHER


def lower(character: str) -> str:
    """The letter that stands for a character in n-grams, a space for what is no letter.

    >>> [lower(c) for c in "Aİß1́"]
    ['a', 'i', 'ß', ' ', '́']
    """
    if unicodedata.category(character)[0] not in "LM":
        return " "
    return character.lower()[0]


def read_samples(path: str) -> Samples:
    """Text, language and weight of every labelled text that may be learned from."""
    samples: Samples = []
    well_known: set[str] = set()
    for row in pq.read_table(path).to_pylist():
        code = row["lang"].split("-")[0]
        if row["ambiguous"] or code in (*BY_SCRIPT, "yue", "lzh"):
            continue
        if row["source"].startswith("UD_") and any(n in row["source"] for n in NOT_PERMITTED):
            continue
        weight = KIND_WEIGHTS.get(row["kind"], 1.0)
        pieces = chunks(row["text"]) if row["kind"] == "document" else [row["text"]]
        samples += [(piece, code, weight) for piece in pieces]
        if row["kind"] != "document":
            well_known.add(code)
    for code, shares in read_shares().items():
        if code not in well_known:
            texts = imitate(shares, IMITATIONS, np.random.default_rng(SEED))
            samples += [(text, code, IMITATION_WEIGHT) for text in texts]
    return samples


def imitate(
    shares: Mapping[str, float], num_texts: int, generator: np.random.Generator
) -> list[str]:
    """Texts of ``CHUNK`` characters in which each follows the two before it as the trigrams say."""
    following: dict[str, tuple[list[str], NDArray[np.float64]]] = {}
    for context in {ngram[:-1] for ngram in shares if len(ngram) == 3} | {" "}:
        found = {n[-1]: s for n, s in shares.items() if n[:-1] == context and len(n) > 1}
        weights = np.array(list(found.values()))
        following[context] = list(found), weights / weights.sum()
    texts = []
    for _ in range(num_texts):
        text = " "
        while len(text) < CHUNK:
            context = text[-2:] if text[-2:] in following and text[-1] != " " else " "
            if context == " " and text[-1] != " ":
                text += " "
            letters, chances = following[context]
            text += letters[generator.choice(len(letters), p=chances)]
        texts.append(text)
    return texts


def chunks(text: str) -> Iterator[str]:
    """A document in pieces of about ``CHUNK`` characters that end at spaces."""
    start = 0
    while start < len(text):
        end = text.find(" ", start + CHUNK)
        end = len(text) if end < 0 or end > start + 2 * CHUNK else end
        if text[start:end].strip():
            yield text[start:end]
        start = end


def build_symbols(samples: Samples) -> tuple[dict[str, int], NDArray[np.uint32]]:
    """Number the letters of the samples, the frequent ones first.

    Returns:
        The number of each letter; for each code point of the BMP, uint32 (65536,), the number of
        its lower-case letter with its ``LetterKind``.
    """
    counts: dict[str, int] = defaultdict(int)
    for text, _, _ in samples:
        for character in unicodedata.normalize("NFC", text):
            if ord(character) < 0x10000:
                counts[lower(character)] += 1
    kept = [c for c in counts if counts[c] >= 2 and c != " " and letter_kind(c) < LetterKind.HAN]
    kept.sort(key=lambda c: (-counts[c], c))
    room = (1 << SYMBOL_BITS) - UNKNOWN_SYMBOL - 1
    symbols = {c: UNKNOWN_SYMBOL + 1 + place for place, c in enumerate(kept[:room])}
    symbols[" "] = SPACE_SYMBOL
    of_code = np.zeros(0x10000, np.uint32)
    for code in range(0x10000):
        character = chr(code)
        symbol = symbols.get(lower(character), UNKNOWN_SYMBOL)
        of_code[code] = symbol | letter_kind(character) << 16
    return symbols, of_code


def build_compositions() -> tuple[NDArray[np.uint32], NDArray[np.uint16]]:
    """Sorted ``letter << 16 | mark`` and the composed character."""
    pairs = {}
    for code in range(0x10000):
        parts = unicodedata.decomposition(chr(code)).split()
        if len(parts) == 2 and int(parts[1], 16) in _MARK_RANGE:
            letter, mark = chr(int(parts[0], 16)), chr(int(parts[1], 16))
            if unicodedata.normalize("NFC", letter + mark) == chr(code):
                pairs[ord(letter) << 16 | ord(mark)] = code
    keys = sorted(pairs)
    return np.array(keys, np.uint32), np.array([pairs[key] for key in keys], np.uint16)


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


def read_shares() -> dict[str, dict[str, float]]:
    """langdetect's profiles: language -> n-gram in lower case -> its share among the n-grams of
    that length. ``no`` is taken for nb."""
    found: dict[str, dict[str, float]] = {}
    for file in sorted(resources.files("langdetect.profiles").iterdir(), key=lambda f: f.name):
        if file.name.startswith("__") or file.name[:2] in BY_SCRIPT:
            continue
        profile = json.loads(file.read_text(encoding="utf-8"))
        share = found.setdefault(profile["name"].replace("no", "nb"), defaultdict(float))
        for ngram, count in profile["freq"].items():
            plain = "".join(lower(c) for c in ngram)
            if 1 <= len(ngram) <= 3 and plain.strip() and " " not in plain[1:-1]:
                share[plain] += count / profile["n_words"][len(ngram) - 1]
    return found


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
    symbols, of_code = build_symbols(samples)
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


def main() -> None:
    """Write the file beside this module."""
    stream = io.BytesIO()
    arrays: dict[str, Any] = learn(read_samples(sys.argv[1]))
    np.savez_compressed(stream, **arrays)
    path = Path(__file__).with_name(FILE_NAME)
    path.write_bytes(stream.getvalue())
    print(f"{path.name}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
