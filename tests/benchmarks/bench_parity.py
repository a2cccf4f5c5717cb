"""Verdicts, numbers and speed of the parity variants beside datatrove and Dolma.

Run: make bench-parity [DUMPS=folder] [DOLMA=python], the latter of an environment of
``requirements-dolma.txt``

The texts are news, wiki and web pages, social posts, books (cut to 12,000 characters) and
declarations of human rights in many languages. Both sides judge the very same texts in one run,
one process each: by Gopher's repetition and quality rules, C4's with and without its rule on the
ends of lines, and FineWeb's. Rates are MB of UTF-8 per second of CPU time. Figures go to
``history.jsonl``.
"""

import argparse
import json
import subprocess
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from pipeline.decide.limits import COLUMN_OF_LIMIT, Limits
from pipeline.decide.presets import DATATROVE_FILTERS
from pipeline.measures import parity_datatrove, parity_dolma
from pipeline.measures.quality import measure
from pipeline.text.utf8 import as_utf8
from tests.benchmarks.bench_measures import rate, texts_in
from tests.benchmarks.history import append_history

PARTS = {"news": 1500, "mediawiki": 800, "warc": 1500, "social": 1200, "books": 350}
LONGEST = 12_000


def mixed(folder: Path, share: float) -> list[str]:
    """Texts of all parts, that share of each."""
    texts = [
        text[:LONGEST]
        for part, most in PARTS.items()
        for text in islice(texts_in(folder / part), int(most * share))
    ]
    labelled = pq.read_table(folder / "langid" / "langid.parquet")
    documents = labelled.filter(pc.equal(labelled["kind"], "document"))["text"].to_pylist()
    return texts + documents[: int(len(documents) * share)]


def broken(columns: pa.RecordBatch, limits: Limits) -> NDArray[np.bool_]:
    """Which texts break any of the limits."""
    found = np.zeros(columns.num_rows, np.bool_)
    for name, threshold in limits.model_dump(exclude_none=True).items():
        values = columns.column(COLUMN_OF_LIMIT[name]).to_numpy(zero_copy_only=False)
        found |= values < threshold if name.startswith("min_") else values > threshold
    return found


def asked(python: str, system: str, texts: list[str]) -> dict[str, Any]:
    """What a system says of the texts, in a process of its own."""
    done = subprocess.run(
        [python, str(Path(__file__).with_name("parity_peers.py")), system],
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def beside_dolma(python: str, texts: list[str]) -> dict[str, Any]:
    """Share of texts with the very numbers of Dolma's tagger, and the rates of both."""
    theirs = asked(python, "dolma", texts)
    batch = as_utf8(pa.array(texts, pa.large_string()))
    columns = parity_dolma.statistics(batch)
    same = [
        all(columns[name][row] == value for name, value in numbers.items())
        for row, numbers in enumerate(theirs["numbers"])
    ]
    megabytes = len(batch.bytes) / 1e6
    ours = rate(megabytes, lambda: parity_dolma.statistics(batch))
    peer = theirs["mb_per_cpu_second"]
    print(f"dolma {theirs['version']}: {np.mean(same):.4%} of the texts have its very numbers;")
    print(f"MB per second of CPU time: dolma {peer}, its variant {ours} ({ours / peer:.0f} times)")
    return {
        "dolma": theirs["version"],
        "texts": len(texts),
        "megabytes": round(megabytes, 1),
        "same_numbers": round(float(np.mean(same)), 5),
        "mb_per_cpu_second": {"dolma": peer, "variant": ours},
    }


def main() -> None:
    """Measure both sides, print and append the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="holds books/, news/, mediawiki/ and so on")
    parser.add_argument("--peers", required=True, help="Python that has datatrove")
    parser.add_argument("--dolma", help="Python that has dolma; its numbers are compared, too")
    parser.add_argument("--share", type=float, default=1.0, help="of the texts")
    options = parser.parse_args()
    texts = mixed(options.folder, options.share)
    column = pa.array(texts, pa.large_string())
    batch = as_utf8(column)
    megabytes = len(batch.bytes) / 1e6
    ours = rate(megabytes, lambda: parity_datatrove.statistics(batch))
    every = rate(megabytes, lambda: measure(column, "datatrove"))
    theirs = asked(options.peers, "datatrove", texts)
    columns = measure(column, "datatrove")
    agreement = {}
    for name, reasons in theirs["reasons"].items():
        is_dropped = np.array([reason != "" for reason in reasons])
        same = broken(columns, DATATROVE_FILTERS[name]) == is_dropped
        agreement[name] = round(float(same.mean()), 5)
        print(f"{name:<20}{same.mean():9.4%} agree, {is_dropped.mean():7.2%} dropped")
    peer = theirs["mb_per_cpu_second"]
    print(f"{len(texts)} texts, {megabytes:.1f} MB; MB per second of CPU time: datatrove {peer},")
    print(f"its statistics alone {ours} ({ours / peer:.0f} times), beside all of ours {every}")
    append_history(
        {
            "bench": "parity",
            "datatrove": theirs["version"],
            "texts": len(texts),
            "megabytes": round(megabytes, 1),
            "agreement": agreement,
            "mb_per_cpu_second": {"datatrove": peer, "variant": ours, "with_ours": every},
        }
    )
    if options.dolma:
        append_history({"bench": "parity", **beside_dolma(options.dolma, texts)})


if __name__ == "__main__":
    main()
