"""Collect the statistics of a build and write its page and their numbers."""

from pyspark.sql import DataFrame

from pipeline.report.page import render
from pipeline.spark.statistics import collect_statistics
from pipeline.spark.tables import read_text, write_text
from schemas.build import BuildManifest
from schemas.shards import Manifest, canonical_json


def write_report(
    build: BuildManifest,
    ledger: DataFrame,
    attributes: DataFrame,
    documents: DataFrame,
    root: str,
    folder: str,
) -> None:
    """Write ``report/index.html`` and ``report/statistics.json`` below the build's ``folder``.

    Args:
        root: folder of the corpus, which the paths in ``build`` are relative to.

    Raises:
        DataError: the numbers of the build do not add up.
    """
    shards = Manifest.model_validate_json(read_text(f"{root}/{build.shards}"))
    statistics = collect_statistics(ledger, attributes, documents)
    page = render(statistics, build, shards)
    numbers = canonical_json(statistics.model_dump(mode="json"))
    write_text(f"{folder}/report/statistics.json", numbers)
    write_text(f"{folder}/report/index.html", page)
