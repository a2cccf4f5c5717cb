"""Characters, lines and sentences of a text in one pass over its bytes."""

from collections.abc import Iterable

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pipeline.measures.quality_counts import Count
from pipeline.measures.quality_phrases import (
    PHRASE_KINDS,
    PHRASE_LETTERS,
    PHRASE_WORDS,
    PhraseKind,
    phrase_at,
)
from pipeline.text.utf8 import decode_one
from pipeline.text.words import HAN_OR_KANA, TERMINAL, UNSPACED, UPPERCASE, character

SHORT_LINE = 30
"""FineWeb's limit. A character of an unspaced script counts for two, as it is printed."""
PROSE_WORDS = 3
"""C4 keeps lines with at least as many words."""
NAVIGATION_WORDS = 10
"""RefinedWeb looks for navigation in lines of at most as many words."""

BULLETS = "-*•‣▪▫◦●○■□◆◇★☆▶►·・※"
CLOSERS = "\"'”’“‘»›«‹」』)）]】》〉"
"""What may stand between the end of a sentence and the end of its line."""


def _code_points(characters: Iterable[str]) -> NDArray[np.uint32]:
    return np.array(sorted(map(ord, characters)), np.uint32)


_BULLET_CODES = _code_points(BULLETS)
_CLOSER_CODES = _code_points(CLOSERS)


@njit("boolean(uint32)", cache=True, nogil=True)
def _is_bullet(code: np.uint32) -> bool:
    for bullet in _BULLET_CODES:  # noqa: SIM110 (numba has no any())
        if bullet == code:
            return True
    return False


@njit("boolean(uint32)", cache=True, nogil=True)
def _is_closer(code: np.uint32) -> bool:
    for closer in _CLOSER_CODES:  # noqa: SIM110 (numba has no any())
        if closer == code:
            return True
    return False


@njit("void(int64[::1], int64[::1])", cache=True, nogil=True)
def _count_kinds(kinds: NDArray[np.int64], row: NDArray[np.int64]) -> None:
    """Counts of characters by class, from the number of times that each entry of ``CHARACTERS``
    was met; which it resets."""
    for flags in range(256):
        times = kinds[flags]
        kinds[flags] = 0
        kind = flags & 0x0F
        row[Count.CHARACTERS] += times
        if kind != 4 and kind != 5:
            row[Count.VISIBLE] += times
        if kind == 1:
            row[Count.LETTERS] += times
            if flags & UNSPACED:
                row[Count.UNSPACED_LETTERS] += times
            if flags & UPPERCASE:
                row[Count.UPPERCASE] += times
        elif kind == 2:
            row[Count.MARKS] += times
        elif kind == 3:
            row[Count.DIGITS] += times


@njit("uint64(uint64, uint32)", cache=True, nogil=True, inline="always")
def _hash_on(hashed: np.uint64, code: np.uint32) -> np.uint64:
    return np.uint64((hashed ^ np.uint64(code)) * np.uint64(0x100000001B3) + np.uint64(1))


@njit(
    "Tuple((int64, int64))(uint8[::1], int64, int64, uint8[::1], int64[::1], int64, int64,"
    " int64[::1], uint64[::1], int64[::1], uint64[::1], int64[::1], int64[::1])",
    cache=True,
    nogil=True,
)
def count_lines(
    data: NDArray[np.uint8],
    first: int,
    last: int,
    table: NDArray[np.uint8],
    word_starts: NDArray[np.int64],
    word: int,
    last_word: int,
    kinds: NDArray[np.int64],
    line_hashes: NDArray[np.uint64],
    line_lengths: NDArray[np.int64],
    paragraph_hashes: NDArray[np.uint64],
    paragraph_lengths: NDArray[np.int64],
    row: NDArray[np.int64],
) -> tuple[int, int]:
    """Count characters, lines and sentences of ``data[first:last]`` into ``row``.

    ``word_starts[word:last_word]`` are the byte starts of its words; ``kinds`` is scratch, (256,)
    zeros. Hash and length of each line and paragraph are written out; their numbers are returned.
    """
    lines = paragraphs = 0
    paragraph_hash = np.uint64(0)
    paragraph_length = 0
    is_open = False  # a letter or digit since the last end of a sentence
    after_unstopped = False  # after a letter, with its marks, of a script without full stops
    stops = 0  # length of the run of full stops here
    has_ellipsis = False  # that run holds a …
    # Of this line, up to here, and up to its last visible character:
    length = visible_length = 0
    line_hash = visible_hash = np.uint64(0)
    unspaced = words = sentences = 0
    letters = capitals = digits = 0
    counter_letters = opening = closing = closes_at = anywhere = 0
    in_boilerplate = False
    # What it ends with, closing quotes and brackets aside:
    ends_terminal = ends_in_ellipsis = False

    at = first
    while at <= last:
        if at < last:
            code, after = decode_one(data, at)
            flags = character(table, code)
            kinds[flags] += 1
        else:  # the end of the text ends its last line
            code, after, flags = np.uint32(10), at + 1, np.uint8(5)
        kind = flags & 0x0F

        if stops and code != 0x2E and code != 0x2026:
            row[Count.ELLIPSES] += has_ellipsis or stops >= 3
            stops = 0
            has_ellipsis = False

        if kind == 4 or kind == 5:
            # Thai and its neighbours write a blank where others write a full stop.
            if after_unstopped and is_open:
                sentences += 1
                is_open = False
            after_unstopped = False
            if length and code != 10:
                length += 1
                line_hash = _hash_on(line_hash, code)
        else:
            if word < last_word and at == word_starts[word]:
                word += 1
                words += 1
                phrase = phrase_at(data, at, last)
                if phrase >= 0:
                    effect, size = PHRASE_KINDS[phrase], PHRASE_WORDS[phrase]
                    if effect == PhraseKind.BOILERPLATE:
                        in_boilerplate = True
                    elif effect == PhraseKind.LOREM_IPSUM:
                        row[Count.LOREM_IPSUM] += 1
                    elif effect == PhraseKind.COUNTER:
                        counter_letters += PHRASE_LETTERS[phrase]
                    elif effect == PhraseKind.OPENING and words == 1:
                        opening = size
                    elif effect == PhraseKind.CLOSING:
                        closing, closes_at = size, words - 1 + size
                    elif effect == PhraseKind.ANYWHERE:
                        anywhere += size
            if length == 0 and _is_bullet(code):
                row[Count.BULLET_LINES] += 1
            if kind == 1:
                is_open = True
                after_unstopped = False
                letters += 1
                if flags & UPPERCASE:
                    capitals += 1
                if flags & UNSPACED:
                    unspaced += 1
                    after_unstopped = not flags & HAN_OR_KANA
            elif kind != 2:
                after_unstopped = False
                if kind == 3:
                    is_open = True
                    digits += 1
                elif code == 0x2E or code == 0x2026:
                    stops += 1
                    has_ellipsis = has_ellipsis or code == 0x2026
                elif code == 0x23 or code == 0xFF03:
                    row[Count.HASHES] += 1
                elif code == 0x7B or code == 0x7D:
                    row[Count.CURLY_BRACKETS] += 1
                elif code == 0xFFFD:
                    row[Count.REPLACEMENTS] += 1
            if flags & TERMINAL and is_open:
                # 3.5 and example.com hold no end of a sentence; 。 is one wherever it stands.
                inside = False
                if code < 0x80 and after < last:
                    following, _ = decode_one(data, after)
                    next_kind = character(table, following) & 0x0F
                    inside = bool(1 <= next_kind <= 3)
                if not inside:
                    sentences += 1
                    is_open = False
            if kind < 6 or not _is_closer(code):
                ends_in_ellipsis = has_ellipsis or stops >= 3
                ends_terminal = bool(flags & TERMINAL) or after_unstopped
            length += 1
            line_hash = _hash_on(line_hash, code)
            visible_hash = line_hash
            visible_length = length

        if code == 10:
            row[Count.NEWLINES] += at < last
            row[Count.SENTENCES] += sentences
            if visible_length:
                is_terminal = ends_terminal and not ends_in_ellipsis
                row[Count.SHORT_LINES] += visible_length + unspaced <= SHORT_LINE
                row[Count.TERMINAL_LINES] += is_terminal
                row[Count.SENTENCE_LINES] += sentences > 0
                row[Count.ELLIPSIS_LINES] += ends_in_ellipsis
                row[Count.BOILERPLATE_LINES] += in_boilerplate
                if is_terminal and words >= PROSE_WORDS and not in_boilerplate:
                    row[Count.PROSE_SENTENCES] += sentences
                row[Count.LINE_CHARACTERS] += visible_length
                line_hashes[lines] = visible_hash
                line_lengths[lines] = visible_length
                lines += 1
                if (
                    words < 2
                    or 2 * capitals > visible_length
                    or digits == visible_length
                    or (counter_letters and digits and letters <= counter_letters + 1)
                ):
                    row[Count.UNDESIRABLE_WORDS] += words
                elif words <= NAVIGATION_WORDS:
                    row[Count.UNDESIRABLE_WORDS] += min(
                        words, opening + anywhere + (closing if closes_at == words else 0)
                    )
                paragraph_hash = (
                    paragraph_hash ^ visible_hash ^ visible_hash >> np.uint64(31)
                ) * np.uint64(0x9E3779B97F4A7C15)
                paragraph_length += visible_length
            if paragraph_length and (at == last or not visible_length):
                paragraph_hashes[paragraphs] = paragraph_hash
                paragraph_lengths[paragraphs] = paragraph_length
                paragraphs += 1
                paragraph_hash = np.uint64(0)
                paragraph_length = 0
            length = visible_length = 0
            line_hash = visible_hash = np.uint64(0)
            unspaced = words = sentences = 0
            letters = capitals = digits = 0
            counter_letters = opening = closing = closes_at = anywhere = 0
            in_boilerplate = False
            ends_terminal = ends_in_ellipsis = False
        at = after
    row[Count.LINES] = lines
    row[Count.PARAGRAPHS] = paragraphs
    _count_kinds(kinds, row)
    return lines, paragraphs
