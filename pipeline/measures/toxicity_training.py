"""Fit ``toxicity_weights.npz``; scikit-learn (a development dependency) is needed here only.

Run it from the root of the checkout, with a folder that holds ``toxicity/``,
``langid/``, ``books/`` and ``social/``::

    python -m pipeline.measures.toxicity_training DATA_FOLDER

Provenance. Labelled sets whose licence lets learned weights be passed on: COLDataset (Deng et al.
2022, Apache-2.0), GermEval 2018 (Wiegand et al., CC BY 4.0), HateCheck (Roettger et al. 2021,
CC BY 4.0) and Multilingual HateCheck (Roettger et al. 2022, CC BY 4.0), Hate Speech and Offensive
Language (Davidson et al. 2017, MIT), japanese-toxic-dataset (Inspection AI, Apache-2.0), Korean
HateSpeech (Moon et al. 2020, CC BY-SA 4.0). Word list: LDNOOBW (CC BY 4.0). Clean sentences: the
lingua test data (Apache-2.0; sentences of the Leipzig Corpora Collection, CC BY) and Universal
Dependencies treebanks under CC BY-SA 4.0; those under NonCommercial terms or the GPL are left out.
Longer texts: ten novels of Project Gutenberg (public domain), coffee.stackexchange.com (CC BY-SA)
and the documentation of Python (PSF licence).
``toxicity_phrases.json`` was written for this project. The weights hold hashed buckets, no text.

Kept out of training, for evaluation: OLID, tweeteval-hate, HateBR, ToxiCN, and every fifth text of
the other sets when ``--holdout`` is given.
"""

import argparse
import hashlib
import html
import io
import json
import pydoc
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from numba import njit
from numpy.typing import NDArray

from pipeline.measures.toxicity import FILE_NAME, SHRINKAGE
from pipeline.measures.toxicity_features import (
    BLOCK_FEATURES,
    BUCKET_BITS,
    LONGEST_WORD,
    folding,
    read_block,
)
from pipeline.text.utf8 import as_utf8
from pipeline.text.words import CHARACTERS

TRAINING_SOURCES = (
    "COLDataset",
    "GermEval2018",
    "HateCheck",
    "MultilingualHateCheck",
    "davidson2017",
    "japanese-toxic",
    "korean-hate-speech",
)
_CLOSED_TREEBANKS = ("Hindi", "Italian", "Polish", "Turkish", "Ukrainian", "Hebrew", "Greek")
_LEXICON_CODES = {"fil": "tl", "fr-CA-u-sd-caqc": "fr", "no": "nb"}
# Terms of the word list that name parts of the body, acts or orientations, and by themselves
# insult nobody.
_NEUTRAL_TERMS = {
    "anal",
    "anus",
    "bisexual",
    "bondage",
    "breasts",
    "busty",
    "butt",
    "clitoris",
    "coitus",
    "cum",
    "dominatrix",
    "domination",
    "erotic",
    "erotism",
    "escort",
    "fetish",
    "genitals",
    "goatse",
    "gay",
    "homoerotic",
    "hardcore",
    "honkey",
    "intercourse",
    "incest",
    "kinky",
    "lolita",
    "lovemaking",
    "masturbate",
    "masturbating",
    "masturbation",
    "nipple",
    "nipples",
    "nude",
    "nudity",
    "nympho",
    "orgasm",
    "orgy",
    "panties",
    "panty",
    "penis",
    "playboy",
    "pubes",
    "queef",
    "queer",
    "rape",
    "raping",
    "rapist",
    "rectum",
    "semen",
    "sex",
    "sexcam",
    "sexual",
    "sexually",
    "sexuality",
    "sexy",
    "strip",
    "strapon",
    "suck",
    "sucks",
    "swastika",
    "testicle",
    "threesome",
    "throating",
    "topless",
    "transexual",
    "transsexual",
    "undressing",
    "vagina",
    "vibrator",
    "voyeur",
    "vulva",
    "xx",
    "xxx",
    "性",
    "性爱",
    "性交",
    "乳房",
    "阴道",
    "阴茎",
    "肛门",
    "裸体",
    "色情",
    "同性恋",
    "同志",
    "sexo",
    "sexe",
    "ano",
    "pene",
    "vagin",
    "seins",
    "nackt",
    "blanc",
    "noir",
    "negro",
}
_MODULES = (
    "collections",
    "datetime",
    "decimal",
    "difflib",
    "html",
    "inspect",
    "multiprocessing",
    "pathlib",
    "random",
    "socket",
    "statistics",
    "threading",
    "typing",
    "unittest",
    "zipfile",
)
_NOVELS = (
    ("pg11.txt", "utf-8"),
    ("pg46.txt", "utf-8"),
    ("pg2641.txt", "utf-8"),
    ("44157-0.txt", "utf-8"),
    ("22367-8.txt", "latin-1"),
    ("15725-8.txt", "latin-1"),
    ("24675-8.txt", "latin-1"),
    ("24225-0.txt", "utf-8"),
    ("24185-0.txt", "utf-8"),
    ("24051-0.txt", "utf-8"),
)
LONG_SOURCE = 6000
"""A set in one language weighs as many texts as it has, at most this many."""
CLEAN_WEIGHT = 0.6
PASSAGES_PER_TEXT = 1500
MIN_TEXTS = 3
"""A feature of fewer training texts is not learned: it is noise, and what collides with it later
would inherit the noise."""
STRENGTH = 200.0
"""Inverse of the L2 penalty: sets that training never saw are ranked better the weaker it is."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One training text with its label (1 toxic) and its weight."""

    text: str
    label: int
    weight: float
    group: str


def fifth(text: str) -> int:
    """0 to 4, from the text alone: the part of a set that it belongs to."""
    return int(hashlib.sha1(text.encode()).hexdigest()[:8], 16) % 5


def labelled_samples(table: dict[str, list[Any]]) -> list[Sample]:
    """Texts of the labelled sets. In each set and language toxic and clean weigh the same, so
    that what is learned is the difference and not what the platform looks like."""
    groups: dict[tuple[str, int], list[str]] = {}
    for text, label, lang, source in zip(
        table["text"], table["label"], table["lang"], table["source"], strict=True
    ):
        groups.setdefault((f"{source}/{lang}", label), []).append(text)
    sizes = {name: 0 for name, _ in groups}
    for (name, _), texts in groups.items():
        sizes[name] += len(texts)
    return [
        Sample(text, label, min(sizes[name], LONG_SOURCE) / 2 / len(texts), name)
        for (name, label), texts in groups.items()
        for text in texts
    ]


def clean_sentences(table: dict[str, list[Any]]) -> dict[str, list[str]]:
    """Language -> sentences that may be used, in the order of the file."""
    sentences: dict[str, list[str]] = {}
    for text, lang, source, kind in zip(
        table["text"], table["lang"], table["source"], table["kind"], strict=True
    ):
        if kind == "sentence" and not any(f"UD_{name}-" in source for name in _CLOSED_TREEBANKS):
            sentences.setdefault(lang, []).append(text)
    return sentences


def lexicon_terms(path: Path) -> dict[str, list[str]]:
    """Language -> terms of the LDNOOBW list, less the neutral ones."""
    terms: dict[str, list[str]] = {}
    for line in path.read_text(encoding="utf-8").splitlines()[1:]:
        lang, term = line.split("\t")
        if term.lower() not in _NEUTRAL_TERMS:
            terms.setdefault(_LEXICON_CODES.get(lang, lang), []).append(term)
    return terms


def phrase_samples(
    phrases: dict[str, dict[str, list[str]]],
    terms: dict[str, list[str]],
    sentences: dict[str, list[str]],
) -> list[Sample]:
    """Insults, threats and harmless sentences, by themselves and inside clean sentences.

    The clean sentences are samples as well, so the model can only learn the phrase.
    """
    samples: list[Sample] = []
    random = np.random.default_rng(0)
    languages = sorted({*phrases["insults"], *phrases["threats"], *phrases["neutral"], *terms})
    for lang in languages:
        carriers = sorted(t for t in sentences.get(lang, []) if 8 <= len(t) <= 120) or [""]
        attacks = phrases["attacks"].get(lang, phrases["attacks"][""])
        toxic = [(threat, 3.0) for threat in phrases["threats"].get(lang, [])]
        toxic += [
            (a.replace("{}", i), 0.4) for i in phrases["insults"].get(lang, []) for a in attacks
        ]
        toxic += [(term, 1.0) for term in terms.get(lang, [])]
        harmless = [(text, 5.0) for text in phrases["harmless"].get(lang, [])]
        for who, what in (("people", "neutral"), ("groups", "respect")):
            harmless += [
                (template.replace("{}", people), 3.0)
                for people in phrases[who].get(lang, [])
                for template in phrases[what].get(lang, [])
            ]
        for label, texts in ((1, toxic), (0, harmless)):
            for text, weight in texts:
                samples.append(Sample(text, label, weight, f"phrases/{lang}"))
                for k in random.integers(len(carriers), size=3):
                    joined = (
                        f"{text} {carriers[k]}"
                        if random.random() < 0.5
                        else f"{carriers[k]} {text}"
                    )
                    samples.append(Sample(joined, label, weight / 3, f"carried/{lang}"))
    return samples


def cut(text: str) -> list[str]:
    """Passages of about one window."""
    text = " ".join(text.split())
    size = 70 if "，" in text else 230
    return [text[start : start + size] for start in range(0, len(text), size)]


def clean_passages(folder: Path) -> list[str]:
    """Passages of novels, of answers about coffee and of Python's own documentation."""
    passages = []
    for name, encoding in _NOVELS:
        text = (folder / "books" / "txt" / name).read_bytes().decode(encoding)
        passages += cut(text)[:PASSAGES_PER_TEXT]
    posts = (folder / "social" / "stackexchange" / "coffee.Posts.xml").read_text("utf-8-sig")
    for body in re.findall(r' Body="([^"]*)"', posts):
        passages += cut(re.sub(r"<[^>]*>", " ", html.unescape(body)))
    for module in _MODULES:
        passages += cut(pydoc.plain(pydoc.render_doc(module)))[:PASSAGES_PER_TEXT]
    return passages


def read_samples(folder: Path) -> list[Sample]:
    """All samples of the labelled sets, phrases, clean sentences and novels."""
    sentences = clean_sentences(pq.read_table(folder / "langid" / "langid.parquet").to_pydict())
    with Path(__file__).with_name("toxicity_phrases.json").open(encoding="utf-8") as file:
        phrases = json.load(file)
    labelled = pq.read_table(
        folder / "toxicity" / "toxicity.parquet",
        filters=[("source", "in", TRAINING_SOURCES)],
    )
    clean = [(f"clean/{lang}", text) for lang in sentences for text in sentences[lang]]
    clean += [("passage", text) for text in clean_passages(folder)]
    return [
        *labelled_samples(labelled.to_pydict()),
        *phrase_samples(phrases, lexicon_terms(folder / "toxicity" / "ldnoobw.tsv"), sentences),
        *(Sample(text, 0, CLEAN_WEIGHT, group) for group, text in clean),
    ]


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


def feature_matrix(texts: Sequence[str]) -> Any:
    """Sparse float64 (num_texts, 2**BUCKET_BITS): what the scoring kernel sums up, a whole text
    as one window, without the features of fewer than ``MIN_TEXTS`` texts."""
    from scipy.sparse import csr_matrix

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
    starts = np.concatenate([[0], np.cumsum(np.bincount(rows[kept], minlength=len(texts)))])
    return csr_matrix((values, buckets, starts), shape=(len(texts), 1 << BUCKET_BITS))


def fit(samples: Sequence[Sample], strength: float) -> tuple[NDArray[np.float64], float]:
    """Weights (2**BUCKET_BITS,) and bias of a logistic regression."""
    from sklearn.linear_model import LogisticRegression

    # The dual coordinate descent of liblinear needs seconds where others need minutes; it stops
    # at the number of passes, short of convergence, which does not hurt.
    model = LogisticRegression(
        C=strength,
        solver="liblinear",
        dual=True,
        intercept_scaling=3.0,
        max_iter=40,
        random_state=0,
    )
    with warnings.catch_warnings(action="ignore"):
        model.fit(
            feature_matrix([sample.text for sample in samples]),
            np.array([sample.label for sample in samples]),
            sample_weight=np.array([sample.weight for sample in samples]),
        )
    weights: NDArray[np.float64] = model.coef_[0]
    return weights, float(model.intercept_[0])


CALIBRATION_SHIFT, CALIBRATION_SCALE = 1.0, 2.5
"""The logit of the fit is too sure of itself: ``(logit - shift) / scale`` puts 0.5 where at most
one in a hundred passages of ordinary prose lies above, and tells 0.9 from 0.6 on unseen sets."""


def pack_weights(weights: NDArray[np.float64], bias: float) -> bytes:
    """The content of the file: int8 buckets with a common step."""
    # The few largest weights are clipped: a finer step serves the rest better.
    weights = weights / CALIBRATION_SCALE
    bias = (bias - CALIBRATION_SHIFT) / CALIBRATION_SCALE
    step = float(np.quantile(np.abs(weights), 0.9999)) / 127
    buckets = np.clip(np.round(weights / step), -127, 127).astype(np.int8)
    stream = io.BytesIO()
    np.savez_compressed(stream, buckets=buckets, step=np.float64(step), bias=np.float64(bias))
    return stream.getvalue()


def main(argv: Sequence[str] | None = None) -> None:
    """Fit, write the file beside this module, print how it does on each group."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--holdout", action="store_true", help="train on four fifths, for figures")
    parser.add_argument(
        "--strength", type=float, default=STRENGTH, help="inverse of the L2 penalty"
    )
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name(FILE_NAME))
    arguments = parser.parse_args(argv)
    samples = [
        sample
        for sample in read_samples(arguments.folder)
        if not (arguments.holdout and fifth(sample.text) == 0)
    ]
    weights, bias = fit(samples, arguments.strength)
    arguments.out.write_bytes(pack_weights(weights, bias))
    print(
        f"{len(samples):,} samples -> {arguments.out.name}, {arguments.out.stat().st_size:,} bytes"
    )


if __name__ == "__main__":
    main()
