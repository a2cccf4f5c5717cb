"""Write the rules of spaCy's English tokenizer, and datatrove's marks, for the datatrove variant.

Run in .venv-bench, where spaCy and datatrove are:

    .venv-bench/bin/python tests/benchmarks/spacy_rules.py pipeline/measures/parity_spacy.json

The classes of characters are found by asking spaCy's own expressions about every code point.
"""

import json
import re
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path

CODE_POINTS = 0x33000


def ranges(holds: Callable[[str], bool]) -> list[int]:
    """First and last code points of the runs for which a predicate holds, in turn."""
    found: list[int] = []
    before = False
    for code in range(CODE_POINTS + 1):
        here = code < CODE_POINTS and not 0xD800 <= code < 0xE000 and bool(holds(chr(code)))
        if here != before:
            found.append(code if here else code - 1)
        before = here
    return found


def main() -> None:
    """Write the rules to the path that is given."""
    import spacy
    from datatrove.utils.text import PUNCTUATION_SET, TERMINAL_PUNCTUATION
    from spacy.lang.char_classes import (
        ALPHA,
        ALPHA_LOWER,
        ALPHA_UPPER,
        CONCAT_QUOTES,
        CURRENCY,
        PUNCT,
        UNITS,
    )
    from spacy.pipeline.sentencizer import Sentencizer

    tokenizer = spacy.blank("en").tokenizer
    sentence_marks = set(Sentencizer.default_punct_chars)

    def inside(characters: str) -> Callable[[str], bool]:
        expression = re.compile(f"[{characters}]")
        return lambda c: expression.match(c) is not None

    infix = re.compile(tokenizer.infix_finditer.__self__.pattern)
    classes = {
        "prefix": lambda c: c != "+" and tokenizer.find_prefix(c) == 1,
        "suffix": lambda c: tokenizer.find_suffix(c) == 1,
        "infix": lambda c: infix.fullmatch(c) is not None,
        "letter": inside(ALPHA),
        "lower": inside(ALPHA_LOWER),
        "upper": inside(ALPHA_UPPER),
        "currency": lambda c: re.fullmatch(CURRENCY, c) is not None,
        "before_stop": inside(rf"0-9{ALPHA_LOWER}%²\-\+{PUNCT}(?:{CONCAT_QUOTES})"),
        "left_of_dot": inside(ALPHA_LOWER + CONCAT_QUOTES),
        "right_of_dot": inside(ALPHA_UPPER + CONCAT_QUOTES),
        "host": inside("A-Za-z0-9\u00a1-\uffff"),
        "space": str.isspace,
        "alphabetic": str.isalpha,
        "alphanumeric": str.isalnum,
        "capital": str.isupper,
        "digit": str.isdigit,
        "punctuation": lambda c: unicodedata.category(c).startswith("P"),
        "sentence_mark": lambda c: c in sentence_marks,
        "symbol": lambda c: c in PUNCTUATION_SET,
        "terminal": lambda c: c in TERMINAL_PUNCTUATION,
    }
    specials = {
        text: [len(token[65]) for token in tokens]  # 65 is ORTH
        for text, tokens in sorted(tokenizer.rules.items())
        if not text.isspace()
    }
    matched = [
        text
        for text in specials
        if tokenizer.find_prefix(text) or tokenizer.find_suffix(text) or tokenizer.find_infix(text)
    ]
    rules = {
        "source": f"spaCy {spacy.__version__} (MIT), datatrove (Apache-2.0)",
        "units": sorted(set(UNITS.split("|"))),
        "specials": specials,
        "matched": matched,
        "classes": {name: ranges(holds) for name, holds in classes.items()},
    }
    lines = [f"{json.dumps(name)}:{json.dumps(value)}" for name, value in rules.items()]
    Path(sys.argv[1]).write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
