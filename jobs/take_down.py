"""Take documents out of the shards of a corpus, and keep them out of later builds.

python jobs/take_down.py --set corpus=DIR --set list=FILE
"""

import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from jobs.launch import run_job
from pipeline.rights.take_down import TakeDownConfig, read_names, take_down
from pipeline.rights.trace import read_build_in_force
from pipeline.spark.session import open_session


def take(config: TakeDownConfig) -> None:
    """Check list and corpus first, then start Spark; then say what became of every name."""
    names = read_names(config.list)
    read_build_in_force(config.corpus)
    with open_session("take_down", config.spark) as spark:
        done = take_down(spark, config, names)
    for name, records in done.records.items():
        fates = sorted({f"{record.doc_id}  was {record.fate()}" for record in records})
        print("\n".join(f"{name}  {fate}" for fate in fates or ["not found"]))
    print(f"{done.num_tokens} tokens gone, {len(done.written)} shards written anew")
    print(f"shards    {done.shards}")
    print("Tables of documents and earlier builds of this corpus still hold the texts.")


def main(argv: Sequence[str] | None = None) -> int:
    """Exit code: 0 done, 1 failed, 2 wrong configuration or an unknown name."""
    return run_job(take, TakeDownConfig, argv, __doc__)


if __name__ == "__main__":
    raise SystemExit(main())
