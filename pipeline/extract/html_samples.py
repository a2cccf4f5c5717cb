"""Gold pages -> what the extractor learns from: features, labels and weights of their blocks.

Where a page has segments only, or nothing, blocks on which trafilatura and readability-lxml agree
are labelled by them, with the segments above both.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.extract.character_references import unescape
from pipeline.extract.html import read_blocks
from pipeline.extract.html_columns import CHARS, END, START
from pipeline.extract.html_gold import GoldPage
from pipeline.extract.html_series import SERIES, make_series

_WORD = re.compile(r"\w+")
_UNSPACED = re.compile(r"([\u3040-\u30ff\u3400-\u9fff\u0e00-\u0e7f])")
_SET_WEIGHTS = {
    "scrapinghub": 1.0,
    "trafilatura": 0.35,
    "readability": 0.4,
    "newspaper": 0.15,
    "newspaper4k": 0.4,
    "gne_zh": 0.5,
    "webmainbench": 0.6,
    SERIES: 0.15,
}
_SEGMENT_WEIGHT = 0.04
_SERIES_PAGES = 2
"""Made pages for each page with a text long enough."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A page as the model sees it."""

    page: GoldPage
    text: NDArray[np.uint8]
    blocks: NDArray[np.int64]
    nodes: NDArray[np.int64]
    rows: NDArray[np.float32]
    labels: NDArray[np.float64]
    """Share of each block that is main text."""
    weights: NDArray[np.float64]
    segments: tuple[tuple[bool, tuple[int, ...]], ...] = ()
    """For each segment: whether it is main text, and the blocks that hold it."""


def make_sample(page: GoldPage, teachers: Sequence[str] = ()) -> Sample:
    """Features, labels and weights of the blocks of a page.

    ``teachers`` are what other extractors made of a page whose gold is not whole: where they
    agree, theirs is the label.
    """
    read = read_blocks(page.html)
    data = read.text.tobytes()
    pieces = [
        unescape(data[block[START] : block[END]].decode("utf-8", "replace"))
        for block in read.blocks
    ]
    sizes = read.blocks[:, CHARS].astype(np.float64)
    if page.text:
        labels = match_pieces(pieces, page.text)
        weights = np.ones(len(pieces))
    else:
        votes = np.array([match_pieces(pieces, text) for text in teachers if text])
        if len(votes) == 0:
            votes = np.full((2, len(pieces)), 0.5)
        labels = (votes.mean(0) > 0.5).astype(np.float64)
        weights = (
            (np.abs(votes - votes.mean(0)).max(0) < 0.3) * (np.abs(votes.mean(0) - 0.5) > 0.3) * 1.0
        )
    gold_size = max(200.0, float((sizes * labels).sum()))
    weights = weights * (np.minimum(sizes, 1500) + 12) / gold_size
    weights = np.minimum(weights, 0.5)
    segments = find_segments(page, pieces) if not page.text else ()
    for is_main, places in segments:
        for i in places:
            labels[i] = float(is_main)
            weights[i] = max(weights[i], _SEGMENT_WEIGHT)
    weights = weights * _SET_WEIGHTS[page.set_name]
    return Sample(page, read.text, read.blocks, read.nodes, read.rows, labels, weights, segments)


def find_segments(
    page: GoldPage, pieces: Sequence[str]
) -> tuple[tuple[bool, tuple[int, ...]], ...]:
    """For each segment of a page that some piece holds: whether it is main text, and which do."""
    folded = [_fold(piece) for piece in pieces]
    found = []
    for segments, is_main in ((page.present, True), (page.absent, False)):
        for segment in map(_fold, segments):
            places = tuple(i for i, piece in enumerate(folded) if segment in piece)
            if places:
                found.append((is_main, places))
    return tuple(found)


def match_pieces(pieces: Sequence[str], gold: str) -> NDArray[np.float64]:
    """Share of each piece that the gold text holds, float64 (num_pieces,).

    Long pieces are judged by their runs of four words; short ones must be in the gold as they are
    and stand near a piece that is.
    """
    gold_words = _words(gold)
    joined = " " + " ".join(gold_words) + " "
    runs = Counter(zip(*(gold_words[i:] for i in range(4)), strict=False))
    shares = np.zeros(len(pieces))
    is_long = np.zeros(len(pieces), bool)
    for i, piece in enumerate(pieces):
        words = _words(piece)
        if not words:
            continue
        if len(words) >= 6:
            mine = list(zip(*(words[k:] for k in range(4)), strict=False))
            shares[i] = sum(run in runs for run in mine) / len(mine)
            is_long[i] = True
        else:
            shares[i] = float(" " + " ".join(words) + " " in joined)
    sure = np.flatnonzero(is_long & (shares > 0.6))
    for i in np.flatnonzero(~is_long & (shares > 0)).tolist():
        place = np.searchsorted(sure, i)
        near = min(
            [abs(int(sure[k]) - i) for k in (place - 1, place) if 0 <= k < len(sure)], default=99
        )
        if near > 6:
            shares[i] = 0
    return shares


def _words(text: str) -> list[str]:
    return _WORD.findall(_UNSPACED.sub(r" \1 ", text))


def _fold(text: str) -> str:
    return " ".join(text.split())


def make_samples(pages: Sequence[GoldPage], teachers: dict[str, list[str]]) -> list[Sample]:
    """Samples of pages and of those made of their texts; ``teachers`` hold the texts of other
    extractors by the page's id."""
    samples = [make_sample(page, teachers.get(page.page_id, ())) for page in pages]
    for seed in range(_SERIES_PAGES):
        samples += map(make_sample, make_series(pages, seed))
    return samples
