"""Peers of bench_measures, run in .venv-bench: one line of JSON with MB/s of each.

Reads a JSON list of texts from the standard input.
"""

import json
import sys
import time
from collections.abc import Callable


def main() -> None:
    import ftfy
    import langdetect
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
        "langdetect": langdetect.detect,
        "datatrove": judge,
    }
    megabytes = sum(len(text.encode()) for text in texts) / 1e6
    rates = {}
    for name, work in works.items():
        work(texts[0])  # loads what it loads once
        start = time.perf_counter()
        for text in texts:
            work(text)
        rates[name] = megabytes / (time.perf_counter() - start)
    print(json.dumps(rates))


if __name__ == "__main__":
    main()
