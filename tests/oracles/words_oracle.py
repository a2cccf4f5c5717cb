"""Characters and words, one character at a time, from the Unicode database alone."""

import unicodedata

_HAN_OR_KANA = (
    "CJK UNIFIED", "CJK COMPATIBILITY IDEOGRAPH", "HIRAGANA", "KATAKANA", "HALFWIDTH KATAKANA",
    "BOPOMOFO", "IDEOGRAPHIC", "VERTICAL KANA", "VERTICAL IDEOGRAPHIC", "HENTAIGANA",
)  # fmt: skip
_SOUTH_EAST_ASIAN = ("THAI ", "LAO ", "TIBETAN ", "MYANMAR ", "KHMER ")
TERMINALS = set(".!?…‽。！？．｡؟۔।॥။፧።៕៚᠃᠉⁇⁈⁉⸮꘏")
JOINERS = set("'’ʼ-‐‑")


def kind(character: str) -> str:
    """One of: letter, mark, digit, space, newline, joiner, punctuation, symbol, other."""
    if character in "\n\r\u2028\u2029":
        return "newline"
    if character in "\t\v\f\u0085":
        return "space"
    if character in JOINERS:
        return "joiner"
    names = {
        "L": "letter", "M": "mark", "N": "digit", "Z": "space", "P": "punctuation", "S": "symbol",
    }  # fmt: skip
    if ord(character) >= 0x20000:  # the ideographic planes, and nothing that text uses
        return "letter" if ord(character) <= 0x3FFFF else "other"
    return names.get(unicodedata.category(character)[0], "other")


def is_han_or_kana(character: str) -> bool:
    name = unicodedata.name(character, "CJK UNIFIED" if ord(character) >= 0x20000 else "")
    return kind(character) == "letter" and name.startswith(_HAN_OR_KANA)


def is_south_east_asian(character: str) -> bool:
    name = unicodedata.name(character, "")
    return kind(character) == "letter" and name.startswith(_SOUTH_EAST_ASIAN)


def is_unspaced(character: str) -> bool:
    return is_han_or_kana(character) or is_south_east_asian(character)


def word_spans(text: str) -> list[tuple[int, int]]:
    """First and last (exclusive) character of each word."""
    spans: list[tuple[int, int]] = []
    start: int | None = None
    at = 0
    while at < len(text):
        character = text[at]
        here = kind(character)
        if is_unspaced(character):
            if start is not None:
                spans.append((start, at))
                start = None
            end = at + 1
            while end < len(text) and kind(text[end]) == "mark":
                end += 1
            spans.append((at, end))
            at = end
            continue
        if here in ("letter", "digit") or (here == "mark" and start is not None):
            start = at if start is None else start
        elif start is not None:
            following = text[at + 1 : at + 2]
            joins = (
                here == "joiner"
                and following != ""
                and kind(following) == "letter"
                and not is_unspaced(following)
            )
            if not joins:
                spans.append((start, at))
                start = None
        at += 1
    if start is not None:
        spans.append((start, len(text)))
    return spans


def split_words(text: str) -> list[str]:
    return [text[start:end] for start, end in word_spans(text)]
