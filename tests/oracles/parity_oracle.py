"""Dolma's and DCLM's numbers of one text in plain Python, from their published definitions."""

import re
from collections import Counter
from collections.abc import Callable
from statistics import median

STOP_WORDS = {"the", "be", "to", "of", "and", "that", "have", "with"}


def grams_of(words: list[str], n: int) -> list[tuple[str, ...]]:
    return [tuple(words[at : at + n]) for at in range(len(words) - n + 1)]


def size(parts: tuple[str, ...] | list[str]) -> int:
    return sum(map(len, parts))


def dolma(text: str) -> dict[str, float]:
    """Dolma's Gopher tagger: every copy counts, words stand between blanks."""
    words = text.split()
    lines = text.split("\n") if text else []
    copies = Counter(lines)
    twice = [line for line in lines if copies[line] > 1]
    number, characters = max(len(words), 1), max(size(words), 1)
    found = {
        "num_words": len(words),
        "num_stop_words": sum(word in STOP_WORDS for word in words),
        "mean_word_length": float(median(map(len, words))) if words else 0.0,
        "hashes_per_word": sum("#" in word or "…" in word for word in words) / number,
        "ellipses_per_word": 0.0,
        "alphabetic_word_fraction": sum(any(map(str.isalpha, word)) for word in words) / number,
        "bullet_line_fraction": sum(line[:1] in ("*", "-") for line in lines) / max(len(lines), 1),
        "ellipsis_line_fraction": sum(line.endswith("…") for line in lines) / max(len(lines), 1),
        "duplicate_line_fraction": len(twice) / max(len(lines), 1),
        "duplicate_line_character_fraction": size(twice) / characters,
    }
    for n in range(2, 11):
        grams = grams_of(words, n)
        times = Counter(grams)
        if n <= 4:
            top, count = times.most_common(1)[0] if grams else ((), 0)
            found[f"top_{n}_gram_character_fraction"] = count * size(top) / characters
        else:
            found[f"duplicate_{n}_gram_character_fraction"] = sum(
                size(gram) for gram in grams if times[gram] > 1
            ) / max(sum(map(size, grams)), 1)
    return found


COUNTER = re.compile(
    r"^\W*\d(?:,|\.|\d)*(?:k|m|b)?\s+(?:likes|shares|comments|retweets|reposts|quotes|bookmarks"
    r"|upvotes|downvotes|downloads|views|followers)\W*$"
)


def fasttext_words(text: str) -> list[str]:
    """What fastText's reader parts, as far as it begins with a letter or digit."""
    return [word for word in re.split("[ \\t\\n\\v\\f\\r\\0]+", text) if word[:1].isalnum()]


def dclm_line(line: str) -> str:
    """What DCLM's modifiers leave of a line."""
    if line and (
        sum(map(str.isupper, line)) / len(line) > 0.5
        or sum(map(str.isdigit, line)) / len(line) > 0.999999
        or COUNTER.search(line.lower())
        or len(line.split()) < 2
    ):
        return ""
    for expression in (r"\s?(?:items in cart)", r"\s?(?:read more...)$", r"^(?:sign-in)\s?"):
        if len(line.split()) <= 10:
            line = re.sub(expression, "", line, flags=re.IGNORECASE)
    return line


def dclm(text: str, split: Callable[[str], list[str]]) -> dict[str, float]:
    """DCLM's filters; ``split`` gives the words between Unicode's boundaries."""
    words = text.split()
    number = max(len(words), 1)
    plain = len(fasttext_words(text))
    left = sum(len(fasttext_words(dclm_line(line))) for line in text.split("\n"))
    symbols = sum(text.count(symbol) for symbol in ("#", "...", ". . .", "…"))
    found: dict[str, float] = {
        "num_words": plain,
        "num_stop_words": sum(word.lower() in STOP_WORDS for word in words),
        "mean_word_length": size(words) / number,
        "hashes_per_word": symbols / number,
        "ellipses_per_word": 0.0,
        "alphabetic_word_fraction": sum(any(map(str.isalpha, word)) for word in words) / number,
        "undesirable_word_fraction": (plain - left) / max(plain, 1),
    }
    for kind, parting in (("line", "\n"), ("paragraph", "\n\n")):
        pieces = [piece.strip() for piece in text.split(parting) if piece.strip()]
        copies = Counter(pieces)
        twice = [piece for piece in pieces if copies[piece] > 1]
        found[f"duplicate_{kind}_fraction"] = len(twice) / max(len(pieces), 1)
        found[f"duplicate_{kind}_character_fraction"] = size(twice) / max(size(pieces), 1)
        if kind == "line":
            lines = max(len(pieces), 1)
            found["bullet_line_fraction"] = sum(piece[0] in "●•*-" for piece in pieces) / lines
            found["ellipsis_line_fraction"] = (
                sum(piece.endswith(("...", ". . .", "…")) for piece in pieces) / lines
            )
    words = [word for word in split(text) if word[0].isalnum()]
    characters = max(size(words), 1)
    for n in range(2, 11):
        grams = grams_of(words, n)
        ordered = Counter(grams).most_common()
        repeats = bool(ordered) and ordered[0][1] > 1
        if n <= 4:
            top = [size(gram) for gram, count in ordered if count == ordered[0][1]]
            found[f"top_{n}_gram_character_fraction"] = (
                ordered[0][1] * max(top) / characters if repeats else 0.0
            )
        else:
            times = dict(ordered)
            covered = {at + i for at, gram in enumerate(grams) if times[gram] > 1 for i in range(n)}
            found[f"duplicate_{n}_gram_character_fraction"] = (
                sum(len(words[at]) for at in covered) / characters
            )
    return found
