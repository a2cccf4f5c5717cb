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
        is_repeat: bool (num_anchors,), whether the same item has this hash before; of equal hashes
            the repeats come last.
        words, lengths: int64 (num_anchors,), first word of the run and its number of words.
        sieve: bool (a power of two,), whether a hash with these lowest bits is there.
    """

    share: float
    hashes: NDArray[np.uint64]
    is_repeat: NDArray[np.bool_]
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
    """Runs of words that texts have in common with items, int64 (num_hits,) each: the first word
    in the texts and in the items (counted through all of them), and the number of words.

    Where an item says the same twice, only the first run of a text that says it is paired with
    both places, the others with the first of them: what is covered on either side is the same,
    and a text of one word over and over has no more hits than words.
    """

    words: NDArray[np.int64]
    item_words: NDArray[np.int64]
    lengths: NDArray[np.int64]


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
            _anchors(1.0, words.offsets, hashes[whole], whole, sizes[whole]),
            _anchors(share, words.offsets, short_hashes[short], short, ends - short),
        ),
        is_too_short,
    )


def _anchors(
    share: float,
    offsets: NDArray[np.int64],
    hashes: NDArray[np.uint64],
    words: NDArray[np.int64],
    lengths: NDArray[np.int64],
) -> Anchors:
    order = np.lexsort((words, hashes))
    items = np.searchsorted(offsets, words, "right")
    is_repeat = np.zeros(len(order), np.bool_)
    before, here = order[:-1], order[1:]
    is_repeat[here] = (hashes[here] == hashes[before]) & (items[here] == items[before])
    order = np.lexsort((words, is_repeat, hashes))
    slots = 1 << (max(1, len(hashes)) - 1).bit_length() + _SIEVE_BITS
    sieve = np.zeros(slots, np.bool_)
    sieve[hashes & np.uint64(slots - 1)] = True
    return Anchors(share, hashes[order], is_repeat[order], words[order], lengths[order], sieve)


def find_hits(words: Words, index: EvaluationIndex) -> Hits:
    """Runs of words of texts that are a window of an item, or a whole short item; see ``Hits``."""
    found = []
    for anchors in index.anchors:
        if not len(anchors.hashes):
            continue
        hashes, sizes = windows(words, index.min_words, index.min_characters, anchors.share)
        candidates, places = _look_up(
            hashes, sizes, words.offsets, anchors.hashes, anchors.is_repeat, anchors.sieve
        )
        ends = words.offsets[np.searchsorted(words.offsets, candidates, "right")]
        is_same = _same_words(
            words.folded.bytes,
            words.folded.offsets,
            candidates,
            ends,
            index.folded.bytes,
            index.folded.offsets,
            anchors.words[places],
            anchors.lengths[places],
        )
        places = places[is_same]
        found.append((candidates[is_same], anchors.words[places], anchors.lengths[places]))
    nothing = np.zeros(0, np.int64)
    parts = zip(*found, strict=True) if found else [(nothing,)] * 3
    return Hits(*(np.concatenate(part) for part in parts))


@njit(
    "Tuple((int64[::1], int64[::1]))(uint64[::1], int64[::1], int64[::1], uint64[::1],"
    " boolean[::1], boolean[::1])",
    cache=True,
    nogil=True,
)
def _look_up(
    hashes: NDArray[np.uint64],
    sizes: NDArray[np.int64],
    offsets: NDArray[np.int64],
    known: NDArray[np.uint64],
    is_repeat: NDArray[np.bool_],
    sieve: NDArray[np.bool_],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Positions of hashes that are known, and where in ``known``: every pair of equal ones, but
    repeats (see ``Hits``) only with the first of each text; ``offsets`` are those of the texts."""
    mask = np.uint64(len(sieve) - 1)
    found, places = np.empty(64, np.int64), np.empty(64, np.int64)
    last_text = np.full(len(known), -1, np.int64)  # that had the first of equal hashes
    count = 0
    for text in range(len(offsets) - 1):
        for i in range(offsets[text], offsets[text + 1]):
            if sizes[i] == 0 or not sieve[hashes[i] & mask]:
                continue
            first = at = np.searchsorted(known, hashes[i])
            if first == len(known) or known[first] != hashes[i]:
                continue
            is_first = last_text[first] != text
            last_text[first] = text
            while at < len(known) and known[at] == hashes[i] and (is_first or not is_repeat[at]):
                if count == len(found):
                    found = np.concatenate((found, np.empty_like(found)))
                    places = np.concatenate((places, np.empty_like(places)))
                found[count], places[count] = i, at
                count += 1
                at += 1
    return found[:count].copy(), places[:count].copy()


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
