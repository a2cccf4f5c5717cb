"""Which language a text is written in, or ``und`` when its letters do not tell.

langdetect's profiles without langdetect's dice: the gains of all n-grams of one to three
characters are added up as integers, so an answer is the same on every call, in every order and
on every machine. The normalisation is langdetect's (addresses removed, Vietnamese composed, Kana,
Hangul and many Han characters merged into classes, words in capitals skipped); three rules are
ours: letters of the script that is in the minority do not vote, a text in capitals is read in
lower case, and zh, ja and ko are told apart by script.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numba import njit
from numpy.typing import NDArray

from pipeline.measures.language_profiles import GAIN_STEP, LANES, load
from pipeline.measures.language_symbols import (
    BUFFER_SIZE,
    CAPITALS,
    KIND_COUNTS,
    transcribe_text,
)
from pipeline.text.utf8 import Texts, as_utf8

UNDETERMINED = "und"
MIN_LETTERS = 6
"""Fewer letters than this are no evidence; a Han or Kana character counts for three letters and a
Hangul syllable for two."""
MIN_SCORE = 0.35
"""Below it the answer is ``und``."""
TEMPERATURE = 4.0
"""The n-grams that end at one character share letters, so their evidence is not independent:
sums are divided by this before they become a posterior. Fitted for log-loss on sentences."""

# exp(-distance / TEMPERATURE) in 16-bit fixed point, by distance in units of GAIN_STEP: integers,
# so that not even the last bit of a score depends on a machine's mathematical library.
_POSTERIOR: NDArray[np.int64] = np.round(
    65536 * np.exp(-np.arange(int(12 * TEMPERATURE / GAIN_STEP)) * GAIN_STEP / TEMPERATURE)
).astype(np.int64)


@dataclass(frozen=True, slots=True)
class Language:
    """Code (ISO 639-1, or ``und``) and score in [0, 1] of one text."""

    code: str
    score: float


@njit("int64(int64[::1], int64)", cache=True, nogil=True, inline="always")
def _find_row(slots: NDArray[np.int64], key: int) -> int:
    """Row of an n-gram, or of the longest n-gram in the profiles that it ends with, or -1."""
    while key > 0:
        at = np.int64((np.uint64(key) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(47))
        slot = slots[at]
        while slot >= 0:
            if slot >> 17 == key:
                return slot & 0x1FFFF
            at = (at + 1) & 0x1FFFF
            slot = slots[at]
        if key >> 26:
            key &= 0x3FFFFFF
        elif key >> 13:
            key &= 0x1FFF
        else:
            key = 0
    return -1


@njit(
    "void(uint16[::1], int64, int64[::1], int64, int64[::1], int64[::1], int64[::1])",
    cache=True,
    nogil=True,
)
def _close_window(
    window: NDArray[np.uint16],
    num_rows: int,
    cjk_lanes: NDArray[np.int64],
    cjk_choice: int,
    posterior: NDArray[np.int64],
    totals: NDArray[np.int64],
    shares: NDArray[np.int64],
) -> None:
    """Add the sums of a window to ``totals`` and its rows, divided by posterior, to ``shares``."""
    if cjk_choice >= 0:
        best_cjk = np.uint16(0)
        for k in range(3):
            best_cjk = max(best_cjk, window[cjk_lanes[k]])
            window[cjk_lanes[k]] = 0
        window[cjk_lanes[cjk_choice]] = best_cjk
    best = np.int64(0)
    for lane in range(LANES):
        totals[lane] += window[lane]
        best = max(best, np.int64(window[lane]))
    whole = np.int64(0)
    for lane in range(LANES):
        distance = best - window[lane]
        if distance < len(posterior):
            whole += posterior[distance]
    for lane in range(LANES):
        distance = best - window[lane]
        if distance < len(posterior):
            shares[lane] += num_rows * 65536 * posterior[distance] // whole
        window[lane] = 0


@njit(
    "int64(uint32[::1], int64, boolean, boolean, uint16[::1], int64[::1], uint8[:, ::1],"
    " int64[::1], int64, int64[::1], int64[::1], int64[::1])",
    cache=True,
    nogil=True,
)
def _add_up(
    symbols: NDArray[np.uint32],
    count: int,
    keep_latin: bool,
    shouting: bool,
    lower_symbols: NDArray[np.uint16],
    slots: NDArray[np.int64],
    rows: NDArray[np.uint8],
    cjk_lanes: NDArray[np.int64],
    cjk_choice: int,
    posterior: NDArray[np.int64],
    totals: NDArray[np.int64],
    shares: NDArray[np.int64],
) -> int:
    """Gains of all n-grams of a text; returns the number of characters that had any."""
    totals[:] = 0
    shares[:] = 0
    window = np.zeros(LANES, np.uint16)
    before = np.int64(0)
    last = np.int64(1)
    last_is_upper = False
    in_capitals = False
    num_rows = 0
    all_rows = 0
    for k in range(count):
        symbol = np.int64(symbols[k] & 0xFFFF)
        kind = (symbols[k] >> 16) & 0xF
        is_upper = symbols[k] >> 20 != 0 and not shouting
        if kind != 0 and (kind == 1) != keep_latin:
            symbol = np.int64(1)
            is_upper = False
        elif shouting:
            symbol = np.int64(lower_symbols[symbol])
        if last == 1:
            before = np.int64(0)
            if symbol == 1:
                continue
        in_capitals = is_upper and (last_is_upper or in_capitals)
        last_is_upper = is_upper
        if symbol == 0:
            before = last = np.int64(0)
            continue
        row = -1 if in_capitals else _find_row(slots, (before << 13 | last) << 13 | symbol)
        before = last
        last = symbol
        if row < 0:
            continue
        gains = rows[row]
        for lane in range(LANES):
            window[lane] += gains[lane]
        num_rows += 1
        if num_rows == 256:  # as many bytes as a uint16 is sure to hold
            _close_window(window, num_rows, cjk_lanes, cjk_choice, posterior, totals, shares)
            all_rows += num_rows
            num_rows = 0
    if num_rows:
        _close_window(window, num_rows, cjk_lanes, cjk_choice, posterior, totals, shares)
    return all_rows + num_rows


@njit(
    "Tuple((int64[::1], float32[::1]))(uint8[::1], int64[::1], uint32[::1], uint16[::1],"
    " uint32[::1], uint16[::1], int64[::1], uint8[:, ::1], int64[::1], int64[::1])",
    cache=True,
    nogil=True,
)
def _detect(
    data: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    symbol_of_code: NDArray[np.uint32],
    lower_symbols: NDArray[np.uint16],
    composition_keys: NDArray[np.uint32],
    composed: NDArray[np.uint16],
    slots: NDArray[np.int64],
    rows: NDArray[np.uint8],
    cjk_lanes: NDArray[np.int64],
    posterior: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    num_texts = len(offsets) - 1
    best_lanes = np.full(num_texts, -1, np.int64)
    scores = np.zeros(num_texts, np.float32)
    symbols = np.empty(BUFFER_SIZE, np.uint32)
    letters = np.zeros(KIND_COUNTS, np.int64)
    totals = np.zeros(LANES, np.int64)
    shares = np.zeros(LANES, np.int64)
    for i in range(num_texts):
        count = transcribe_text(
            data,
            offsets[i],
            offsets[i + 1],
            symbol_of_code,
            composition_keys,
            composed,
            symbols,
            letters,
        )
        latin, han, kana, hangul = letters[1], letters[3], letters[4], letters[5]
        others = letters[2] + 3 * (han + kana) + 2 * hangul
        keep_latin = latin > others
        evidence = max(latin, others)
        if evidence < MIN_LETTERS:
            continue
        cjk_choice = -1
        if han + kana + hangul > 0:
            cjk_choice = 0  # zh
            if 3 * hangul >= han + kana + hangul:
                cjk_choice = 2  # ko
            elif 10 * kana >= han + kana:
                cjk_choice = 1  # ja
        num_rows = _add_up(
            symbols,
            count,
            keep_latin,
            2 * letters[CAPITALS] > evidence,
            lower_symbols,
            slots,
            rows,
            cjk_lanes,
            cjk_choice,
            posterior,
            totals,
            shares,
        )
        if num_rows == 0:
            continue
        best = np.argmax(totals)
        score = shares[best] / (65536.0 * num_rows) * (evidence / (latin + others))
        if score >= MIN_SCORE:
            best_lanes[i] = best
            scores[i] = np.float32(score)
    return best_lanes, scores


def measure(texts: Texts) -> tuple[pa.Array, NDArray[np.float32]]:
    """Language of each text of a batch.

    The score is the mean, over windows of 256 characters, of the posterior of the text's language
    in the window, times the share of the letters that are of its script: a text of two halves in
    two languages scores about one half.

    Args:
        texts: Arrow string column or a sequence of ``str``; a null counts as an empty text.

    Returns:
        ISO 639-1 codes or ``und``, ``pa.string()``; scores in [0, 1], float32, 0 with ``und``.
    """
    batch = as_utf8(texts)
    profiles = load()
    cjk_lanes = np.array([profiles.codes.index(code) for code in ("zh", "ja", "ko")], np.int64)
    lanes, scores = _detect(
        batch.bytes,
        batch.offsets,
        profiles.symbol_of_code,
        profiles.lower_symbols,
        profiles.composition_keys,
        profiles.composed,
        profiles.slots,
        profiles.rows,
        cjk_lanes,
        _POSTERIOR,
    )
    names = pa.array([*profiles.codes, UNDETERMINED], pa.string())
    return names.take(pa.array(np.where(lanes < 0, len(profiles.codes), lanes))), scores


def detect(texts: Sequence[str]) -> list[Language]:
    """Language of each text, see :func:`measure`.

    >>> [language.code for language in detect(["The house is old.", "这座房子很旧。", "42 :-)"])]
    ['en', 'zh', 'und']
    """
    codes, scores = measure(texts)
    return [
        Language(code, score)
        for code, score in zip(codes.to_pylist(), scores.tolist(), strict=True)
    ]
