"""Main text of pages beside other extractors. Run: make bench-extract

Usage: python -m tests.benchmarks.bench_extract FOLDER [--peers PYTHON] [--honest]

FOLDER holds the page sets (``pipeline/extract/html_gold.py``). Peers run in an environment of
their own. Speed is pages per second of CPU time over all pages, decoding included. The shipped
weights have seen these pages; ``--honest`` judges each half of the pages by a model that learned
from the other half alone, and each site by one that did not see it. A line of JSON with all
figures, the commit and the machine is appended to ``history.jsonl``.
"""

import argparse
import base64
import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

from pipeline.extract.encodings import decode_html
from pipeline.extract.html import choose_text, extract_page, extract_text, read_blocks
from pipeline.extract.html_gold import SETS, GoldPage, read_pages
from pipeline.extract.page_metadata import complete_page
from tests.benchmarks.extraction_scores import count_segments, match_shingles, score
from tests.benchmarks.history import append_history

PEERS = ("trafilatura", "resiliparse", "readability")
PASSES = 3


def figures(pages: Sequence[GoldPage], texts: Sequence[str]) -> dict[str, float]:
    """F1 (and precision, recall) of each set with whole texts, share of right segments."""
    result: dict[str, float] = {}
    for name in SETS:
        mine = [
            (page, text) for page, text in zip(pages, texts, strict=True) if page.set_name == name
        ]
        if segments := [(page, text) for page, text in mine if page.present or page.absent]:
            counts = [count_segments(text, page.present, page.absent) for page, text in segments]
            result[name] = sum(right for right, _ in counts) / sum(total for _, total in counts)
        if whole := [match_shingles(page.text, text) for page, text in mine if page.text]:
            scores = score(whole)
            result[name] = scores.f1
            result[f"{name}_precision"], result[f"{name}_recall"] = scores[1:]
    return {key: round(value, 4) for key, value in result.items()}


def show(label: str, row: dict[str, float], speed: float | None = None) -> None:
    values = "".join(f"{row.get(name, float('nan')):13.4f}" for name in SETS)
    print(f"{label:<28}{values}" + (f"{speed:11.1f}" if speed else ""), flush=True)


def time_ours(pages: Sequence[GoldPage]) -> tuple[list[str], float]:
    """Texts, and pages per second of CPU time: the best of some passes."""
    for page in pages[:10]:
        extract_text(page.html)
    best = float("inf")
    texts: list[str] = []
    for _ in range(PASSES):
        start = time.process_time()
        texts = [extract_text(page.html) for page in pages]
        best = min(best, time.process_time() - start)
    return texts, len(pages) / best


def time_metadata(pages: Sequence[GoldPage]) -> dict[str, float]:
    """How many pages state a date and an author, and milliseconds of CPU time of reading them."""
    decoded = [decode_html(page.html).encode("utf-8", "replace") for page in pages]
    read = [extract_page(data, encoding="utf-8") for data in decoded]
    best = float("inf")
    for _ in range(PASSES):
        start = time.process_time()
        found = [complete_page(page, data) for page, data in zip(read, decoded, strict=True)]
        best = min(best, time.process_time() - start)
    return {
        "dates": sum(page.published is not None for page in found),
        "authors": sum(page.author is not None for page in found),
        "milliseconds": round(best / len(pages) * 1000, 3),
    }


def run_peer(python: Path, name: str, pages: Sequence[GoldPage]) -> dict[str, Any]:
    """``texts``, ``seconds`` and ``version`` of a peer."""
    lines = "\n".join(json.dumps({"html": base64.b64encode(page.html).decode()}) for page in pages)
    script = Path(__file__).with_name("extract_peers.py")
    done = subprocess.run(
        [str(python), str(script), name], input=lines, text=True, capture_output=True, check=True
    )
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def judge_unseen(
    pages: Sequence[GoldPage],
    samples: Sequence[Any],
    fold_of: Callable[[GoldPage], int],
    folds: int,
) -> list[str]:
    """Text of each page by a model that did not learn from its fold."""
    from pipeline.extract.html_fitting import fit

    blocks = [read_blocks(page.html) for page in pages]
    texts = [""] * len(pages)
    for fold in range(folds):
        model = fit([sample for sample in samples if fold_of(sample.page) != fold])
        for i, page in enumerate(pages):
            if fold_of(page) == fold:
                texts[i] = choose_text(blocks[i], model)
    return texts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--peers", type=Path, help="Python that has the peers")
    parser.add_argument("--honest", action="store_true", help="train without the judged pages, too")
    parser.add_argument("--teachers", type=Path, help="write the peers' texts here, for training")
    options = parser.parse_args()
    pages = [page for name in SETS for page in read_pages(options.folder, name)]
    print(f"{'':<28}" + "".join(f"{name:>13}" for name in SETS) + f"{'pages/s':>11}")
    record: dict[str, Any] = {"bench": "extract", "pages": len(pages), "figures": {}}
    texts, speed = time_ours(pages)
    record["pages_per_second"] = {"corpusmill": round(speed, 1)}
    teachers: dict[str, list[str]] = {page.page_id: [] for page in pages}
    for name in PEERS if options.peers else ():
        answer = run_peer(options.peers, name, pages)
        peer_speed = len(pages) / answer["seconds"]
        label = f"{name} {answer['version']}"
        record["figures"][label] = figures(pages, answer["texts"])
        record["pages_per_second"][label] = round(peer_speed, 1)
        show(label, record["figures"][label], peer_speed)
        if name != "resiliparse":
            for page, text in zip(pages, answer["texts"], strict=True):
                teachers[page.page_id].append(text)
    again, second_speed = time_ours(pages)  # beside the peers, the machine may be busier
    assert again == texts
    record["pages_per_second"]["corpusmill"] = round(max(speed, second_speed), 1)
    record["figures"]["corpusmill, pages seen"] = figures(pages, texts)
    show("corpusmill, pages seen", figures(pages, texts), max(speed, second_speed))
    record["metadata"] = time_metadata(pages)
    print(f"{'':<28}metadata: {record['metadata']}")
    if options.teachers:
        options.teachers.write_text(json.dumps(teachers))
    if options.honest:
        for label, row in honest_figures(pages, teachers):
            record["figures"][label] = row
            show(label, row)
    append_history(record)


def honest_figures(
    pages: Sequence[GoldPage], teachers: dict[str, list[str]]
) -> Iterator[tuple[str, dict[str, float]]]:
    """Label, and figures on pages that the judging model did not learn from."""
    from pipeline.extract.html_samples import make_samples

    samples = make_samples(pages, teachers)
    texts = judge_unseen(pages, samples, lambda page: page.half, 2)
    for half in (0, 1):
        mine = [i for i, page in enumerate(pages) if page.half == half]
        row = figures([pages[i] for i in mine], [texts[i] for i in mine])
        yield f"half {half}, learned on half {1 - half}", row
    texts = judge_unseen(pages, samples, lambda page: page.fold(5), 5)
    yield "five folds by site", figures(pages, texts)


if __name__ == "__main__":
    main()
