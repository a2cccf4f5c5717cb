"""How near an extracted text comes to the gold: the measures of the two public benchmarks."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from statistics import mean
from typing import NamedTuple

_WORD = re.compile(r"\w+")
_SHINGLE = 4


class Match(NamedTuple):
    """Shares of the shingles of one page, which sum to 1 (or all are 0)."""

    true_positive: float
    false_positive: float
    false_negative: float


class Scores(NamedTuple):
    f1: float
    precision: float
    recall: float


def match_shingles(gold: str, found: str) -> Match:
    """Compare the 4-grams of words of two texts, counting repeats.

    The definition is that of scrapinghub's article-extraction-benchmark (``evaluate.py``,
    ``string_shingle_matching``): words are ``\\w+``, a text of fewer than four words is one
    shingle, and each page has the same weight, however long.
    """
    want, got = _shingles(gold), _shingles(found)
    common = float(sum((want & got).values()))
    counts = (common, sum(got.values()) - common, sum(want.values()) - common)
    total = sum(counts)
    return Match(*(count / total for count in counts)) if total else Match(0.0, 0.0, 0.0)


def score(matches: Iterable[Match]) -> Scores:
    """Mean precision and mean recall over the pages, and the F1 of the two means.

    As in that benchmark, a page without any found text has no precision, and one without any gold
    text no recall.
    """
    matches = list(matches)
    precision = mean(
        match.true_positive / (match.true_positive + match.false_positive)
        for match in matches
        if match.true_positive + match.false_positive > 0
    )
    recall = mean(
        match.true_positive / (match.true_positive + match.false_negative)
        for match in matches
        if match.true_positive + match.false_negative > 0
    )
    both = precision + recall
    return Scores(2 * precision * recall / both if both else 0.0, precision, recall)


def count_segments(found: str, present: Sequence[str], absent: Sequence[str]) -> tuple[int, int]:
    """(segments judged right, segments) in the way of trafilatura's evaluation: a segment that
    must be there is, one that must not be there is not."""
    right = sum(segment in found for segment in present)
    right += sum(segment not in found for segment in absent)
    return right, len(present) + len(absent)


def _shingles(text: str) -> Counter[tuple[str, ...]]:
    words = _WORD.findall(text or "")
    count = max(1, len(words) - _SHINGLE + 1)
    return Counter(shingle for i in range(count) if (shingle := tuple(words[i : i + _SHINGLE])))
