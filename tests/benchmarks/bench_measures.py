"""Normalisation and the measures beside ftfy, three detectors of language and datatrove's filters.

Run: make bench-measures [DUMPS=folder]

The texts are books, news and wiki pages of real dumps, in turn, in pieces of 20,000 characters.
Both sides take the very same texts in one run, one process each; the rates are MB of UTF-8 per
second of CPU time, the best of three for all but the slowest. ``clean`` are the same texts once
they are normalised: what neither side changes. datatrove stops at the first rule
that a text fails; ours computes every statistic of every text. Figures go to ``history.jsonl``.
"""

import argparse
import json
import subprocess
import time
from collections.abc import Callable, Iterator
from itertools import islice, zip_longest
from pathlib import Path

import pyarrow as pa

from pipeline.measures import language, pii, quality, toxicity
from pipeline.sources.inputs import InputFile, InputParams
from pipeline.sources.readers import read_file
from pipeline.sources.recognise import scan
from pipeline.text.normalize import normalize_batch
from tests.benchmarks.history import append_history

PARTS = ("books", "news", "mediawiki")
LONGEST, SHORTEST = 20_000, 500
REPEATS = 3
KERNELS: dict[str, Callable[[pa.Array], object]] = {
    "normalize": normalize_batch,
    "language": language.measure,
    "quality": quality.measure,
    "toxicity": toxicity.score,
    "pii": pii.measure,
}


def texts_in(folder: Path) -> Iterator[str]:
    """Pieces of the texts in the dumps of a folder, those of its files in turn."""
    inventory = scan(str(folder), [])

    def of(file: InputFile) -> Iterator[str]:
        for batch in read_file(inventory.root, file, InputParams()):
            for text in batch["text"].to_pylist():
                for at in range(0, len(text or ""), LONGEST):
                    if len(text) - at >= SHORTEST:
                        yield text[at : at + LONGEST]

    for row in zip_longest(*map(of, inventory.files)):
        yield from (text for text in row if text is not None)


def sample(folder: Path, num_bytes: int) -> list[str]:
    """Texts of all parts in turn, up to a size."""
    mixed = (
        t for row in zip(*(texts_in(folder / part) for part in PARTS), strict=False) for t in row
    )
    texts, size = [], 0
    for text in islice(mixed, 100_000):
        texts.append(text)
        size += len(text.encode())
        if size >= num_bytes:
            break
    return texts


def rate(megabytes: float, work: Callable[[], object]) -> float:
    """MB per second of CPU time, after a run that compiles."""
    work()
    best = float("inf")
    for _ in range(REPEATS):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return round(megabytes / best, 2)


def main() -> None:
    """Measure both sides, print and append the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="holds books/, news/ and mediawiki/")
    parser.add_argument("--peers", required=True, help="Python that has the peers")
    parser.add_argument("--megabytes", type=float, default=3.0)
    options = parser.parse_args()
    texts = sample(options.folder, int(options.megabytes * 1e6))
    column = pa.array(texts, pa.large_string())
    megabytes = sum(len(text.encode()) for text in texts) / 1e6
    rates = {
        name: rate(megabytes, lambda kernel=kernel: kernel(column))
        for name, kernel in KERNELS.items()
    }
    clean = normalize_batch(column)
    size = sum(len(text.encode()) for text in clean.to_pylist()) / 1e6
    rates["normalize, clean"] = rate(size, lambda: normalize_batch(clean))
    done = subprocess.run(
        [options.peers, str(Path(__file__).with_name("measures_peers.py"))],
        input=json.dumps({"texts": texts, "clean": clean.to_pylist()}),
        capture_output=True,
        text=True,
        check=True,
    )
    rates |= json.loads(done.stdout.splitlines()[-1])
    print(f"{len(texts)} texts, {megabytes:.1f} MB")
    for name, value in rates.items():
        print(f"{name:<20}{value:10.2f} MB/s")
    append_history(
        {"bench": "measures", "megabytes": round(megabytes, 1), "mb_per_cpu_second": rates}
    )


if __name__ == "__main__":
    main()
