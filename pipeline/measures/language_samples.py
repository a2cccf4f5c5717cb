"""Labelled texts, and langdetect's n-gram counts, that languages are learned from."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from importlib import resources

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from pipeline.measures.language_letters import lower

BY_SCRIPT = ("ja", "ko", "zh")
"""Languages without features. yue and lzh are written with the same characters as zh."""
NOT_PERMITTED = ("HDTB", "ISDT", "IMST", "-IU", "GDT", "LFG")
"""Treebanks under NonCommercial licences or the GPL."""
CHUNK = 150
"""Characters of the pieces that documents are cut into."""
KIND_WEIGHTS = {"word": 0.3, "wordpair": 0.6}
IMITATIONS, IMITATION_WEIGHT = 600, 0.5
"""Texts spun from langdetect's trigrams for a language of which we have documents only, and their
weight: a few pages do not hold their own against a neighbour's thousand sentences."""
SEED = 0
Samples = list[tuple[str, str, float]]


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
