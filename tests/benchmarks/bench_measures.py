"""MB/s on one core of the measures, beside ftfy, langdetect and datatrove's filters.

Run: python -m tests.benchmarks.bench_measures --peers PYTHON [--texts FILE]
"""

import argparse
import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa

from pipeline.measures import language, pii, quality, toxicity
from tests.benchmarks.bench_minhash import made_up_texts, read_texts
from tests.benchmarks.history import append_history

PEER_BYTES = 200_000


def _rate(megabytes: float, work: Callable[[], object]) -> float:
    best = float("inf")
    for _ in range(3):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return megabytes / best


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--peers", required=True, help="python with the peers")
    parser.add_argument("--texts", help="JSON lines with a text each (.gz allowed)")
    options = parser.parse_args()
    texts = read_texts(options.texts) if options.texts else made_up_texts()
    column = pa.array(texts, pa.large_string())
    megabytes = sum(len(text.encode()) for text in texts) / 1e6
    works: dict[str, Callable[[], object]] = {
        "quality": lambda: quality.measure(column),
        "language": lambda: language.measure(column),
        "toxicity": lambda: toxicity.score(column),
        "pii": lambda: pii.measure(column),
    }
    rates = {name: _rate(megabytes, work) for name, work in works.items()}
    step = max(1, int(megabytes * 1e6) // PEER_BYTES)
    script = Path(__file__).with_name("measures_peers.py")
    run = subprocess.run(
        [options.peers, str(script)],
        input=json.dumps(texts[::step]),
        capture_output=True,
        text=True,
        check=True,
    )
    rates.update(json.loads(run.stdout.splitlines()[-1]))
    for name, value in rates.items():
        print(f"{name:<12}{value:10.2f} MB/s")
    append_history({"benchmark": "measures", "megabytes_per_second": rates})


if __name__ == "__main__":
    main()
