"""Mark the documents of one corpus that are near-duplicates of documents of another.

spark-submit jobs/mark_duplicates.py --set corpus=DIR --set against=DIR [--config FILE]
"""

import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # absent under spark-submit

from jobs.launch import run_job
from pipeline.spark.marks import MarkConfig, builds_in_force, mark_duplicates
from pipeline.spark.session import open_session
from schemas.dedup import MARKS


def mark(config: MarkConfig) -> None:
    """Both corpora are read as their builds left them; neither is built again."""
    builds_in_force(config)  # a wrong folder is told before Spark starts
    with open_session("mark_duplicates", config.spark) as spark:
        batch = mark_duplicates(spark, config)
    print(f"{batch.rows} records have a near-duplicate in {config.against}")
    print(f"marks  {MARKS.path(config.corpus, batch.batch)}")


def main(argv: Sequence[str] | None = None) -> int:
    """Exit code: 0 done, 1 failed, 2 wrong configuration or usage."""
    return run_job(mark, MarkConfig, argv, __doc__)


if __name__ == "__main__":
    raise SystemExit(main())
