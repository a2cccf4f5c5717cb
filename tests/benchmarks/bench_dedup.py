"""The whole near-duplicate job on Spark, beside its peers. Run: make bench-dedup

Usage: python -m tests.benchmarks.bench_dedup FOLDER [--megabytes 400] [--peers PYTHON]

FOLDER holds dumps to take words from. A corpus with planted copies is made of them once
(``planted_corpus.py``) and kept below build/. Measured is: read Parquet, sign, group, band,
verify, cluster, choose, write SIGNATURES, PAIRS, EDGES and LEDGER-like rows; in one session, at
an eighth, a quarter, half of the size and all of it, so that the JVM is warm where it counts.
Rates are per core: by the clock on two cores, and by CPU time, which other load does not change.
A line with all figures is appended to ``history.jsonl``.
"""

import argparse
import json
import math
import shutil
import subprocess
import time
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from pipeline.dedup.bands import collision_probability
from pipeline.dedup.compare import Known
from pipeline.dedup.duplicates import find_duplicates
from pipeline.dedup.jaccard import similarities_in_turn
from pipeline.dedup.minhash import DedupParams, MinHashParams, signatures
from pipeline.dedup.shingles import shingle_texts
from pipeline.dedup.signature_stage import sign_documents
from pipeline.dedup.spark_joins import explode_bands
from pipeline.sources.inputs import InputParams
from pipeline.sources.recognise import scan
from pipeline.sources.spark_source import read_documents
from pipeline.spark.arrow import map_arrow
from pipeline.spark.session import SparkParams, open_session
from schemas.dedup import SIGNATURES
from tests.benchmarks.bench_extract import append_history
from tests.benchmarks.dedup_peers import PEERS
from tests.benchmarks.planted_corpus import write_corpus
from tests.benchmarks.processes import usage_of_children
from tests.pipeline.dedup.killed_tasks import kill_first_attempts

BUILD = Path("build/bench-dedup")
CORES = 2
KEYS = ["doc_id", "source_file", "record_offset"]
PARAMS = DedupParams()


def texts_of(spark: SparkSession, folder: Path) -> list[str]:
    """Texts of the books, news and wiki dumps in a folder."""
    texts = []
    for part in ("books", "news", "mediawiki"):
        inventory = scan(str(folder / part), [])
        frame = read_documents(spark, inventory.root, inventory.files, InputParams())
        rows = (
            frame.where(F.length("text") > 1000).select(F.substring("text", 1, 100_000)).collect()
        )
        texts += [row[0] for row in rows]
    return texts


def run_job(
    spark: SparkSession, documents: DataFrame, out: Path, before: Path | None = None
) -> dict[str, float]:
    """One job over the documents; with ``before`` it starts from what that run compared."""
    shutil.rmtree(out, ignore_errors=True)
    size = documents.agg(F.sum(F.octet_length("text"))).collect()[0][0] / 1e6
    start, used = time.perf_counter(), usage_of_children()
    new = documents
    if before is not None:
        signed_before = spark.read.parquet(str(before / "signatures"))
        new = documents.join(F.broadcast(signed_before.select(*KEYS[1:])), KEYS[1:], "left_anti")
    map_arrow(
        new.select(*KEYS, "text"),
        partial(sign_documents, params=PARAMS.minhash),
        SIGNATURES.schema,
    ).write.parquet(str(out / "signatures"))
    signed = spark.read.parquet(str(out / "signatures"))
    known = None
    if before is not None:
        signed = signed.unionByName(signed_before)
        known = Known(
            pairs=spark.read.parquet(str(before / "pairs")),
            compared=spark.read.parquet(str(before / "compared")),
            signatures=signed,
        )
    signing = time.perf_counter() - start
    found = find_duplicates(
        documents.drop("text", "base"), signed, documents, PARAMS, str(out / "scratch"), known
    )
    for name in ("pairs", "compared", "edges", "clusters"):
        getattr(found, name).write.parquet(str(out / name))
    documents.select(*KEYS).join(found.duplicates.drop("doc_id"), KEYS[1:], "left").write.parquet(
        str(out / "ledger")
    )
    seconds, now = time.perf_counter() - start, usage_of_children()
    return {
        "megabytes": round(size, 1),
        "seconds": round(seconds, 1),
        "signing_seconds": round(signing, 1),
        "cpu_seconds": round(now.seconds - used.seconds, 1),
        "python_cpu_seconds": round(now.python_seconds - used.python_seconds, 1),
        "mb_per_second_and_core": round(size / seconds / CORES, 2),
        "mb_per_cpu_second": round(size / (now.seconds - used.seconds), 2),
        "worker_peak_megabytes": round(now.worker_megabytes),
        "jvm_peak_megabytes": round(now.java_megabytes),
    }


def same_ledgers(spark: SparkSession, files: list[str]) -> dict[str, bool]:
    """Whether partitions, the order of files or a killed task change a row of the ledger."""

    def ledger_of(documents: DataFrame) -> list[Row]:
        run_job(spark, documents, BUILD / "same")
        return sorted(spark.read.parquet(str(BUILD / "same/ledger")).collect())

    read = spark.read.parquet
    expected = ledger_of(read(*files))
    variants = {
        "1 partition": lambda: read(*files).coalesce(1),
        "7 partitions": lambda: read(*files).repartition(7),
        "files in another order": lambda: read(*files[::-1]).orderBy(F.desc("doc_id")),
        "a killed task": lambda: kill_first_attempts(read(*files), BUILD / "died"),
    }
    return {name: ledger_of(make()) == expected for name, make in variants.items()}


def recall_by_similarity(corpus: Path, out: Path) -> dict[str, dict[str, float]]:
    """Planted pairs by their exact similarity: how many there are and how many were found."""
    table = pq.read_table(corpus, columns=["doc_id", "base", "text"])
    text_of = dict(zip(table["doc_id"].to_pylist(), table["text"].to_pylist(), strict=True))
    planted = [
        (doc_id, base)
        for doc_id, base in zip(table["doc_id"].to_pylist(), table["base"].to_pylist(), strict=True)
        if base is not None
    ]
    exact: list[float] = []
    for first in range(0, len(planted), 2000):
        part = planted[first : first + 2000]
        shingles = shingle_texts([text_of[end] for pair in part for end in pair])
        exact += similarities_in_turn(shingles).tolist()
    clusters = pq.read_table(out / "clusters")
    cluster_of = dict(
        zip(clusters["doc_id"].to_pylist(), clusters["cluster_id"].to_pylist(), strict=True)
    )
    bounds = [0.0, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 1.0001]
    rows = {}
    values = np.array(exact)
    together = np.array(
        [cluster_of.get(a, a) == cluster_of.get(b, b) for a, b in planted], dtype=bool
    )
    for low, high in pairwise(bounds):
        mine = (values >= low) & (values < high)
        if mine.any():
            rows[f"{low:.2f}"] = {
                "pairs": int(mine.sum()),
                "together": round(float(together[mine].mean()), 4),
                "theory": round(
                    float(
                        np.mean(
                            [
                                collision_probability(s, PARAMS.bands, PARAMS.rows)
                                for s in values[mine]
                            ]
                        )
                    ),
                    4,
                ),
            }
    return rows


def skipped_pairs(bands: DataFrame, params: DedupParams) -> DataFrame:
    """What was not compared, at most: one row with ``num_buckets`` (of two
    texts or more), ``num_large_buckets`` and ``num_skipped_pairs``, counted per bucket."""
    buckets = bands.groupBy("band_key").agg(F.count("*").alias("size")).where("size > 1")
    is_large = F.col("size") > params.max_bucket_pairs_size
    outside = F.greatest(F.col("size") - params.num_centres, F.lit(0))
    skipped = F.when(is_large, outside * (outside - 1) / 2).otherwise(0)
    return buckets.agg(
        F.count("*").alias("num_buckets"),
        F.count_if(is_large).alias("num_large_buckets"),
        F.coalesce(F.sum(skipped), F.lit(0)).cast("long").alias("num_skipped_pairs"),
    )


def merged_below(out: Path) -> int:
    """Edges below the threshold; there must be none."""
    edges = pq.read_table(out / "edges", columns=["similarity"])["similarity"].to_numpy()
    return int((edges < PARAMS.threshold).sum())


def signature_rate(texts: list[str]) -> float:
    """Signatures of 128 permutations, MB per second of CPU."""
    params = MinHashParams(bands=32, rows=4)
    signatures(texts[:50], params)
    best = math.inf
    for _ in range(3):
        start = time.process_time()
        signatures(texts, params)
        best = min(best, time.process_time() - start)
    return sum(len(text.encode()) for text in texts) / 1e6 / best


def beside_peers(python: Path, corpus: Path) -> dict[str, float]:
    """MB per second of CPU of each peer and of our signatures, on the same texts."""
    sample = BUILD / "sample.parquet"
    table = pq.read_table(sorted(corpus.glob("*.parquet"))[0]).slice(0, 3000)
    pq.write_table(table, sample)
    texts = table["text"].to_pylist()
    size = sum(len(text.encode()) for text in texts) / 1e6
    rates = {"corpusmill signatures": round(signature_rate(texts), 1)}
    for name in PEERS:
        script = Path(__file__).with_name("dedup_peers.py")
        done = subprocess.run(
            [str(python), str(script), name, str(sample)],
            capture_output=True,
            text=True,
            check=True,
        )
        answer = json.loads(done.stdout.splitlines()[-1])
        rates[f"{name} {answer['version']}"] = round(size / answer["seconds"], 2)
    return rates


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--megabytes", type=int, default=400)
    parser.add_argument("--peers", type=Path, help="Python that has the peers")
    options = parser.parse_args()
    record: dict[str, Any] = {"bench": "dedup", "cores": CORES}
    corpus = BUILD / f"corpus-{options.megabytes}"
    with open_session("bench_dedup", SparkParams(master=f"local[{CORES},4]")) as spark:
        if not corpus.exists():
            write_corpus(texts_of(spark, options.folder), options.megabytes * 1_000_000, corpus)
        files = sorted(map(str, corpus.glob("*.parquet")))
        read = spark.read.parquet
        run_job(spark, read(*files[:1]), BUILD / "warm-up")
        runs = []
        for share in (8, 4, 2, 1):
            runs.append(run_job(spark, read(*files[: max(1, len(files) // share)]), BUILD / "run"))
            print(json.dumps(runs[-1]), flush=True)
        record["runs"] = runs
        sizes, times = ([math.log(run[key]) for run in runs] for key in ("megabytes", "seconds"))
        record["exponent"] = round(float(np.polyfit(sizes, times, 1)[0]), 3)
        record["recall"] = recall_by_similarity(corpus, BUILD / "run")
        record["edges_below_threshold"] = merged_below(BUILD / "run")
        bands = explode_bands(read(str(BUILD / "run/signatures")))
        record["buckets"] = skipped_pairs(bands, PARAMS).collect()[0].asDict()
        most = len(files) - max(1, len(files) // 10)
        run_job(spark, read(*files[:most]), BUILD / "before")
        record["a_tenth_more"] = run_job(spark, read(*files), BUILD / "after", BUILD / "before")
        same = (
            read(str(BUILD / "after/ledger")).exceptAll(read(str(BUILD / "run/ledger"))).isEmpty()
        )
        record["a_tenth_more_gives_the_same_ledger"] = same
        record["same_ledger"] = same_ledgers(spark, files[:2])
    if options.peers:
        record["mb_per_cpu_second"] = beside_peers(options.peers, corpus)
    for key in record.keys() - {"runs", "bench"}:
        print(f"{key}: {json.dumps(record[key])}")
    append_history(record)


if __name__ == "__main__":
    main()
