"""Run one peer over texts; it lives in an environment of its own (.venv-bench).

Usage: python dedup_peers.py PEER FILE. FILE is Parquet with a column ``text``. Standard output:
one JSON object with ``seconds`` (CPU time), ``version`` and ``kept`` (documents, or null).
"""

import contextlib
import importlib.metadata
import json
import logging
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

NUM_PERMUTATIONS = 128
SHINGLE_SIZE = 5


def _shingles(text: str) -> list[str]:
    words = text.split()
    return [
        " ".join(words[i : i + SHINGLE_SIZE]) for i in range(max(1, len(words) - SHINGLE_SIZE + 1))
    ]


def datasketch(texts: Sequence[str]) -> None:
    """Signatures alone."""
    from datasketch import MinHash

    for text in texts:
        signature = MinHash(NUM_PERMUTATIONS)
        signature.update_batch([shingle.encode() for shingle in _shingles(text)])


def rensa(texts: Sequence[str]) -> None:
    """Signatures alone."""
    from rensa import RMinHash

    for text in texts:
        signature = RMinHash(num_perm=NUM_PERMUTATIONS, seed=1)
        signature.update(_shingles(text))


def datatrove(texts: Sequence[str]) -> int:
    """The four steps of its near-duplicate job, in one process; documents that it keeps."""
    from datatrove.data import Document
    from datatrove.pipeline.dedup.minhash import (
        MinhashConfig,
        MinhashDedupBuckets,
        MinhashDedupCluster,
        MinhashDedupFilter,
        MinhashDedupSignature,
    )

    config = MinhashConfig()
    documents = [Document(text=text, id=str(i)) for i, text in enumerate(texts)]
    with tempfile.TemporaryDirectory() as folder:
        signed, buckets, removed = (str(Path(folder) / name) for name in "sbr")
        signature = MinhashDedupSignature(output_folder=signed, config=config)
        signature.run(iter(documents), rank=0, world_size=1)
        find = MinhashDedupBuckets(input_folder=signed, output_folder=buckets, config=config)
        for rank in range(config.num_buckets):
            find.run(None, rank=rank, world_size=config.num_buckets)
        cluster = MinhashDedupCluster(input_folder=buckets, output_folder=removed, config=config)
        cluster.run(None, 0, 1)
        kept = MinhashDedupFilter(input_folder=removed).run(iter(documents), rank=0, world_size=1)
        return sum(1 for _ in kept)


PEERS: dict[str, Callable[[Sequence[str]], int | None]] = {
    "datasketch": datasketch,
    "rensa": rensa,
    "datatrove": datatrove,
}


def main() -> None:
    import pyarrow.parquet as pq

    logging.disable(logging.CRITICAL)
    with contextlib.suppress(ImportError):
        from loguru import logger

        logger.remove()
    name, path = sys.argv[1:]
    texts = pq.read_table(path, columns=["text"])["text"].to_pylist()
    peer = PEERS[name]
    peer(texts[:20])  # loads and compiles what it needs
    start = time.process_time()
    kept = peer(texts)
    seconds = time.process_time() - start
    print(
        json.dumps({"seconds": seconds, "version": importlib.metadata.version(name), "kept": kept})
    )


if __name__ == "__main__":
    main()
