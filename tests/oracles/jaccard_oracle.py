"""Folding, shingles and Jaccard similarity in plain Python, one text at a time."""

import unicodedata

from pipeline.text.words import split_words

_QUOTES_AND_HYPHENS = str.maketrans("’ʼ‘‐‑“”„‟", '\'\'\'--""""')
_WHITE = set("\t\n\v\f\r\x85\u2028\u2029")


def fold(text: str) -> str:
    """The text as dedup sees it."""
    folded = []
    for character in unicodedata.normalize("NFC", text):
        category = unicodedata.category(character)
        if character in _WHITE or category.startswith("Z"):
            folded.append(" ")
        elif category not in ("Cc", "Cf"):
            folded.append(_fold_character(character.translate(_QUOTES_AND_HYPHENS)))
    return " ".join(part for part in "".join(folded).split(" ") if part)


def _fold_character(character: str) -> str:
    if ord(character) >= 0x20000:
        return character
    wide = unicodedata.normalize("NFKC", character)
    if len(wide) == 1:
        character = wide
    for lowered in (character.casefold(), character.lower()):
        if len(lowered) == 1:
            return lowered
    return character


def shingle_set(text: str, shingle_size: int) -> set[tuple[str, ...]]:
    """Distinct word n-grams; the whole text where it has fewer words; nothing where it is empty."""
    folded = fold(text)
    words = split_words(folded)
    if len(words) >= shingle_size:
        last = len(words) - shingle_size + 1
        return {tuple(words[at : at + shingle_size]) for at in range(last)}
    return {("whole text", folded)} if folded else set()


def jaccard(text_a: str, text_b: str, shingle_size: int) -> float:
    """Jaccard similarity of two texts; 0 for two empty ones."""
    a, b = shingle_set(text_a, shingle_size), shingle_set(text_b, shingle_size)
    return len(a & b) / len(a | b) if a | b else 0.0
