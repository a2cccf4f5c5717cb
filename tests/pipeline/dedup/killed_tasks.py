"""Dedup while tasks are killed: run in a process of its own by test_duplicates.

python -m tests.pipeline.dedup.killed_tasks FOLDER
"""

import os
import signal
import sys
import uuid
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pyarrow as pa
from pyspark import TaskContext
from pyspark.sql import DataFrame


def kill_first_attempts(frame: DataFrame, folder: Path) -> DataFrame:
    """The same rows, but the first attempt of the first task that reads them is killed, each time.

    A file ``died-*`` in ``folder`` tells of each.
    """
    folder.mkdir(parents=True, exist_ok=True)
    return frame.mapInArrow(partial(_die, folder), frame.schema)


def _die(folder: Path, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    context = TaskContext.get()
    assert context is not None
    for batch in batches:
        yield batch
        if context.partitionId() == 0 and context.attemptNumber() == 0:
            (folder / f"died-{uuid.uuid4()}").touch()
            os.kill(os.getpid(), signal.SIGKILL)


def main(folder: Path) -> None:
    """Print what dedup finds, one duplicate, edge or member of a cluster a line."""
    from pipeline.spark.session import SparkParams, open_session
    from tests.pipeline.dedup import test_duplicates as calm

    rows = calm.records(calm.world())
    with open_session("killed_tasks", SparkParams(master="local[2,4]", partitions=3)) as spark:
        documents = spark.createDataFrame(rows, calm.DOCUMENT).repartition(3)
        signatures = spark.createDataFrame(calm.signed(rows), calm.SIGNATURE).repartition(3)
        found = calm.find_duplicates(
            kill_first_attempts(documents.drop("text"), folder / "kept"),
            kill_first_attempts(signatures, folder / "signatures"),
            kill_first_attempts(
                documents.select("source_file", "record_offset", "text"), folder / "documents"
            ),
            calm.PARAMS,
            str(folder / "scratch"),
        )
        for name in ("duplicates", "edges", "clusters"):
            for row in sorted(tuple(row) for row in getattr(found, name).collect()):
                print("FOUND", name, row)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
