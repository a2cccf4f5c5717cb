"""datatrove's filters or Dolma's Gopher tagger: what they say of texts, and how fast they are.

Run as ``parity_peers.py datatrove`` in .venv-bench, or ``parity_peers.py dolma`` in an environment
of ``requirements-dolma.txt``. Reads a JSON list of texts from the standard input and prints one
line of JSON.
"""

import json
import sys
import time
from importlib.metadata import version
from typing import Any


def judge_as_datatrove(texts: list[str]) -> dict[str, Any]:
    """Verdict of every filter at its defaults on every text."""
    from datatrove.data import Document
    from datatrove.pipeline.filters import (
        C4QualityFilter,
        FineWebQualityFilter,
        GopherQualityFilter,
        GopherRepetitionFilter,
    )

    filters = {
        "gopher_repetition": GopherRepetitionFilter(),
        "gopher_quality": GopherQualityFilter(),
        "c4": C4QualityFilter(),
        "c4_any_line": C4QualityFilter(filter_no_terminal_punct=False),
        "fineweb": FineWebQualityFilter(),
    }

    def judge(name: str, text: str) -> str:
        # A filter may rewrite its document: each gets one of its own.
        verdict = filters[name].filter(Document(text=text, id=""))
        return "" if verdict is True else verdict[1]

    for name in filters:
        judge(name, texts[0])  # loads what it loads once
    reasons: dict[str, list[str]] = {name: [] for name in filters}
    start = time.process_time()
    for text in texts:
        for name, found in reasons.items():
            found.append(judge(name, text))
    seconds = time.process_time() - start
    return {"seconds": seconds, "reasons": reasons}


def measure_as_dolma(texts: list[str]) -> dict[str, Any]:
    """Numbers of the Gopher tagger: those of each text, in the order of its attributes."""
    from dolma.taggers.gopher import get_attributes

    start = time.process_time()
    found = [get_attributes(text) for text in texts]
    seconds = time.process_time() - start
    numbers = [
        {
            "num_words": one.word_count,
            "num_stop_words": one.required_word_count,
            "mean_word_length": one.median_word_length,
            "hashes_per_word": one.symbol_to_word_ratio,
            "alphabetic_word_fraction": one.fraction_of_words_with_alpha_character,
            "bullet_line_fraction": one.fraction_of_lines_starting_with_bullet_point,
            "ellipsis_line_fraction": one.fraction_of_lines_ending_with_ellipsis,
            "duplicate_line_fraction": one.fraction_of_duplicate_lines,
            "duplicate_line_character_fraction": one.fraction_of_characters_in_duplicate_lines,
            # A text of fewer words has no such attribute.
            **{f"top_{n}_gram_character_fraction": 0.0 for n in (2, 3, 4)},
            **{f"duplicate_{n}_gram_character_fraction": 0.0 for n in range(5, 11)},
            **{
                f"top_{n}_gram_character_fraction": value
                for n, value in one.fraction_of_characters_in_most_common_ngram
            },
            **{
                f"duplicate_{n}_gram_character_fraction": value
                for n, value in one.fraction_of_characters_in_duplicate_ngrams
            },
        }
        for one in found
    ]
    return {"seconds": seconds, "numbers": numbers}


def main() -> None:
    """Ask one system about all texts."""
    system = sys.argv[1]
    texts = json.load(sys.stdin)
    megabytes = sum(len(text.encode()) for text in texts) / 1e6
    found = (judge_as_datatrove if system == "datatrove" else measure_as_dolma)(texts)
    rate = round(megabytes / found.pop("seconds"), 3)
    print(json.dumps({"version": version(system), "mb_per_cpu_second": rate, **found}))


if __name__ == "__main__":
    main()
