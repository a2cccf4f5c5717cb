"""Dolma's and DCLM's numbers of one text in plain Python, from their published definitions."""

from collections import Counter
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
