"""Fit ``toxicity_weights.npz`` and choose a threshold for each language.

Run it with a folder that holds ``toxicity/``, ``langid/``, ``books/``, ``news/`` and ``social/``
(``make toxicity-model``)::

    python -m pipeline.measures.toxicity_training DATA_FOLDER [--holdout]

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

Kept out of training: OLID, tweeteval-hate, HateBR, ToxiCN (no licence, or NonCommercial). A first
fit on four fifths of the rest gives the thresholds, from clean texts that it never saw, and (with
``--holdout``, which stops there) the figures of ``toxicity_model.md``.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pipeline.measures.toxicity import (
    FILE_NAME,
    USUAL_THRESHOLD,
    Weights,
    read_weights,
    score_with,
)
from pipeline.measures.toxicity_clean import clean_documents
from pipeline.measures.toxicity_fitting import fit, pack_weights
from pipeline.measures.toxicity_samples import Sample, fifth, read_samples

FALSE_POSITIVES = 0.005
"""Share of clean texts that may lie above the threshold of their language."""
LOWEST_THRESHOLD = 0.75
"""Below it no threshold lies, however calm the clean texts are."""
_ENOUGH_DOCUMENTS = 200
"""Of fewer clean texts one in 200 cannot be told: the threshold is not below the usual one."""
_FEWEST_DOCUMENTS = 20
_MARGIN = 0.05


def choose_thresholds(weights: Weights, documents: dict[str, list[str]]) -> dict[str, float]:
    """Threshold of each language with clean texts: the score that all but ``FALSE_POSITIVES`` of
    them stay below, and a margin."""
    thresholds = {}
    for language, texts in sorted(documents.items()):
        if len(texts) < _FEWEST_DOCUMENTS:
            continue
        found = float(np.quantile(score_with(weights, texts), 1 - FALSE_POSITIVES)) + _MARGIN
        lowest = LOWEST_THRESHOLD if len(texts) >= _ENOUGH_DOCUMENTS else USUAL_THRESHOLD
        thresholds[language] = round(min(0.99, max(lowest, found)), 3)
    return thresholds


def seen(samples: Sequence[Sample]) -> list[Sample]:
    """The four fifths that the first fit learns from."""
    return [sample for sample in samples if fifth(sample.text) != 0]


def main(argv: Sequence[str] | None = None) -> None:
    """Fit twice, write the file beside this module, print the thresholds."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--holdout", action="store_true", help="stop after four fifths")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name(FILE_NAME))
    arguments = parser.parse_args(argv)
    samples = read_samples(arguments.folder)
    content = pack_weights(*fit(seen(samples)), {})
    documents = clean_documents(arguments.folder)
    thresholds = choose_thresholds(read_weights(content), documents)
    if not arguments.holdout:
        content = pack_weights(*fit(samples), thresholds)
    arguments.out.write_bytes(content)
    print(f"{len(samples):,} samples -> {arguments.out.name}, {len(content):,} bytes")
    for language, threshold in thresholds.items():
        print(f"{language}  {threshold:.3f}  ({len(documents[language]):,} clean texts)")


if __name__ == "__main__":
    main()
