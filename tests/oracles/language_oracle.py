"""Language by plain Python sums over the shipped evidence: slow, no compiled code, no windows of
bytes."""

import math
import re
import unicodedata

import numpy as np

from pipeline.measures.language_profiles import (
    ROW_MASK,
    SLOT_BITS,
    SYMBOL_BITS,
    WORD_FLAG,
    tags_of,
)

URL = re.compile(r"https?://[-_.?&~;+=/#0-9A-Za-z]+")
MAIL = re.compile(r"[-_.0-9A-Za-z]{1,64}@[-_.0-9A-Za-z]{2,}")
WEIGHTS = {"latin": 2, "other": 3, "han": 8, "kana": 8, "hangul": 6}
NOTHING, SPACE, UNKNOWN = 0, 1, 2


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


class Oracle:
    """Looks features up in a dictionary made from the tables of the kernel."""

    def __init__(self, profiles, rule):
        self.profiles, self.rule = profiles, rule
        used = profiles.slots[profiles.slots != 0]
        self.rows = {
            int(entry & ~ROW_MASK): profiles.rows[int(entry & ROW_MASK) - 1].astype(int)
            for entry in used
        }
        assert len(profiles.slots) == 1 << SLOT_BITS

    def row(self, key):
        return self.rows.get(int(tags_of(np.array([key], np.int64))[0]))

    def symbols(self, text, keep_latin):
        """One symbol per character: letters of the other script and marks between are spaces."""
        out = []
        for at, character in enumerate(text):
            if ord(character) > 0xFFFF:
                out.append(UNKNOWN)
                continue
            symbol = int(self.profiles.symbol_of_code[ord(character)]) & 0xFFFF
            neighbours = text[max(0, at - 1) : at] + text[at + 1 : at + 2]
            if character in "0123456789":
                touches = any(
                    c not in "0123456789"
                    and ord(c) < 0x80
                    and int(self.profiles.symbol_of_code[ord(c)]) & 0xFFFF > SPACE
                    for c in neighbours
                )
                symbol = UNKNOWN if touches else SPACE
            found = script(character)
            if found is not None and (found == "latin") != keep_latin:
                symbol = SPACE
            out.append(symbol)
        return out

    def features(self, symbols):
        """For each character that counts: the row of the longest n-gram that is known and its
        length, and the row of the word that ends there."""
        before, word = [SPACE], []
        for symbol in [*symbols, SPACE]:
            if symbol == SPACE and before[-1] == SPACE:
                continue
            found = (None, 0)
            if symbol != UNKNOWN:
                usable = []
                for earlier in reversed(before):
                    if earlier == NOTHING:
                        break
                    usable.insert(0, earlier)
                    if earlier == SPACE:
                        break
                for length in range(min(4, len(usable) + 1), 0, -1):
                    ngram = [*usable[len(usable) - length + 1 :], symbol]
                    if ngram == [SPACE]:
                        continue
                    key = sum(s << SYMBOL_BITS * place for place, s in enumerate(ngram[::-1]))
                    if self.row(key) is not None:
                        found = (self.row(key), length)
                        break
            ended = None
            if symbol == SPACE:
                if len(word) >= 3:
                    ended = self.row(word_key(word))
                word = []
            else:
                word.append(symbol)
            before.append(NOTHING if symbol == UNKNOWN else symbol)
            yield found[0], found[1], ended

    def logits(self, totals, count):
        scale = self.profiles.step / math.sqrt(count)
        bias = self.profiles.bias.tolist()
        return [total * scale + b for total, b in zip(totals, bias, strict=True)]

    def detect(self, text):
        """Code and score of a text of less than 8 KiB."""
        text, rule = compose(MAIL.sub(" ", URL.sub(" ", text))), self.rule
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
        keep_latin = latin > others
        found = list(self.features(self.symbols(text, keep_latin)))
        known = sum(length >= (3 if keep_latin else 2) for _, length, _ in found)
        if not found or known < rule.MIN_KNOWN * len(found):
            return "und", 0.0
        lanes = len(self.profiles.bias)
        totals, votes = [0] * lanes, [0.0] * lanes
        for start in range(0, len(found), rule.WINDOW_ROWS):
            part = found[start : start + rule.WINDOW_ROWS]
            window = sum((r for row, _, word in part for r in (row, word) if r is not None), 0)
            window = [0] * lanes if isinstance(window, int) else window.tolist()
            totals = [a + b for a, b in zip(totals, window, strict=True)]
            logits = self.logits(window, len(part))
            odds = [math.exp(logit - max(logits)) for logit in logits]
            votes = [v + len(part) * o / sum(odds) for v, o in zip(votes, odds, strict=True)]
        logits = self.logits(totals, len(found))
        best = logits.index(max(logits))
        score = votes[best] / len(found) * (evidence / (latin + others))
        return (self.profiles.codes[best], score) if score >= rule.MIN_SCORE else ("und", 0.0)


def word_key(symbols):
    """FNV-1a over the symbols, folded."""
    word = 0
    for symbol in symbols:
        word = (word ^ symbol) * 0x100000001B3 % 2**64
    return (word ^ word >> 29) & (WORD_FLAG - 1) | WORD_FLAG
