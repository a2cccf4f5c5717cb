"""Repeated passages: runs of words, or lines, that stand in several documents.

A run is found by its windows of ``min_words`` words (Lee et al., Deduplicating Training Data
Makes Language Models Better, 2021, cut runs of 50 tokens; so did RefinedWeb). Hashing every
window of a corpus would shuffle more than its text. So fingerprints come first: of the hashes of
shorter windows those that winnowing selects (Schleimer, Wilkerson, Aiken 2003), which are the
same ones wherever the same ``min_words`` words stand. Only windows around a fingerprint that
occurs twice are looked at in full.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numba import njit
from numpy.typing import NDArray
from pydantic import Field

from pipeline.dedup.hashing import BASE, as_memory, hash_bytes, mix64
from pipeline.text.utf8 import Texts, as_utf8
from pipeline.text.words import line_spans, word_spans
from schemas.config import Section


class PassageParams(Section):
    """Which passages are cut from documents that stay, where another holds them, too."""

    cut: Literal["nothing", "lines", "words"] = "nothing"
    """``words``: runs of words, wherever they begin and end; ``lines``: whole lines alone. The
    first occurrence (by document id) stays. Of a document that would keep fewer than
    ``min_words`` words nothing is cut."""
    min_words: int = Field(default=50, ge=4, le=10_000)
    """Words in the shortest passage; characters in scripts without spaces."""

    @property
    def fingerprint_words(self) -> int:
        """Words of a fingerprint: half a window, so that a passage has several."""
        return (self.min_words + 1) // 2


@dataclass(frozen=True, slots=True)
class Windows:
    """Windows or lines of a batch of texts.

    Attributes:
        hashes: uint64 (num_windows,).
        places: int64 (num_windows,); the first word of the window, or the number of the line.
        offsets: int64 (num_texts + 1,); text i has ``hashes[offsets[i]:offsets[i + 1]]``.
    """

    hashes: NDArray[np.uint64]
    places: NDArray[np.int64]
    offsets: NDArray[np.int64]


@njit("uint64[::1](uint8[::1], int64[::1], int64[::1])", cache=True, nogil=True)
def hash_spans(
    data: NDArray[np.uint8], starts: NDArray[np.int64], ends: NDArray[np.int64]
) -> NDArray[np.uint64]:
    """Hash of the bytes of each span, uint64 (num_spans,)."""
    memory = as_memory(data)
    hashes = np.empty(len(starts), np.uint64)
    for i in range(len(starts)):
        hashes[i] = hash_bytes(memory, starts[i], ends[i])
    return hashes


@njit("uint64[::1](uint64[::1], int64)", cache=True, nogil=True)
def _rolling(words: NDArray[np.uint64], size: int) -> NDArray[np.uint64]:
    """Hash of each window of ``size`` words (Karp and Rabin 1987), modulo 2^64."""
    count = len(words) - size + 1
    hashes = np.empty(max(count, 0), np.uint64)
    leaving = np.uint64(1)
    for _ in range(size):
        leaving *= BASE
    rolling = np.uint64(0)
    for i in range(len(words)):
        rolling = rolling * BASE + words[i]
        if i >= size:
            rolling -= words[i - size] * leaving
        if i >= size - 1:
            hashes[i - size + 1] = mix64(rolling)
    return hashes


@njit(
    "Tuple((uint64[::1], int64[::1], int64[::1]))(uint64[::1], int64[::1], int64, int64)",
    cache=True,
    nogil=True,
)
def _winnow(
    words: NDArray[np.uint64], offsets: NDArray[np.int64], size: int, window: int
) -> tuple[NDArray[np.uint64], NDArray[np.int64], NDArray[np.int64]]:
    """The smallest of each ``window`` hashes in a row, the last one among equals."""
    selected = np.empty(len(words), np.uint64)
    places = np.empty(len(words), np.int64)
    selected_offsets = np.zeros_like(offsets)
    count = 0
    for text in range(len(offsets) - 1):
        hashes = _rolling(words[offsets[text] : offsets[text + 1]], size)
        smallest = -1
        last = -1
        for i in range(len(hashes)):
            if smallest < 0 or smallest <= i - window:  # it has left: look at the window again
                smallest = max(i - window + 1, 0)
                for j in range(smallest + 1, i + 1):
                    if hashes[j] <= hashes[smallest]:
                        smallest = j
            elif hashes[i] <= hashes[smallest]:
                smallest = i
            if i >= window - 1 and smallest != last:
                selected[count] = hashes[smallest]
                places[count] = smallest
                count += 1
                last = smallest
        selected_offsets[text + 1] = count
    return selected[:count], places[:count], selected_offsets


def fingerprints(texts: Texts, params: PassageParams) -> Windows:
    """Fingerprints of texts: equal runs of ``min_words`` words have one in common."""
    words, offsets = _words(texts)
    size = params.fingerprint_words
    return Windows(*_winnow(words, offsets, size, params.min_words - size + 1))


@njit(
    "Tuple((uint64[::1], int64[::1], int64[::1]))"
    "(uint64[::1], int64[::1], int64, int64, uint64[::1], int64[::1])",
    cache=True,
    nogil=True,
)
def _windows_around(
    words: NDArray[np.uint64],
    offsets: NDArray[np.int64],
    length: int,
    size: int,
    wanted: NDArray[np.uint64],
    wanted_offsets: NDArray[np.int64],
) -> tuple[NDArray[np.uint64], NDArray[np.int64], NDArray[np.int64]]:
    found = np.empty(len(words), np.uint64)
    places = np.empty(len(words), np.int64)
    found_offsets = np.zeros_like(offsets)
    count = 0
    for text in range(len(offsets) - 1):
        of_text = words[offsets[text] : offsets[text + 1]]
        hot = np.sort(wanted[wanted_offsets[text] : wanted_offsets[text + 1]])
        if len(of_text) >= length and len(hot):
            short, whole = _rolling(of_text, size), _rolling(of_text, length)
            after = 0  # windows before this one are out already
            for i in range(len(short)):
                at = np.searchsorted(hot, short[i])
                if at == len(hot) or hot[at] != short[i]:
                    continue
                for j in range(max(after, i + size - length), min(i + 1, len(whole))):
                    found[count] = whole[j]
                    places[count] = j
                    count += 1
                after = max(after, min(i + 1, len(whole)))
        found_offsets[text + 1] = count
    return found[:count], places[:count], found_offsets


def windows_around(texts: Texts, wanted: pa.ListArray, params: PassageParams) -> Windows:
    """All windows of ``min_words`` words that hold one of the fingerprints wanted of their text.

    Args:
        wanted: for each text a list of hashes, int64.
    """
    words, offsets = _words(texts)
    hashes = wanted.flatten().to_numpy().astype(np.uint64)
    bounds = wanted.offsets.to_numpy().astype(np.int64)
    return Windows(
        *_windows_around(
            words, offsets, params.min_words, params.fingerprint_words, hashes, bounds - bounds[0]
        )
    )


def lines(texts: Texts, params: PassageParams) -> Windows:
    """The lines of at least ``min_words`` words, without the white space around them."""
    batch = as_utf8(texts)
    starts, ends, line_offsets = line_spans(batch)
    word_starts, _, _ = word_spans(batch)
    # Words of a line: those that begin in it.
    num_words = np.searchsorted(word_starts, ends) - np.searchsorted(word_starts, starts)
    hashes = hash_spans(batch.bytes, starts, ends)
    places = np.arange(len(starts)) - np.repeat(line_offsets[:-1], np.diff(line_offsets))
    long_enough = num_words >= params.min_words
    counts = np.concatenate([[0], np.cumsum(long_enough)])
    return Windows(hashes[long_enough], places[long_enough], counts[line_offsets])


def spans_of(texts: Texts, places: pa.ListArray, params: PassageParams) -> pa.ListArray:
    """Byte spans to cut, list<int64> of starts and ends in turn, ascending, apart; empty where
    too little would remain.

    Args:
        places: for each text the places (of ``Windows``) of what is repeated, list<int64>.
    """
    batch = as_utf8(texts)
    starts, ends, offsets = word_spans(batch)
    if params.cut == "lines":
        unit_starts, unit_ends, unit_offsets = line_spans(batch)
        length = 0
    else:
        unit_starts, unit_ends, unit_offsets = starts, ends, offsets
        length = params.min_words
    bounds = places.offsets.to_numpy().astype(np.int64)
    spans, span_offsets = _spans(
        unit_starts,
        unit_ends,
        unit_offsets,
        places.flatten().to_numpy().copy(),
        bounds - bounds[0],
        length,
    )
    # What would be left of each text, in words: those that begin in none of its spans.
    inside = np.searchsorted(starts, spans[1::2]) - np.searchsorted(starts, spans[::2])
    before = np.concatenate([[0], np.cumsum(inside)])
    cut = before[span_offsets[1:] // 2] - before[span_offsets[:-1] // 2]
    is_cut = np.diff(offsets) - cut >= params.min_words
    sizes = np.diff(span_offsets)
    spans -= np.repeat(batch.offsets[:-1], sizes)
    kept_offsets = np.concatenate([[0], np.cumsum(sizes * is_cut)]).astype(np.int32)
    return pa.ListArray.from_arrays(
        pa.array(kept_offsets), pa.array(spans[np.repeat(is_cut, sizes)])
    )


@njit(
    "Tuple((int64[::1], int64[::1]))"
    "(int64[::1], int64[::1], int64[::1], int64[::1], int64[::1], int64)",
    cache=True,
    nogil=True,
)
def _spans(
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    offsets: NDArray[np.int64],
    places: NDArray[np.int64],
    place_offsets: NDArray[np.int64],
    length: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Bytes of the windows of ``length`` words at the given places, those that overlap or touch
    as one; of the units themselves where ``length`` is 0."""
    spans = np.empty(2 * len(places), np.int64)
    span_offsets = np.zeros_like(offsets)
    count = 0
    for text in range(len(offsets) - 1):
        mine = np.sort(places[place_offsets[text] : place_offsets[text + 1]])
        for i in range(len(mine)):
            first = offsets[text] + mine[i]
            if i == 0 or length == 0 or mine[i] - mine[i - 1] > length:
                spans[count] = starts[first]
                count += 2
            spans[count - 1] = ends[first + max(length - 1, 0)]
        span_offsets[text + 1] = count
    return spans[:count], span_offsets


def cut_spans(texts: pa.Array, spans: pa.ListArray) -> pa.Array:
    """The texts without their spans (lists of starts and ends in turn, which may overlap; null:
    nothing is cut), and without lines that are empty for it.

    >>> cut_spans(pa.array(["one two three"]), pa.array([[4, 8]])).to_pylist()
    ['one three']
    """
    is_cut = pc.fill_null(pc.greater(pc.list_value_length(spans), 0), False)
    is_cut = pc.and_(is_cut, texts.is_valid())
    cut = zip(texts.filter(is_cut).to_pylist(), spans.filter(is_cut).to_pylist(), strict=True)
    shorter = pa.array([_without(text, bounds) for text, bounds in cut], texts.type)
    return pc.replace_with_mask(texts, is_cut, shorter)


def _without(text: str, bounds: list[int]) -> str:
    data = text.encode()
    bounds = _apart(bounds)
    kept = zip([0, *bounds[1::2]], [*bounds[::2], len(data)], strict=True)
    joined, *parts = (data[start:end].decode() for start, end in kept)
    for part in parts:
        # What parts the text on one side of a passage parts it now: the larger of the two.
        left, right = joined.rstrip(" \n"), part.lstrip(" \n")
        before, after = joined[len(left) :], part[: len(part) - len(right)]
        breaks = max(before.count("\n"), after.count("\n"))
        joined = left + ("\n" * breaks or (" " if before or after else "")) + right
    return joined.strip()


def _apart(bounds: list[int]) -> list[int]:
    """The spans in order, those that overlap or touch as one.

    >>> _apart([7, 9, 1, 4, 3, 5])
    [1, 5, 7, 9]
    """
    apart: list[int] = []
    for start, end in sorted(zip(bounds[::2], bounds[1::2], strict=True)):
        if apart and start <= apart[-1]:
            apart[-1] = max(apart[-1], end)
        else:
            apart += [start, end]
    return apart


def _words(texts: Texts) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Hashes of the words of texts, and where the words of each text begin."""
    batch = as_utf8(texts)
    starts, ends, offsets = word_spans(batch)
    return hash_spans(batch.bytes, starts, ends), offsets
