"""The measure job on Spark beside the sum of its kernels: how much of its time is Spark's.

Run: make bench-measures [DUMPS=folder]

The job reads DOCUMENTS from Parquet, measures them by two workers and writes ATTRIBUTES. Its time
is the CPU time of the JVM and the workers, after a round over a twentieth that starts them; that of
the kernels is this process's over the same texts, the best of three. Figures go to
``history.jsonl``.
"""

import argparse
import tempfile
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.measures.measure import STAGE, MeasureParams
from pipeline.spark.arrow import map_batches, struct_type
from pipeline.spark.session import SparkParams, open_session
from schemas.documents import DOCUMENTS
from tests.benchmarks.bench_measures import rate, sample
from tests.benchmarks.history import append_history
from tests.benchmarks.processes import usage_of_children

FILES = 8


def as_documents(texts: list[str], name: str) -> pa.Table:
    """Rows of DOCUMENTS with these texts."""
    empty = {
        field.name: "" if pa.types.is_string(field.type) else 0
        for field in DOCUMENTS.schema
        if not field.nullable
    }
    rows = [
        empty | {"source_file": name, "record_offset": place, "text": text}
        for place, text in enumerate(texts)
    ]
    return pa.Table.from_pylist(rows, DOCUMENTS.schema)


def main() -> None:
    """Measure, print and append the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="holds books/, news/ and mediawiki/")
    parser.add_argument("--megabytes", type=float, default=6.0)
    parser.add_argument("--copies", type=int, default=4, help="in each of the files")
    options = parser.parse_args()
    texts = sample(options.folder, int(options.megabytes * 1e6))
    size = sum(len(text.encode()) for text in texts) / 1e6
    (batch,) = as_documents(texts, "kernels").combine_chunks().to_batches()
    kernels = rate(size, lambda: STAGE.run(batch, MeasureParams()))
    with (
        tempfile.TemporaryDirectory() as folder,
        open_session("bench_measure_job", SparkParams(master="local[2]")) as spark,
    ):
        for number in range(FILES):
            rows = as_documents(texts * options.copies, f"{number}")
            pq.write_table(rows, Path(folder) / f"{number}.parquet")
        frame = spark.read.schema(struct_type(DOCUMENTS.schema)).parquet(folder)
        for part, name in ((frame.sample(0.05, seed=1), "some"), (frame, "all")):
            before, started = usage_of_children(), time.perf_counter()
            map_batches(part, STAGE, MeasureParams()).write.parquet(f"{folder}/out/{name}")
            after, clock = usage_of_children(), time.perf_counter() - started
    megabytes = size * options.copies * FILES
    seconds = after.seconds - before.seconds
    workers = after.python_seconds - before.python_seconds
    share = 1 - megabytes / kernels / seconds
    print(
        f"{megabytes:.0f} MB: kernels {kernels} MB per CPU second, job {megabytes / seconds:.2f}; "
        f"workers {workers:.1f} s, JVM {seconds - workers:.1f} s; Spark's share {share:.1%}; "
        f"by the clock {megabytes / clock / 2:.2f} MB per second and core"
    )
    append_history(
        {
            "bench": "measure job",
            "megabytes": round(megabytes),
            "kernels_mb_per_cpu_second": kernels,
            "job_mb_per_cpu_second": round(megabytes / seconds, 2),
            "spark_share": round(share, 3),
        }
    )


if __name__ == "__main__":
    main()
