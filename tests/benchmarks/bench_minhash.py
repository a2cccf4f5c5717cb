"""Signatures per second, beside datasketch. Run: python -m tests.benchmarks.bench_minhash [FILE]

FILE holds one JSON object with a ``text`` per line (``.gz`` allowed); without it, texts are made.
"""

import gzip
import json
import random
import sys
import time
from collections.abc import Callable

import numpy as np
import pyarrow as pa
from datasketch import MinHash

from pipeline.dedup.folding import fold_texts, text_keys
from pipeline.dedup.minhash import MinHashParams, sign_shingles, signatures
from pipeline.dedup.shingles import shingle_folded, shingle_texts

PARAMS = MinHashParams()


def made_up_texts() -> list[str]:
    """About ten megabytes: words of a Zipf-like vocabulary, one text in four Chinese."""
    generator = random.Random(0)
    words = [
        "".join(generator.choices("etaoinshrdlu", k=generator.randint(2, 9))) for _ in range(9999)
    ]
    han = [chr(0x4E00 + i) for i in range(3000)]
    texts = []
    for i in range(4000):
        vocabulary, space = (han, "") if i % 4 == 0 else (words, " ")
        picks = (int(len(vocabulary) ** generator.random()) for _ in range(400))
        texts.append(space.join(vocabulary[pick - 1] for pick in picks))
    return texts


def read_texts(path: str) -> list[str]:
    opened = gzip.open if path.endswith(".gz") else open
    with opened(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line)["text"] for line in lines]


def rate(name: str, megabytes: float, work: Callable[[], object], repeats: int = 5) -> None:
    """Print the best of some runs."""
    best = float("inf")
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    print(f"{name:<40}{megabytes / best:10.1f} MB/s")


def main() -> None:
    texts = read_texts(sys.argv[1]) if len(sys.argv) > 1 else made_up_texts()
    texts *= max(1, 10_000_000 // sum(map(len, texts)))
    size = sum(len(text.encode()) for text in texts) / 1e6
    column = pa.array(texts, pa.large_string())
    folded = fold_texts(column)
    shingles = shingle_folded(folded, PARAMS.shingle_size)
    print(f"{size:.1f} MB, {len(texts)} texts, {PARAMS.num_permutations} permutations, one core")
    rate("fold", size, lambda: fold_texts(column))
    rate("text keys of folded texts", size, lambda: text_keys(folded))
    rate("shingles of folded texts", size, lambda: shingle_folded(folded, PARAMS.shingle_size))
    rate("minima of shingles", size, lambda: sign_shingles(shingles, PARAMS))
    rate("signatures, all of it", size, lambda: signatures(column, PARAMS))

    few = texts[: max(1, len(texts) // 20)]
    few_size = sum(len(text.encode()) for text in few) / 1e6
    found = shingle_texts(few, PARAMS.shingle_size)

    def reference() -> list[MinHash]:
        """datasketch on hashes that are ready: without words, shingles or a hash function."""
        signed = []
        for i in range(len(few)):
            one = MinHash(PARAMS.num_permutations, seed=PARAMS.seed, hashfunc=int)
            one.update_batch((found[i] >> np.uint64(32)).tolist())
            signed.append(one)
        return signed

    rate("datasketch update_batch, minima alone", few_size, reference, repeats=2)


if __name__ == "__main__":
    main()
