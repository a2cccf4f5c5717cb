"""Text to token ids over a whole Arrow batch: cut pieces, look each up, encode what is new.

Most short pieces of a text were seen a moment ago. Their tokens are kept in a cache beside their
bytes, which are compared, so a hit is never a guess.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pipeline.dedup.hashing import as_memory, load_bytes
from pipeline.text.utf8 import Texts, as_utf8, decode_one
from pipeline.tokens.cutting import Cutting, character_classes
from pipeline.tokens.pre_tokens import end_of_piece
from pipeline.tokens.vocabulary_trie import NONE, VocabularyTables, find, stay_apart

# A slot holds the bytes of a piece (two words), how many they are, how many tokens they make, and
# up to three tokens. The newest piece has it; all slots fit into a core's own cache.
_NUM_SLOTS = 1 << 13
_FIRST, _SECOND, _FACTS, _TOKENS = 0, 1, 2, 3
_LONGEST_CACHED, _MOST_CACHED = 16, 3  # bytes, tokens
_TOKEN_BITS = np.uint64(20)
_TOKEN = np.uint64((1 << 20) - 1)


class BatchEncoder:
    """A byte-level BPE that cuts text as the scanner can. Not to be shared between threads."""

    def __init__(self, tables: VocabularyTables, cutting: Cutting) -> None:
        self._classes, self._cutting = (
            character_classes(cutting.has_marks, cutting.has_signs),
            cutting,
        )
        self._tables = tables
        self._slots = np.zeros((_NUM_SLOTS, 4), np.uint64)

    def encode(
        self, texts: Texts, end_id: int | None = None
    ) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """Ids of all texts end to end, int32, each text followed by ``end_id`` if there is one,
        and offsets, int64 (num_texts + 1,)."""
        batch, tables, cutting = as_utf8(texts), self._tables, self._cutting
        # A token has a byte at least.
        ids = np.empty(len(batch.bytes) + len(batch) + _MOST_CACHED, np.int32)
        offsets = np.zeros(len(batch) + 1, np.int64)
        if len(batch) == 0:
            return ids[:0], offsets
        _encode(
            batch.bytes,
            as_memory(batch.bytes),
            batch.offsets,
            self._classes,
            int(cutting.style),
            cutting.max_digits,
            cutting.max_letters,
            int(NONE) if end_id is None else end_id,
            tables.ids,
            tables.left,
            tables.right,
            tables.pairs,
            tables.steps,
            tables.token_of_state,
            tables.state_of_character,
            tables.sizes,
            tables.shorter,
            self._slots,
            ids,
            offsets,
        )
        return ids[: offsets[-1]], offsets


@njit(
    "int64(uint8[::1], int64, int64, int32[::1], int32[::1], uint64[::1], uint64[::1], int32[::1],"
    " int32[::1], int32[::1], int32[::1], boolean[::1], int32[::1], int64)",
    cache=True,
    nogil=True,
    inline="always",
)
def encode_piece(
    data: NDArray[np.uint8],
    at: int,
    stop: int,
    left: NDArray[np.int32],
    right: NDArray[np.int32],
    pairs: NDArray[np.uint64],
    steps: NDArray[np.uint64],
    token_of_state: NDArray[np.int32],
    state_of_character: NDArray[np.int32],
    sizes: NDArray[np.int32],
    shorter: NDArray[np.int32],
    dead: NDArray[np.bool_],
    tokens: NDArray[np.int32],
    first: int,
) -> int:
    """Tokens of the bytes from ``at`` to ``stop``, as they are numbered inside, from ``first`` on;
    how many.

    Takes the longest token, then a shorter one, that stays apart from the one before, and goes back
    where there is none. Neighbours that stay apart are the encoding of their bytes, and there is
    one encoding only: so where a beginning cannot go on, nothing ends there (``dead``, all False
    again at the end).
    """
    count, begin = first, at
    token, is_new, has_dead = NONE, True, False
    while at < stop:
        if is_new:
            state, place = np.int32(data[at]), at + 1
            if data[at] >= 0xE0 and data[at] < 0xF0 and at + 2 < stop:
                code, place = decode_one(data, at)
                state = state_of_character[code]
                if state == NONE:
                    state, place = np.int32(data[at]), at + 1
            token = token_of_state[state]
            while place < stop:
                key = np.uint64(state) << np.uint64(8) | np.uint64(data[place])
                state = find(key, steps)
                if state == NONE:
                    break
                token = token_of_state[state]
                place += 1
        while token != NONE:
            end = at + sizes[token]
            if not dead[end - begin] and (
                count == first or stay_apart(tokens[count - 1], token, NONE, left, right, pairs)
            ):
                break
            token = shorter[token]
        is_new = token != NONE
        if is_new:
            tokens[count] = token
            count, at = count + 1, end
        else:
            dead[at - begin] = has_dead = True
            count -= 1
            at -= sizes[tokens[count]]
            token = shorter[tokens[count]]
    if has_dead:
        dead[: stop - begin + 1] = False
    return count - first


@njit("uint64(uint64, uint64, int64)", cache=True, nogil=True, inline="always")
def _slot_of(first: np.uint64, second: np.uint64, size: int) -> np.uint64:
    """Where to look for a piece first, in the low bits."""
    mixed = first * np.uint64(0x9E3779B97F4A7C15) + second * np.uint64(0xC2B2AE3D27D4EB4F)
    mixed += np.uint64(size)
    return (mixed ^ mixed >> np.uint64(29)) * np.uint64(0xFF51AFD7ED558CCD) >> np.uint64(40)


@njit(
    "void(uint8[::1], uint64[::1], int64[::1], uint8[::1], int64, int64, int64, int64, int32[::1],"
    " int32[::1], int32[::1], uint64[::1], uint64[::1], int32[::1], int32[::1], int32[::1],"
    " int32[::1], uint64[:, ::1], int32[::1], int64[::1])",
    cache=True,
    nogil=True,
)
def _encode(
    data: NDArray[np.uint8],
    memory: NDArray[np.uint64],
    text_offsets: NDArray[np.int64],
    classes: NDArray[np.uint8],
    style: int,
    max_digits: int,
    max_letters: int,
    end_id: int,
    id_of: NDArray[np.int32],
    left: NDArray[np.int32],
    right: NDArray[np.int32],
    pairs: NDArray[np.uint64],
    steps: NDArray[np.uint64],
    token_of_state: NDArray[np.int32],
    state_of_character: NDArray[np.int32],
    sizes: NDArray[np.int32],
    shorter: NDArray[np.int32],
    slots: NDArray[np.uint64],
    ids: NDArray[np.int32],
    offsets: NDArray[np.int64],
) -> None:
    """Fill ``ids`` and ``offsets``; the cache goes on from call to call. One text at least."""
    mask, count = np.uint64(len(slots) - 1), 0
    first = second = slot = np.uint64(0)
    dead = np.zeros(np.max(np.diff(text_offsets)) + 1, np.bool_)
    for text in range(len(text_offsets) - 1):
        at, end = text_offsets[text], text_offsets[text + 1]
        while at < end:
            stop = end_of_piece(data, memory, at, end, classes, style, max_digits, max_letters)
            size = stop - at
            is_cached = size <= _LONGEST_CACHED
            if is_cached:
                first = load_bytes(memory, at, min(size, 8))
                second = load_bytes(memory, at + 8, size - 8) if size > 8 else np.uint64(0)
                slot = _slot_of(first, second, size) & mask
                facts = slots[slot, _FACTS]
                if (
                    slots[slot, _FIRST] == first
                    and slots[slot, _SECOND] == second
                    and facts & np.uint64(0xFF) == np.uint64(size)
                ):
                    held = slots[slot, _TOKENS]
                    for place in range(_MOST_CACHED):  # what is too many is written over
                        ids[count + place] = id_of[held & _TOKEN]
                        held >>= _TOKEN_BITS
                    count += int(facts >> np.uint64(8))
                    at = stop
                    continue
            num_ids = encode_piece(
                data,
                at,
                stop,
                left,
                right,
                pairs,
                steps,
                token_of_state,
                state_of_character,
                sizes,
                shorter,
                dead,
                ids,
                count,
            )
            if is_cached and num_ids <= _MOST_CACHED:
                held = np.uint64(0)
                for place in range(num_ids):
                    held |= np.uint64(ids[count + place]) << (np.uint64(place) * _TOKEN_BITS)
                slots[slot, _FIRST], slots[slot, _SECOND] = first, second
                slots[slot, _FACTS] = np.uint64(size) | np.uint64(num_ids) << np.uint64(8)
                slots[slot, _TOKENS] = held
            for place in range(count, count + num_ids):
                ids[place] = id_of[ids[place]]
            count += num_ids
            at = stop
        if end_id != NONE:
            ids[count] = end_id
            count += 1
        offsets[text + 1] = count
