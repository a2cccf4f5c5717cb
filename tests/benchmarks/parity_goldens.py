"""Write golden cases of the parity variants: made-up texts with the numbers the originals give.

Each runs where its system is, datatrove in .venv-bench, dolma (with uniseg) in an environment of
``requirements-dolma.txt``:

    python tests/benchmarks/parity_goldens.py datatrove tests/cases/parity_datatrove.json
    python tests/benchmarks/parity_goldens.py dolma tests/cases/parity_dolma.json
"""

import json
import random
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

SENTENCES = (
    "The miller didn't open the gate before eight o'clock, as Mr. Hale had asked.",
    "It costs $3.50 (about 3,20€) at www.mill-shop.example.com/tea?cup=1, doesn't it?",
    "He said: \"We'll be there at 10a.m., won't we?\"",
    "the state-of-the-art wheel weighs 120kg...and it turns at 3.5m/s!",
    "Visit http://river.example.org or write to hand@mill.example :-)",
    "We've been to the U.S. and to St. Ives; cannot complain.",
    "- a bullet with 5km of rope",
    "• another bullet, #mill #river",
    "And so on…",
    "to be continued...",
    "Please enable JavaScript to read the page about the mill.",
    "We use cookies, as our privacy policy says.",
    "Lorem ipsum dolor sit amet.",
    "function mill() { return 3; }",
    "The wheel[1] was built in 1805.[citation needed] It turned for years.[23]",
    "清晨的雾气还没有散去，小镇已经热闹起来。老人推着车!",
    "Das Mühlrad dreht sich langsam; niemand weiß, warum.",
    "हाथ से चलने वाली चक्की। बहुत पुरानी है।",
    "Short line",
    "x--y and/or 2+2=4, a.b.c, word.Word, v1.2-3, 3-4 5*6 (see below):",
    "b" * 1001 + ".",
    "one two three one two three one two three one two three",
    "",
)
SEPARATORS = ("\n", "\n", "\n\n", " ", "\n\n\n", "\r\n", "\u2028", "  ", "\t")


def made_up(number: int) -> str:
    """A text of some of the sentences, drawn with a seed of its own."""
    drawn = random.Random(number)
    few = drawn.sample(SENTENCES, drawn.randint(1, 6))
    parts = []
    for _ in range(drawn.randint(1, 9)):
        parts += [drawn.choice(few), drawn.choice(SEPARATORS)]
    return "".join(parts) or "x"


def datatrove_cases() -> list[dict[str, Any]]:
    """Words, sentences, numbers and verdicts of datatrove."""
    from datatrove.data import Document
    from datatrove.pipeline.filters import (
        C4QualityFilter,
        FineWebQualityFilter,
        GopherQualityFilter,
        GopherRepetitionFilter,
    )
    from datatrove.pipeline.filters import gopher_repetition_filter as repetition
    from datatrove.utils.text import split_into_sentences, split_into_words

    filters = {
        "gopher_repetition": GopherRepetitionFilter(),
        "gopher_quality": GopherQualityFilter(),
        "c4": C4QualityFilter(),
        "c4_any_line": C4QualityFilter(filter_no_terminal_punct=False),
        "fineweb": FineWebQualityFilter(),
    }
    gopher = filters["gopher_repetition"]

    def numbers(text: str) -> dict[str, float]:
        words = split_into_words(text)
        paragraphs = gopher.paragraph_exp.split(text.strip())
        lines = gopher._line_splitter.split(text)
        again, characters = repetition.find_duplicates(paragraphs)
        found = {
            "duplicate_paragraph_fraction": again / len(paragraphs),
            "duplicate_paragraph_character_fraction": characters / len(text),
            "duplicate_line_fraction": repetition.find_duplicates(lines)[0] / len(lines),
        }
        for n in (2, 3, 4):
            grams = repetition.get_n_grams(words, n)
            top = repetition.find_top_duplicate(grams) if grams else 0
            found[f"top_{n}_gram_character_fraction"] = top / len(text)
        for n in range(5, 11):
            again = repetition.find_all_duplicate(words, n)
            found[f"duplicate_{n}_gram_character_fraction"] = again / len(text)
        return found

    def verdict(name: str, text: str) -> str:
        found = filters[name].filter(Document(text=text, id=""))
        return "" if found is True else found[1]

    cases: list[dict[str, Any]] = []
    for text in sorted({made_up(number) for number in range(90)} - {""}):
        if not split_into_words(text):
            continue
        cases.append(
            {
                "text": text,
                "words": split_into_words(text),
                "sentences": len(split_into_sentences(text)),
                "numbers": numbers(text),
                "reasons": {name: verdict(name, text) for name in filters},
            }
        )
    return cases


def dolma_cases() -> list[dict[str, Any]]:
    """Numbers of Dolma's Gopher tagger, and uniseg's words."""
    from parity_peers import measure_as_dolma
    from uniseg.wordbreak import words

    cases = []
    for text in sorted({made_up(number) for number in range(90)}):
        numbers = measure_as_dolma([text])["numbers"][0]
        plain = [word for word in words(text) if word[0].isalnum()]
        cases.append({"text": text, "numbers": numbers, "words": plain})
    return cases


def main() -> None:
    """Write the cases of a system to a path."""
    system, path = sys.argv[1:]
    cases = datatrove_cases() if system == "datatrove" else dolma_cases()
    packages = ("datatrove", "spacy") if system == "datatrove" else ("dolma", "uniseg")
    source = json.dumps(", ".join(f"{package} {version(package)}" for package in packages))
    lines = ",\n".join(json.dumps(case) for case in cases)
    Path(path).write_text(f'{{"source": {source}, "cases": [\n{lines}\n]}}\n', encoding="utf-8")


if __name__ == "__main__":
    main()
