"""Language by plain sums over langdetect's profiles and its own n-gram class: slow, no tables."""

import math
import re
import unicodedata

from langdetect.utils.ngram import NGram

URL = re.compile(r"https?://[-_.?&~;+=/#0-9A-Za-z]+")
MAIL = re.compile(r"[-_.0-9A-Za-z]{1,64}@[-_.0-9A-Za-z]{2,}")
WEIGHTS = {"latin": 2, "other": 3, "han": 8, "kana": 8, "hangul": 6}


def script(character):
    if unicodedata.category(character)[0] != "L" or character in "ªº" or ord(character) > 0xFFFF:
        return None
    name = unicodedata.name(character, "")
    for start, found in (
        ("LATIN", "latin"), ("CJK", "han"), ("HIRAGANA", "kana"), ("KATAKANA", "kana"),
        ("HALFWIDTH KATAKANA", "kana"), ("HANGUL", "hangul"), ("HALFWIDTH HANGUL", "hangul"),
    ):  # fmt: skip
        if name.startswith(start):
            return found
    return "other"


def compose(text):
    """Letters joined with the marks U+0300 to U+036F that follow them, one after the other."""
    out = []
    for character in text:
        if out and 0x300 <= ord(character) <= 0x36F and ord(out[-1]) <= 0xFFFF:
            joined = unicodedata.normalize("NFC", out[-1] + character)
            if len(joined) == 1 and joined != character:
                out[-1] = joined
                continue
        out.append(character)
    return "".join(out)


def ngrams_of(text, keep, shouting, alphabet):
    """For each character that may vote, the n-grams of one to three characters that end there."""
    ngram = NGram()
    for character in text:
        if script(character) is not None and (script(character) == "latin") != keep:
            character = " "
        character = NGram.normalize(character)
        if character.isspace():
            character = " "
        if shouting and character.lower()[0] in alphabet:
            character = character.lower()[0]
        if shouting and character.isupper():
            character = "\uffff"  # no profile knows it, and it is not a capital for NGram
        before = ngram.grams[-1]
        ngram.add_char(character)
        if (before == " " and character == " ") or ngram.capitalword:
            continue
        yield [ngram.grams[-n:] for n in (1, 2, 3) if n <= len(ngram.grams)]


def detect(text, shares, smoothing, step, temperature, expected, rule):
    """Code and score; ``shares`` as ``language_training.read_shares`` gives them, ``rule`` the
    module that holds the limits."""
    text = compose(MAIL.sub(" ", URL.sub(" ", text)))
    counts = dict.fromkeys(WEIGHTS, 0)
    for character in text:
        if script(character):
            counts[script(character)] += 1
    mass = {name: WEIGHTS[name] * counts[name] for name in WEIGHTS}
    cjk = mass["han"] + mass["kana"] + mass["hangul"]
    latin, others = mass["latin"], mass["other"] + cjk
    evidence = max(latin, others)
    if evidence < rule.MIN_EVIDENCE:
        return "und", 0.0
    if 2 * cjk > others and latin <= others:
        han, kana, hangul = counts["han"], counts["kana"], counts["hangul"]
        letters = han + kana + hangul
        code = "ko" if 3 * hangul >= letters else "ja" if 10 * kana >= han + kana else "zh"
        score = cjk / (latin + others) * letters / (letters + 1)
        return (code, score) if score >= rule.MIN_SCORE else ("und", 0.0)
    capitals = sum(NGram.normalize(c).isupper() for c in text if ord(c) <= 0xFFFF)
    shouting = 2 * capitals > counts["latin"] + counts["other"]
    alphabet = {c for share in shares.values() for ngram in share for c in ngram}
    codes = sorted(shares)
    totals, votes, window, rows = dict.fromkeys(codes, 0), dict.fromkeys(codes, 0.0), None, 0
    in_window = 0

    def close():
        best = max(window.values())
        odds = {c: round(65536 * math.exp(-(best - v) * step / temperature))
                for c, v in window.items() if best - v < int(12 * temperature / step)}  # fmt: skip
        for c, odd in odds.items():
            votes[c] += in_window * odd / sum(odds.values())

    window = dict.fromkeys(codes, 0)
    for found in ngrams_of(text, latin > others, shouting, alphabet):
        for code in codes:
            for ngram in found:
                share = shares[code].get(ngram, 0.0) if ngram != " " else 0.0
                gain = round(math.log1p(share / smoothing) / step)
                window[code] += gain
                totals[code] += gain
        in_window += 1
        rows += 1
        if in_window == 256:
            close()
            window, in_window = dict.fromkeys(codes, 0), 0
    if in_window:
        close()
    best = max(codes, key=lambda code: (totals[code], -codes.index(code)))
    if not rows or totals[best] < rule.MIN_LIKENESS * expected[best] * (
        rows - rule.UNLIKE_ALLOWANCE
    ):
        return "und", 0.0
    score = votes[best] / rows * (evidence / (latin + others))
    return (best, score) if score >= rule.MIN_SCORE else ("und", 0.0)
