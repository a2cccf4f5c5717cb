"""Which language a text is written in, or ``und`` when its letters do not tell.

langdetect's profiles without langdetect's dice: the gains of all n-grams of one to three
characters are added up as integers, so an answer is the same on every call, in every order and
on every machine. The normalisation is langdetect's (addresses removed, Vietnamese composed,
capitals inside a word skipped). Four rules are ours: letters of the script that is in the minority
do not vote; a text in capitals is read in lower case; zh, ja and ko are told apart by script; and
a text that is unlike even the best profile is ``und``, because the world has more languages than
the profiles.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numba import njit
from numpy.typing import NDArray

from pipeline.measures.language_profiles import (
    GAIN_STEP,
    HASH_MULTIPLIER,
    HASH_SHIFT,
    LANES,
    NO_SYMBOL,
    ROW_BITS,
    SLOT_BITS,
    SPACE_SYMBOL,
    SYMBOL_BITS,
    load,
)
from pipeline.measures.language_symbols import (
    BUFFER_SIZE,
    CAPITALS,
    KIND_COUNTS,
    transcribe_text,
)
from pipeline.text.utf8 import Texts, as_utf8

UNDETERMINED = "und"
LATIN_WEIGHT, OTHER_WEIGHT, HAN_OR_KANA_WEIGHT, HANGUL_WEIGHT = 2, 3, 8, 6
"""What a letter counts for in the vote between scripts: a Han character says what four Latin
letters say, and Latin letters turn up in every text (names, code, menus)."""
MIN_EVIDENCE = 12
"""Sum of those weights below which nothing is said: six Latin letters or two Han characters."""
MIN_SCORE = 0.3
TEMPERATURE = 4.0
"""The n-grams that end at one character share letters, so their evidence is not independent:
sums are divided by this before they become a posterior. Fitted for log-loss on sentences."""
MIN_LIKENESS = 0.79
"""Share of the gain per character expected of a language below which a text is not of it; the
first ``UNLIKE_ALLOWANCE`` characters are free. Costs 0.2 % of the texts in our languages and
rejects 55 % of those in others."""
UNLIKE_ALLOWANCE = 2.7
WINDOW_ROWS = 256
"""As many gains of one byte as a uint16 is sure to hold."""

# exp(-distance / TEMPERATURE) in 16-bit fixed point, by distance in units of GAIN_STEP: so that
# not even the last bit of a score depends on a machine's mathematical library.
_POSTERIOR: NDArray[np.int64] = np.round(
    65536 * np.exp(-np.arange(int(12 * TEMPERATURE / GAIN_STEP)) * GAIN_STEP / TEMPERATURE)
).astype(np.int64)


@dataclass(frozen=True, slots=True)
class Language:
    """Code (ISO 639-1, or ``und``) and score in [0, 1] of one text."""

    code: str
    score: float


@njit("int64(int64[::1], int64)", cache=True, nogil=True)
def _find_row(slots: NDArray[np.int64], key: int) -> int:
    """Row of an n-gram, or of the longest n-gram in the profiles that it ends with, or -1."""
    for length in (3, 2, 1):
        key &= (1 << SYMBOL_BITS * length) - 1
        at = np.int64((np.uint64(key) * HASH_MULTIPLIER) >> HASH_SHIFT)
        while slots[at] >= 0:
            if slots[at] >> ROW_BITS == key:
                return int(slots[at] & ((1 << ROW_BITS) - 1))
            at = np.int64((at + 1) & ((1 << SLOT_BITS) - 1))
    return -1


@njit("void(uint16[::1], int64, int64[::1], int64[::1], float64[::1])", cache=True, nogil=True)
def _close_window(
    window: NDArray[np.uint16],
    num_rows: int,
    posterior: NDArray[np.int64],
    totals: NDArray[np.int64],
    shares: NDArray[np.float64],
) -> None:
    """Add the sums of a window to ``totals`` and its rows, divided by posterior, to ``shares``."""
    best = np.int64(0)
    for lane in range(len(totals)):
        totals[lane] += window[lane]
        best = max(best, np.int64(window[lane]))
    whole = np.int64(0)
    for lane in range(len(totals)):
        if best - window[lane] < len(posterior):
            whole += posterior[best - window[lane]]
    for lane in range(len(totals)):
        if best - window[lane] < len(posterior):
            shares[lane] += num_rows * posterior[best - window[lane]] / whole
    window[:] = 0


@njit(
    "int64(uint32[::1], int64, boolean, boolean, uint16[::1], int64[::1], uint8[:, ::1],"
    " int64[::1], int64[::1], float64[::1])",
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
    posterior: NDArray[np.int64],
    totals: NDArray[np.int64],
    shares: NDArray[np.float64],
) -> int:
    """Gains of all n-grams of a text; returns the number of characters that had any."""
    totals[:] = 0
    shares[:] = 0
    window = np.zeros(LANES, np.uint16)
    before = np.int64(NO_SYMBOL)
    last = np.int64(SPACE_SYMBOL)
    last_is_upper = False
    in_capitals = False
    num_rows = 0
    all_rows = 0
    for k in range(count):
        symbol = np.int64(symbols[k] & 0xFFFF)
        kind = (symbols[k] >> 16) & 0xF
        is_upper = symbols[k] >> 20 != 0 and not shouting
        if kind != 0 and (kind == 1) != keep_latin:
            symbol = np.int64(SPACE_SYMBOL)
            is_upper = False
        elif shouting:
            symbol = np.int64(lower_symbols[symbol])
        if last == SPACE_SYMBOL:
            before = np.int64(NO_SYMBOL)
            if symbol == SPACE_SYMBOL:
                continue
        in_capitals = is_upper and (last_is_upper or in_capitals)
        last_is_upper = is_upper
        key = (before << SYMBOL_BITS | last) << SYMBOL_BITS | symbol
        before = last
        last = symbol
        if symbol == NO_SYMBOL:
            before = symbol
            continue
        if in_capitals:
            continue
        row = _find_row(slots, int(key))
        if row >= 0:
            gains = rows[row]
            for lane in range(LANES):
                window[lane] += gains[lane]
        num_rows += 1  # a character that no profile knows is one that gained nothing
        if num_rows == WINDOW_ROWS:
            _close_window(window, num_rows, posterior, totals, shares)
            all_rows += num_rows
            num_rows = 0
    if num_rows:
        _close_window(window, num_rows, posterior, totals, shares)
    return all_rows + num_rows


@njit(
    "Tuple((int64[::1], float32[::1]))(uint8[::1], int64[::1], uint32[::1], uint16[::1],"
    " uint32[::1], uint16[::1], int64[::1], uint8[:, ::1], float64[::1], int64[::1], int64[::1])",
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
    expected_gains: NDArray[np.float64],
    cjk_lanes: NDArray[np.int64],
    posterior: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    num_texts = len(offsets) - 1
    best_lanes = np.full(num_texts, -1, np.int64)
    scores = np.zeros(num_texts, np.float32)
    symbols = np.empty(BUFFER_SIZE, np.uint32)
    letters = np.zeros(KIND_COUNTS, np.int64)
    totals = np.zeros(len(expected_gains), np.int64)
    shares = np.zeros(len(expected_gains), np.float64)
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
        han, kana, hangul = letters[3], letters[4], letters[5]
        latin = LATIN_WEIGHT * letters[1]
        cjk = HAN_OR_KANA_WEIGHT * (han + kana) + HANGUL_WEIGHT * hangul
        others = OTHER_WEIGHT * letters[2] + cjk
        evidence = max(latin, others)
        if evidence < MIN_EVIDENCE:
            continue
        if 2 * cjk > others and latin <= others:
            best = cjk_lanes[0]  # zh
            if 3 * hangul >= han + kana + hangul:
                best = cjk_lanes[2]  # ko
            elif 10 * kana >= han + kana:
                best = cjk_lanes[1]  # ja
            num_letters = han + kana + hangul
            score = cjk / (latin + others) * (num_letters / (num_letters + 1.0))
        else:
            num_rows = _add_up(
                symbols,
                count,
                latin > others,
                2 * letters[CAPITALS] > letters[1] + letters[2],
                lower_symbols,
                slots,
                rows,
                posterior,
                totals,
                shares,
            )
            best = np.argmax(totals)
            expected = MIN_LIKENESS * expected_gains[best] * (num_rows - UNLIKE_ALLOWANCE)
            if num_rows == 0 or totals[best] < expected:
                continue
            score = shares[best] / num_rows * (evidence / (latin + others))
        if score >= MIN_SCORE:
            best_lanes[i] = best
            scores[i] = np.float32(score)
    return best_lanes, scores


def measure(texts: Texts) -> tuple[pa.Array, NDArray[np.float32]]:
    """Language of each text of a batch.

    The score is the mean, over windows of ``WINDOW_ROWS`` characters, of the posterior of the
    text's language in the window, times the share of the letters that are of its script: a text of
    two halves in two languages scores about one half. (For zh, ja and ko: ``n / (n + 1)`` for n
    characters, times that share.)

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
        profiles.expected_gains,
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
