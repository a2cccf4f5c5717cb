"""Batches beside the loaders of other trainers.

Run: make bench-loader [BENCH_FOLDER=folder] (some 12 GB free, 4 GB of memory for cached pages)

Virtual tokens lie in sparse files: 1e6 and 1e9 in one shard, 1e12 as a thousand names of one file
of 1e9. The peers read 1e6 and 1e9 of the same tokens, converted to their own format where they
have one. Each loader is a process of its own on one core, without workers, and gives random
batches in its own order, with all pages in the page cache. Rates are the best of three; start-up
is from opening the data to the first batch, imports and compiled kernels being there. Figures go
to ``history.jsonl``.
"""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from schemas.shards import SIDE_FILES, TOKENIZER_NAME, Manifest, Shard, TokenizerFacts
from tests.benchmarks.history import append_history
from tests.benchmarks.loader_timing import time_loader

SIZES = (10**6, 10**9, 10**12)
DOCUMENT, SHARD = 1000, 10**9
PEERS = ("datatrove", "datasets", "megatron-core", "litdata", "mosaicml-streaming")
PEER_SIZES = SIZES[:2]


def make_shards(folder: Path, num_tokens: int) -> None:
    """Sparse shards of up to 1e9 tokens, all but the first links to it, and their manifest."""
    size = min(num_tokens, SHARD)
    count, documents = num_tokens // size, size // DOCUMENT
    names = [f"train/shard-{number:05d}" for number in range(count)]
    (folder / "train").mkdir(parents=True)
    base = folder / names[0]
    with base.with_suffix(".bin").open("wb") as file:
        file.truncate(2 * size)
    np.save(f"{base}.offsets.npy", np.arange(documents + 1, dtype="<u8") * DOCUMENT)
    np.save(f"{base}.sources.npy", np.zeros(documents, "<u2"))
    np.save(f"{base}.weights.npy", np.ones(documents, "<f4"))
    for name in names[1:]:
        for suffix in (".bin", ".offsets.npy", ".sources.npy", ".weights.npy"):
            Path(f"{folder / name}{suffix}").hardlink_to(f"{base}{suffix}")
    (folder / TOKENIZER_NAME).write_text("{}")
    digest = hashlib.sha256(b"{}").hexdigest()
    manifest = Manifest(
        dtype="uint16",
        tokenizer=TokenizerFacts(
            sha256=digest, vocabulary_size=50_257, end_of_text_id=0, end_of_text="<|end|>"
        ),
        sources=["text"],
        shards=[
            Shard(
                name=name,
                split="train",
                num_tokens=size,
                num_documents=documents,
                num_utf8_bytes=4 * size,
                tokens_per_source={"text": size},
                sha256=dict.fromkeys(SIDE_FILES, digest),
            )
            for name in names
        ],
        config={},
        inputs_sha256=digest,
        ledger_sha256=digest,
        code_version="0",
    )
    (folder / "manifest.json").write_text(manifest.to_json(), encoding="utf-8")
    if num_tokens in PEER_SIZES:
        (folder / "tokens.bin").hardlink_to(base.with_suffix(".bin"))


def read_ours(folder: Path, sequence: int, batch: int) -> None:
    """Time ``Batches``; checksums of sparse files are not compared."""
    from trainer.batches import Batches

    def batches() -> Iterator[Any]:
        data = Batches(
            folder, seed=1, sequence_length=sequence, global_batch_size=batch, verify="never"
        )
        step = 0
        while True:
            yield data[step]
            step += 1

    time_loader(batches, sequence, batch)


def run(command: list[str]) -> dict[str, Any]:
    """Figures of a process on one core, or why there are none."""
    environment = os.environ | {"OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}
    done = subprocess.run(
        ["taskset", "-c", "0", *command],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        timeout=1800,
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode or (not lines and command[-1] != "convert"):
        return {"failed": (done.stderr.strip().splitlines() or ["no figures"])[-1]}
    return json.loads(lines[-1]) if lines else {}


def warm(folder: Path) -> None:
    """Bring the files of a folder into the page cache."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.stat().st_nlink < len(PEERS):
            with path.open("rb", buffering=0) as file:
                while file.read(1 << 24):
                    pass


def measure(folder: Path, peers: str, sequence: int, batch: int) -> dict[str, dict[str, Any]]:
    """Figures by ``loader size``; ours before and after the peers, of which the first counts."""
    figures: dict[str, dict[str, Any]] = {}
    sizes = [str(sequence), str(batch)]
    ours = [sys.executable, "-m", "tests.benchmarks.bench_loader", "--ours"]
    for size in SIZES:
        here = folder / f"{size:.0e}".replace("+", "")
        make_shards(here, size)
        warm(here / "train")
        if size == SIZES[0]:
            run([*ours, str(here), *sizes])  # compiles
        figures[f"corpusmill {size:.0e}"] = run([*ours, str(here), *sizes])
        for peer in PEERS if size in PEER_SIZES else ():
            command = [peers, "-m", "tests.benchmarks.loader_peers", peer, str(here), *sizes]
            made = run([*command, "convert"])
            warm(here / peer)
            figures[f"{peer} {size:.0e}"] = made or run(command)
            shutil.rmtree(here / peer, ignore_errors=True)
            print(peer, size, figures[f"{peer} {size:.0e}"], flush=True)
    return figures


def main() -> None:
    """Measure all, print and append the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", help="for the files, deleted at the end")
    parser.add_argument("--peers", help="Python that has the peers")
    parser.add_argument("--sequence", type=int, default=2048)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--ours", nargs=3, metavar=("FOLDER", "SEQUENCE", "BATCH"))
    options = parser.parse_args()
    if options.ours:
        read_ours(Path(options.ours[0]), *map(int, options.ours[1:]))
        return
    folder = options.folder / "loader"
    shutil.rmtree(folder, ignore_errors=True)
    try:
        figures = measure(folder, options.peers, options.sequence, options.batch)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    for name, row in figures.items():
        print(f"{name:<28}", "  ".join(f"{key} {value}" for key, value in row.items()))
    append_history(
        {
            "bench": "loader",
            "sequence": options.sequence,
            "batch": options.batch,
            "figures": figures,
        }
    )


if __name__ == "__main__":
    main()
