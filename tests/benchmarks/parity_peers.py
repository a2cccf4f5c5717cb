"""datatrove's own filters, run in .venv-bench: their verdicts on texts, and how fast they are.

Reads a JSON list of texts from the standard input and prints one line of JSON.
"""

import json
import sys
import time
from importlib.metadata import version


def main() -> None:
    """Judge every text by every filter at its defaults."""
    from datatrove.data import Document
    from datatrove.pipeline.filters import (
        C4QualityFilter,
        FineWebQualityFilter,
        GopherQualityFilter,
        GopherRepetitionFilter,
    )

    texts = json.load(sys.stdin)
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
    megabytes = sum(len(text.encode()) for text in texts) / 1e6
    print(
        json.dumps(
            {
                "version": version("datatrove"),
                "mb_per_cpu_second": round(megabytes / seconds, 3),
                "reasons": reasons,
            }
        )
    )


if __name__ == "__main__":
    main()
