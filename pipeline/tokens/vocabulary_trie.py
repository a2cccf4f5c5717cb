"""The vocabulary of a byte-level BPE as tables: its merges, and a trie of its tokens.

Inside, tokens are numbered by the order in which merges make them: the 256 bytes, then one for each
merge. Which of two tokens was made later is thereby which number is higher.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

NONE = np.int32(2**31 - 1)
_EMPTY = np.uint64(2**64 - 1)
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)  # Knuth's multiplicative hashing
_NUM_BYTES = 256
_MOST_VALUES = 1 << 20  # tokens; two of them are a key
_MOST_STATES = 1 << 24


@dataclass(frozen=True, slots=True)
class VocabularyTables:
    """What the kernels look up. ``N`` tokens, ``num_slots`` a power of two.

    Attributes:
        ids: int32 (N,), the id of each token outside.
        left: int32 (N,), what a token was merged of; bytes are their own.
        right: int32 (N,), likewise.
        pairs: uint64 (num_slots,), ``left << 20 | right`` of each merge and what it makes, see
            :func:`find`.
        steps: uint64 (num_slots,), ``state << 8 | byte`` of each step in the trie and where it
            leads; state ``b`` is behind byte ``b``.
        token_of_state: int32 (num_states,), the longest token on the way there.
        state_of_character: int32 (65536,), the state behind the three bytes of a character, or
            ``NONE``; a step in place of two.
        sizes: int32 (N,), bytes of each token.
        shorter: int32 (N,), longest token that a token begins with, but itself; or ``NONE``.
        are_whole: whether the encoding of the bytes of each token is that token.
    """

    ids: NDArray[np.int32]
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    pairs: NDArray[np.uint64]
    steps: NDArray[np.uint64]
    token_of_state: NDArray[np.int32]
    state_of_character: NDArray[np.int32]
    sizes: NDArray[np.int32]
    shorter: NDArray[np.int32]
    are_whole: bool


def tabulate(
    byte_ids: Sequence[int], merges: Sequence[tuple[int, int, int]]
) -> VocabularyTables | None:
    """Tables of a vocabulary, or None where its merges are not those of a plain BPE.

    In a plain one, each merge joins tokens that the bytes or earlier merges have made, and makes
    what none has made before.

    Args:
        byte_ids: ids of the 256 bytes.
        merges: ids (left, right, result), the first merge first.
    """
    ids = [*byte_ids, *(result for _, _, result in merges)]
    number = {id_: token for token, id_ in enumerate(ids)}
    if len(number) < len(ids) or len(ids) >= _MOST_VALUES:
        return None
    left, right = np.arange(len(ids), dtype=np.int32), np.arange(len(ids), dtype=np.int32)
    for token, (one, other, _) in enumerate(merges, _NUM_BYTES):
        left[token], right[token] = number.get(one, token), number.get(other, token)
        if max(left[token], right[token]) >= token:
            return None
    pairs = _hash_table(len(merges))
    _add_pairs(left, right, pairs)
    sizes = np.ones(len(ids), np.int32)
    for token in range(_NUM_BYTES, len(ids)):
        sizes[token] = sizes[left[token]] + sizes[right[token]]
    if sizes.sum() + _NUM_BYTES >= _MOST_STATES:
        return None
    steps = _hash_table(int(sizes.sum()))  # more than there will be
    token_of_state = np.full(int(sizes.sum()) + _NUM_BYTES, NONE, np.int32)
    shorter = np.full(len(ids), NONE, np.int32)
    num_states, are_whole = _add_tokens(left, right, pairs, sizes, steps, token_of_state, shorter)
    small = _hash_table(num_states)
    _move(steps, small)
    state_of_character = np.full(1 << 16, NONE, np.int32)
    _look_up_characters(small, state_of_character)
    return VocabularyTables(
        np.array(ids, np.int32),
        left,
        right,
        pairs,
        small,
        token_of_state[:num_states].copy(),
        state_of_character,
        sizes,
        shorter,
        are_whole,
    )


def _hash_table(num_entries: int) -> NDArray[np.uint64]:
    return np.full(1 << max(4, (2 * num_entries).bit_length()), _EMPTY, np.uint64)


@njit("int32(uint64, uint64[::1])", cache=True, nogil=True, inline="always")
def find(key: np.uint64, table: NDArray[np.uint64]) -> np.int32:
    """What stands beside ``key`` (40 bits) in an open-addressed table, or ``NONE``.

    A slot holds ``key << 24 | value``, so that a look at it is one access to memory, or all ones.
    """
    mask = np.uint64(len(table) - 1)
    slot = (key * _GOLDEN) >> np.uint64(40) & mask
    while table[slot] >> np.uint64(24) != key:
        if table[slot] == _EMPTY:
            return NONE
        slot = (slot + np.uint64(1)) & mask
    return np.int32(table[slot] & np.uint64(0xFFFFFF))


@njit("void(uint64, int64, uint64[::1])", cache=True, nogil=True)
def _add(key: np.uint64, value: int, table: NDArray[np.uint64]) -> None:
    mask = np.uint64(len(table) - 1)
    slot = (key * _GOLDEN) >> np.uint64(40) & mask
    while table[slot] != _EMPTY:
        slot = (slot + np.uint64(1)) & mask
    table[slot] = key << np.uint64(24) | np.uint64(value)


@njit("void(uint64[::1], uint64[::1])", cache=True, nogil=True)
def _move(table: NDArray[np.uint64], other: NDArray[np.uint64]) -> None:
    for entry in table:
        if entry != _EMPTY:
            _add(entry >> np.uint64(24), int(entry & np.uint64(0xFFFFFF)), other)


@njit("void(uint64[::1], int32[::1])", cache=True, nogil=True)
def _look_up_characters(steps: NDArray[np.uint64], states: NDArray[np.int32]) -> None:
    for code in range(0x800, len(states)):
        state = np.uint64(0xE0 | code >> 12)
        second = find(state << np.uint64(8) | np.uint64(0x80 | code >> 6 & 0x3F), steps)
        if second != NONE:
            key = np.uint64(second) << np.uint64(8) | np.uint64(0x80 | code & 0x3F)
            states[code] = find(key, steps)


@njit("void(int32[::1], int32[::1], uint64[::1])", cache=True, nogil=True)
def _add_pairs(
    left: NDArray[np.int32], right: NDArray[np.int32], pairs: NDArray[np.uint64]
) -> None:
    for token in range(_NUM_BYTES, len(left)):
        _add(np.uint64(left[token]) << np.uint64(20) | np.uint64(right[token]), token, pairs)


@njit(
    "boolean(int32, int32, int32, int32[::1], int32[::1], uint64[::1])",
    cache=True,
    nogil=True,
    inline="always",
)
def stay_apart(
    one: np.int32,
    other: np.int32,
    limit: np.int32,
    left: NDArray[np.int32],
    right: NDArray[np.int32],
    pairs: NDArray[np.uint64],
) -> bool:
    """Whether merges below ``limit`` never join what two neighbours were made of.

    Goes back through their merges, the last one first: as long as a pair stood at the border, no
    merge of it may come before the merge that made another of it. Where both are the same merge,
    the left one is done first. (Neubeck and van Antwerpen 2024, on which sequences of tokens are
    the encoding of their text.)
    """
    while True:
        joined = find(np.uint64(one) << np.uint64(20) | np.uint64(other), pairs)
        if joined < limit:
            return False
        if one < _NUM_BYTES and other < _NUM_BYTES:
            return True
        if one > other:
            limit, one = one, right[one]
        else:
            limit, other = np.int32(other + 1), left[other]


@njit(
    "Tuple((int64, boolean))"
    "(int32[::1], int32[::1], uint64[::1], int32[::1], uint64[::1], int32[::1], int32[::1])",
    cache=True,
    nogil=True,
)
def _add_tokens(
    left: NDArray[np.int32],
    right: NDArray[np.int32],
    pairs: NDArray[np.uint64],
    sizes: NDArray[np.int32],
    steps: NDArray[np.uint64],
    token_of_state: NDArray[np.int32],
    shorter: NDArray[np.int32],
) -> tuple[int, bool]:
    """Fill the trie with the tokens that are the encoding of their own bytes: number of states, and
    whether these are all tokens.

    No text holds another one.
    """
    is_own = np.ones(len(left), np.bool_)
    starts = np.zeros(len(left) + 1, np.int64)
    starts[1:] = np.cumsum(sizes)
    letters = np.empty(starts[-1], np.uint8)
    num_states = _NUM_BYTES
    is_end = np.zeros(len(token_of_state), np.bool_)
    is_end[:_NUM_BYTES] = True
    for token in range(len(left)):
        first = starts[token]
        if token < _NUM_BYTES:
            letters[first] = token
            token_of_state[token] = token
            continue
        one, other = left[token], right[token]
        is_own[token] = (
            is_own[one]
            and is_own[other]
            and stay_apart(one, other, np.int32(token), left, right, pairs)
        )
        letters[first : first + sizes[one]] = letters[starts[one] : starts[one + 1]]
        letters[first + sizes[one] : starts[token + 1]] = letters[starts[other] : starts[other + 1]]
        if not is_own[token]:
            continue
        state = np.int32(letters[first])
        for place in range(first + 1, starts[token + 1]):
            key = np.uint64(state) << np.uint64(8) | np.uint64(letters[place])
            state = find(key, steps)
            if state == NONE:
                _add(key, num_states, steps)
                state = np.int32(num_states)
                num_states += 1
        token_of_state[state] = token
        is_end[state] = True
    for token in range(_NUM_BYTES, len(left)):
        state = np.int32(letters[starts[token]])
        for place in range(starts[token] + 1, starts[token + 1]):
            if is_end[state]:
                shorter[token] = token_of_state[state]
            else:
                token_of_state[state] = shorter[token]
            key = np.uint64(state) << np.uint64(8) | np.uint64(letters[place])
            state = find(key, steps)
            if state == NONE:  # not in the trie
                break
    return num_states, bool(np.all(is_own))
