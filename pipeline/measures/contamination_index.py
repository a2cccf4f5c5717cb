"""Evaluation items as a sorted table of window hashes, and their windows in other texts.

Every hit is compared word by word with the item before it counts, so a hash that two runs of
words happen to share convicts nobody.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pipeline.measures.contamination_windows import Words, read_words, windows
from pipeline.text.normalize import normalize_text
from pipeline.text.utf8 import Utf8Batch

_SIEVE_BITS = 6  # slots per hash, as a power of two: 1.6 % of other hashes pass


@dataclass(frozen=True, slots=True)
class Anchors:
    """Runs of words of items, by the hash of the window that they begin with.

    Attributes:
        share: of a whole window, what these windows weigh.
        hashes: uint64 (num_anchors,), ascending, equal ones as often as they occur.
        words, lengths: int64 (num_anchors,), first word of the run and its number of words.
        sieve: bool (a power of two,), whether a hash with these lowest bits is there.
    """

    share: float
    hashes: NDArray[np.uint64]
    words: NDArray[np.int64]
    lengths: NDArray[np.int64]
    sieve: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class EvaluationIndex:
    """What is searched for.

    Attributes:
        min_words, min_characters: length of a window.
        folded: the words of all items, folded.
        offsets: int64 (num_items + 1,), the first word of each item.
        anchors: of whole windows, and of items shorter than one.
        is_too_short: bool (num_items,), whether an item is searched for in no way.
    """

    min_words: int
    min_characters: int
    folded: Utf8Batch
    offsets: NDArray[np.int64]
    anchors: tuple[Anchors, ...]
    is_too_short: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Hits:
    """Runs of words that texts have in common with items.

    What a text says again is not paired with the items anew, so a text that says one thing a
    thousand times, as a thousand items do, has thousands of hits and no million.

    Attributes:
        words, item_words, lengths: int64 (num_hits,), the first word of a run in the texts and in
            the items (counted through all of them), and the number of words.
        again, again_of: int64 (num_again,), the first words of windows, ascending, and of those
            equal ones before in the same text that are among ``words``.
        again_lengths: int64 (num_again,).
    """

    words: NDArray[np.int64]
    item_words: NDArray[np.int64]
    lengths: NDArray[np.int64]
    again: NDArray[np.int64]
    again_of: NDArray[np.int64]
    again_lengths: NDArray[np.int64]


def build_index(
    items: Sequence[str], min_words: int, min_characters: int, min_item_words: int
) -> EvaluationIndex:
    """Index of evaluation items.

    An item that is shorter than a window, but has ``min_item_words`` (or as large a share of a
    window in characters), is searched for as a whole.
    """
    words = read_words([normalize_text(item) for item in items])
    hashes, sizes = windows(words, min_words, min_characters)
    share = min(1.0, min_item_words / min_words)
    short_hashes, short_sizes = windows(words, min_words, min_characters, share)
    firsts = words.offsets[:-1][np.diff(words.offsets) > 0]
    short = firsts[(sizes[firsts] == 0) & (short_sizes[firsts] > 0)]
    ends = words.offsets[np.searchsorted(words.offsets, short, "right")]
    whole = np.flatnonzero(sizes)
    is_too_short = np.ones(len(items), np.bool_)
    found = firsts[short_sizes[firsts] > 0]
    is_too_short[np.searchsorted(words.offsets, found, "right") - 1] = False
    return EvaluationIndex(
        min_words,
        min_characters,
        words.folded,
        words.offsets,
        (
            _anchors(1.0, hashes[whole], whole, sizes[whole]),
            _anchors(share, short_hashes[short], short, ends - short),
        ),
        is_too_short,
    )


def _anchors(
    share: float,
    hashes: NDArray[np.uint64],
    words: NDArray[np.int64],
    lengths: NDArray[np.int64],
) -> Anchors:
    order = np.lexsort((words, hashes))
    slots = 1 << (max(1, len(hashes)) - 1).bit_length() + _SIEVE_BITS
    sieve = np.zeros(slots, np.bool_)
    sieve[hashes & np.uint64(slots - 1)] = True
    return Anchors(share, hashes[order], words[order], lengths[order], sieve)


def find_hits(words: Words, index: EvaluationIndex) -> Hits:
    """Runs of words of texts that are a window of an item, or a whole short item."""
    found = []
    nothing = np.zeros(0, np.int64)
    again, again_of, again_lengths = nothing, nothing, nothing
    for anchors in index.anchors:
        if not len(anchors.hashes):
            continue
        hashes, sizes = windows(words, index.min_words, index.min_characters, anchors.share)
        # A short item goes on behind its window, differently from place to place of a text.
        is_whole = anchors is index.anchors[0]
        candidates, places, later, earlier = _look_up(
            hashes, sizes, words.offsets, anchors.hashes, anchors.sieve, is_whole
        )
        if is_whole:
            is_same = _compare(words, later, words.folded, earlier, sizes[later])
            again, again_of = later[is_same], earlier[is_same]
            again_lengths = sizes[again]
        is_same = _compare(
            words, candidates, index.folded, anchors.words[places], anchors.lengths[places]
        )
        places = places[is_same]
        found.append((candidates[is_same], anchors.words[places], anchors.lengths[places]))
    parts = zip(*found, strict=True) if found else [(nothing,)] * 3
    starts, item_words, lengths = (np.concatenate(part) for part in parts)
    return Hits(starts, item_words, lengths, again, again_of, again_lengths)


def _compare(
    words: Words,
    starts: NDArray[np.int64],
    folded: Utf8Batch,
    others: NDArray[np.int64],
    lengths: NDArray[np.int64],
) -> NDArray[np.bool_]:
    ends = words.offsets[np.searchsorted(words.offsets, starts, "right")]
    same: NDArray[np.bool_] = _same_words(
        words.folded.bytes,
        words.folded.offsets,
        starts,
        ends,
        folded.bytes,
        folded.offsets,
        others,
        lengths,
    )
    return same


@njit(
    "Tuple((int64[::1], int64[::1], int64[::1], int64[::1]))(uint64[::1], int64[::1], int64[::1],"
    " uint64[::1], boolean[::1], boolean)",
    cache=True,
    nogil=True,
)
def _look_up(
    hashes: NDArray[np.uint64],
    sizes: NDArray[np.int64],
    offsets: NDArray[np.int64],
    known: NDArray[np.uint64],
    sieve: NDArray[np.bool_],
    only_once: bool,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Positions of hashes that are known, and where in ``known``: every pair of equal ones.

    With ``only_once``, those whose hash has occurred before in their text (``offsets``) are set
    apart: their positions, and the first of the hash.
    """
    mask = np.uint64(len(sieve) - 1)
    found, places = np.empty(64, np.int64), np.empty(64, np.int64)
    later, earlier = np.empty(64, np.int64), np.empty(64, np.int64)
    first_of = np.full(len(known), -1, np.int64)  # position, by the first of equal hashes
    count = repeats = 0
    for text in range(len(offsets) - 1):
        for i in range(offsets[text], offsets[text + 1]):
            if sizes[i] == 0 or not sieve[hashes[i] & mask]:
                continue
            at = np.searchsorted(known, hashes[i])
            if at == len(known) or known[at] != hashes[i]:
                continue
            if only_once and first_of[at] >= offsets[text]:
                if repeats == len(later):
                    later = np.concatenate((later, np.empty_like(later)))
                    earlier = np.concatenate((earlier, np.empty_like(earlier)))
                later[repeats], earlier[repeats] = i, first_of[at]
                repeats += 1
                continue
            first_of[at] = i
            while at < len(known) and known[at] == hashes[i]:
                if count == len(found):
                    found = np.concatenate((found, np.empty_like(found)))
                    places = np.concatenate((places, np.empty_like(places)))
                found[count], places[count] = i, at
                count += 1
                at += 1
    return (
        found[:count].copy(),
        places[:count].copy(),
        later[:repeats].copy(),
        earlier[:repeats].copy(),
    )


@njit(
    "boolean[::1](uint8[::1], int64[::1], int64[::1], int64[::1], uint8[::1], int64[::1],"
    " int64[::1], int64[::1])",
    cache=True,
    nogil=True,
)
def _same_words(
    data: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    other_data: NDArray[np.uint8],
    other_offsets: NDArray[np.int64],
    other_starts: NDArray[np.int64],
    lengths: NDArray[np.int64],
) -> NDArray[np.bool_]:
    """Whether the run of words from each start on is, word by word, the other one."""
    same = np.zeros(len(starts), np.bool_)
    for i in range(len(starts)):
        if starts[i] + lengths[i] > ends[i]:
            continue
        same[i] = True
        for k in range(lengths[i]):
            a, b = starts[i] + k, other_starts[i] + k
            size = offsets[a + 1] - offsets[a]
            if size != other_offsets[b + 1] - other_offsets[b]:
                same[i] = False
            else:
                for j in range(size):
                    if data[offsets[a] + j] != other_data[other_offsets[b] + j]:
                        same[i] = False
                        break
            if not same[i]:
                break
    return same
