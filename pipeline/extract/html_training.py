"""Fit ``html_model.npz``; LightGBM (a development dependency) is needed here only.

Run it with the folder that holds the page sets (``html_gold.py``)::

    python -m pipeline.extract.html_training HTML_EXTRACTION_FOLDER [--teachers FILE]

``make extract-model`` runs the teachers first. Provenance: the pages and the labels of
article-extraction-benchmark (Scrapinghub, MIT), of trafilatura's evaluation (Barbaresi,
Apache-2.0), of Readability.js's tests (Mozilla, Apache-2.0), of newspaper and newspaper4k
(Ou-Yang, MIT; Paraschiv, MIT), of GeneralNewsExtractor (Qingnan, MIT) and of WebMainBench's public
sample (OpenDataLab, Apache-2.0); ``html_samples.py`` makes labels of them, ``html_series.py`` pages
of many like parts from their sentences. The weights are thresholds on counts; they hold no text.
"""

import argparse
import json
from pathlib import Path

from pipeline.extract.html_fitting import fit
from pipeline.extract.html_gold import SETS, read_pages
from pipeline.extract.html_model import MODEL_FILE, save_model
from pipeline.extract.html_samples import make_samples


def main() -> None:
    parser = argparse.ArgumentParser(description="Fit html_model.npz.")
    parser.add_argument("folder", type=Path, help="page sets (html_extraction)")
    parser.add_argument("--teachers", type=Path, help="JSON: page id -> texts of other extractors")
    parser.add_argument("--out", type=Path, default=MODEL_FILE, help="file of the weights")
    options = parser.parse_args()
    teachers = json.loads(options.teachers.read_bytes()) if options.teachers else {}
    pages = [page for name in SETS for page in read_pages(options.folder, name)]
    save_model(fit(make_samples(pages, teachers)), options.out)


if __name__ == "__main__":
    main()
