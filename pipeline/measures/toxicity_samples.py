"""What the toxicity model learns from: labelled sets, phrases, clean sentences and passages."""

import hashlib
import html
import json
import pydoc
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

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
_PLACES = re.compile(r" at 0x[0-9a-f]+|\nFILE\n.*")
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
TYPICAL_SOURCE = 2000
"""A set in one language weighs as much as the geometric mean of this and the texts that it has."""
LONG_SOURCE = 6000
"""Texts of a set above this count no more."""
CLEAN_WEIGHT = 1.2
PASSAGES_PER_TEXT = 1500
PHRASE_WEIGHTS = {1: 0.4, 0: 0.1}
CARRIED_WEIGHTS = {1: 1.0, 0: 0.3}
"""By label; carried phrases stand in clean sentences. More weight on phrases ranks sets that were
not learned from better and the minimal pairs of HateCheck worse; less on carried ones, and abuse
in a calm page goes unseen."""


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
        Sample(text, label, _source_weight(sizes[name]) / 2 / len(texts), name)
        for (name, label), texts in groups.items()
        for text in texts
    ]


def _source_weight(num_texts: int) -> float:
    """Of a set in one language.

    >>> round(_source_weight(2000)), round(_source_weight(32000)), round(_source_weight(500))
    (2000, 3464, 1000)
    """
    return float(np.sqrt(min(num_texts, LONG_SOURCE) * TYPICAL_SOURCE))


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
            for text, given in texts:
                weight = given * PHRASE_WEIGHTS[label]
                samples.append(Sample(text, label, weight, f"phrases/{lang}"))
                weight = given * CARRIED_WEIGHTS[label]
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
        # Addresses and paths differ from run to run and from machine to machine.
        text = _PLACES.sub("", pydoc.plain(pydoc.render_doc(module)))
        passages += cut(text)[:PASSAGES_PER_TEXT]
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
