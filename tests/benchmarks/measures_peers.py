"""Peers of bench_measures, run in .venv-bench: one line of JSON with MB per second of CPU time.

Reads a JSON list of texts from the standard input.
"""

import json
import sys
import time
from collections.abc import Callable
from importlib.metadata import version

FAST = ("ftfy", "py3langid")
"""Peers that are run three times, as our kernels are; the others take too long for it."""


def main() -> None:
    """Measure each peer on all texts."""
    import ftfy
    import langdetect
    import py3langid
    from datatrove.data import Document
    from datatrove.pipeline.filters import (
        FineWebQualityFilter,
        GopherQualityFilter,
        GopherRepetitionFilter,
    )

    texts = json.load(sys.stdin)
    langdetect.DetectorFactory.seed = 0
    filters = (GopherRepetitionFilter(), GopherQualityFilter(), FineWebQualityFilter())

    def judge(text: str) -> None:
        for one in filters:
            one.filter(Document(text=text, id=""))

    works: dict[str, Callable[[str], object]] = {
        "ftfy": ftfy.fix_text,
        "py3langid": py3langid.classify,
        "langdetect": langdetect.detect,
        "datatrove": judge,
    }
    megabytes = sum(len(text.encode()) for text in texts) / 1e6
    rates = {}
    for name, work in works.items():
        work(texts[0])  # loads what it loads once
        best = float("inf")
        for _ in range(3 if name in FAST else 1):
            start = time.process_time()
            for text in texts:
                work(text)
            best = min(best, time.process_time() - start)
        rates[f"{name} {version(name)}"] = round(megabytes / best, 2)
    print(json.dumps(rates))


if __name__ == "__main__":
    main()
