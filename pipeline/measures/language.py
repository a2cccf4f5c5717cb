"""Which language a text is written in, or ``und`` when its letters do not tell.

Evidence of all n-grams of one to four letters and of all words is added up as integers, so an
answer is the same on every call, in every order and on every machine. Letters of the script that
is in the minority do not vote; zh, ja and ko are told apart by script; and a text whose n-grams
are mostly unknown is ``und``. How the evidence was learned: ``language_training``.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numba import njit
from numpy.typing import NDArray

from pipeline.measures.language_features import collect_keys, find_row
from pipeline.measures.language_profiles import LANES, LONGEST_NGRAM, load
from pipeline.measures.language_symbols import BUFFER_SIZE, KIND_COUNTS, transcribe_text
from pipeline.text.utf8 import Texts, as_utf8

UNDETERMINED = "und"
LATIN_WEIGHT, OTHER_WEIGHT, HAN_OR_KANA_WEIGHT, HANGUL_WEIGHT = 2, 3, 8, 6
"""What a letter counts for in the vote between scripts: a Han character says what four Latin
letters say, and Latin letters turn up in every text (names, code, menus)."""
MIN_EVIDENCE = 10
"""Sum of those weights below which nothing is said: five Latin letters or two Han characters."""
MIN_SCORE = 0.15
MIN_KNOWN = 0.4
"""Share of the characters of a text that must end an n-gram that was learned: one of three or more
in Latin letters, of two or more in others, which say more each."""
TEMPERATURE = 1.0
"""Logits are divided by this before they become a posterior."""
WINDOW_ROWS = 128
"""As many rows of evidence, an n-gram's and a word's each, as an int16 is sure to hold."""
_POSTERIOR_STEPS = 64
_NOT_LIKELY = 12
# exp(-distance) in 16-bit fixed point: not even the last bit of a score depends on a machine's
# mathematical library.
_POSTERIOR: NDArray[np.int64] = np.round(
    65536 * np.exp(-np.arange(_NOT_LIKELY * _POSTERIOR_STEPS) / _POSTERIOR_STEPS)
).astype(np.int64)


@dataclass(frozen=True, slots=True)
class Language:
    """Code (ISO 639-1, or ``und``) and score in [0, 1] of one text."""

    code: str
    score: float


@njit("void(int32[::1], int64, float64, float32[::1], float64[::1])", cache=True, nogil=True)
def _logits(
    totals: NDArray[np.int32],
    num_rows: int,
    step: float,
    bias: NDArray[np.float32],
    result: NDArray[np.float64],
) -> None:
    scale = step / np.sqrt(np.float64(num_rows))
    for lane in range(LANES):
        result[lane] = totals[lane] * scale + bias[lane]


@njit(
    "void(int16[::1], int64, float64, float32[::1], int64[::1], int32[::1], float64[::1],"
    " float64[::1])",
    cache=True,
    nogil=True,
)
def _close_window(
    window: NDArray[np.int16],
    num_rows: int,
    step: float,
    bias: NDArray[np.float32],
    posterior: NDArray[np.int64],
    totals: NDArray[np.int32],
    shares: NDArray[np.float64],
    logits: NDArray[np.float64],
) -> None:
    """Add the sums of a window to ``totals`` and its rows, divided by posterior, to ``shares``."""
    sums = window.astype(np.int32)
    totals += sums
    _logits(sums, num_rows, step, bias, logits)
    best = logits.max()
    whole = np.int64(0)
    for lane in range(LANES):
        distance = (best - logits[lane]) * (_POSTERIOR_STEPS / TEMPERATURE)
        if distance < len(posterior):
            whole += posterior[int(distance)]
    for lane in range(LANES):
        distance = (best - logits[lane]) * (_POSTERIOR_STEPS / TEMPERATURE)
        if distance < len(posterior):
            shares[lane] += num_rows * posterior[int(distance)] / whole
    window[:] = 0


@njit(
    "Tuple((int64, int64))(int64[:, ::1], int64[::1], int64, int64, uint64[::1], int8[:, ::1],"
    " float64, float32[::1], int64[::1], int32[::1], float64[::1], float64[::1])",
    cache=True,
    nogil=True,
)
def _add_up(
    ngrams: NDArray[np.int64],
    words: NDArray[np.int64],
    num_rows: int,
    known_from: int,
    slots: NDArray[np.uint64],
    rows: NDArray[np.int8],
    step: float,
    bias: NDArray[np.float32],
    posterior: NDArray[np.int64],
    totals: NDArray[np.int32],
    shares: NDArray[np.float64],
    logits: NDArray[np.float64],
) -> tuple[int, int]:
    """Evidence of all keys of a text, as ``collect_keys`` gives them.

    Returns the language's lane, and at how many characters an n-gram longer than
    ``known_from`` symbols was known.
    """
    totals[:] = 0
    shares[:] = 0
    window = np.zeros(LANES, np.int16)
    known = 0
    start = 0
    for k in range(num_rows):
        for length in range(LONGEST_NGRAM - 1, -1, -1):
            if ngrams[k, length] < 0:
                continue
            row = find_row(slots, ngrams[k, length])
            if row >= 0:
                known += length >= known_from
                evidence = rows[row]
                for lane in range(LANES):
                    window[lane] += evidence[lane]
                break
        if words[k] >= 0:
            row = find_row(slots, words[k])
            if row >= 0:
                evidence = rows[row]
                for lane in range(LANES):
                    window[lane] += evidence[lane]
        if k + 1 - start == WINDOW_ROWS or k + 1 == num_rows:
            _close_window(window, k + 1 - start, step, bias, posterior, totals, shares, logits)
            start = k + 1
    _logits(totals, num_rows, step, bias, logits)
    return int(np.argmax(logits)), known


@njit(
    "Tuple((int64[::1], float32[::1]))(uint8[::1], int64[::1], uint32[::1], uint32[::1],"
    " uint16[::1], uint64[::1], int8[:, ::1], float64, float32[::1], int64[::1], int64[::1])",
    cache=True,
    nogil=True,
)
def _detect(
    data: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    symbol_of_code: NDArray[np.uint32],
    composition_keys: NDArray[np.uint32],
    composed: NDArray[np.uint16],
    slots: NDArray[np.uint64],
    rows: NDArray[np.int8],
    step: float,
    bias: NDArray[np.float32],
    cjk_lanes: NDArray[np.int64],
    posterior: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    num_texts = len(offsets) - 1
    best_lanes = np.full(num_texts, -1, np.int64)
    scores = np.zeros(num_texts, np.float32)
    symbols = np.empty(BUFFER_SIZE, np.uint32)
    letters = np.zeros(KIND_COUNTS, np.int64)
    ngrams = np.empty((BUFFER_SIZE + 1, LONGEST_NGRAM), np.int64)
    words = np.empty(BUFFER_SIZE + 1, np.int64)
    totals = np.zeros(LANES, np.int32)
    shares = np.zeros(LANES, np.float64)
    logits = np.zeros(LANES, np.float64)
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
            num_rows = collect_keys(symbols, count, latin > others, ngrams, words)
            if num_rows == 0:
                continue
            best, known = _add_up(
                ngrams,
                words,
                num_rows,
                2 if latin > others else 1,
                slots,
                rows,
                step,
                bias,
                posterior,
                totals,
                shares,
                logits,
            )
            if known < MIN_KNOWN * num_rows:
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
        profiles.composition_keys,
        profiles.composed,
        profiles.slots,
        profiles.rows,
        profiles.step,
        profiles.bias,
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
