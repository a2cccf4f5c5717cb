"""Builds of small corpora, and what they left."""

from pathlib import Path
from typing import Any

import pyarrow.dataset as ds
from pyspark.sql import SparkSession

from pipeline.config import CorpusConfig
from pipeline.corpus import Built, build_corpus, plan


def build(spark: SparkSession, config: CorpusConfig) -> Built:
    """Run the recipe."""
    return build_corpus(spark, config, plan(config))


def ledger_of(built: Built, output: Path) -> list[dict[str, Any]]:
    """Rows of the ledger of a build."""
    batch = output / built.manifest.ledger
    rows: list[dict[str, Any]] = (
        ds.dataset(sorted(batch.glob("part-*.parquet"))).to_table().to_pylist()
    )
    return rows
