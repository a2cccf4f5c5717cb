"""Build or rebuild a corpus: what the scheduler calls.

python jobs/rebuild_corpus.py --set input=/data/dumps --set output=/data/corpus
spark-submit jobs/rebuild_corpus.py --config corpus.toml [--set dedup.threshold=0.7 ...]
"""

import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # absent under spark-submit

from jobs.launch import run_job
from pipeline.config import CorpusConfig
from pipeline.corpus import build_corpus, plan
from pipeline.report.funnel import funnel
from pipeline.report.write import PAGE
from pipeline.spark.session import open_session


def rebuild(config: CorpusConfig) -> None:
    """Check the configuration first, then start Spark."""
    inventory = plan(config)
    with open_session("rebuild_corpus", config.spark) as spark:
        built = build_corpus(spark, config, inventory)
    print(funnel(built.manifest))
    print(f"manifest  {built.folder}/manifest.json")
    print(f"shards    {built.manifest.shards_sha256}")
    print(f"report    {built.folder}/{PAGE}")


def main(argv: Sequence[str] | None = None) -> int:
    """Exit code: 0 done, 1 failed, 2 wrong configuration or usage."""
    return run_job(rebuild, CorpusConfig, argv, __doc__)


if __name__ == "__main__":
    raise SystemExit(main())
