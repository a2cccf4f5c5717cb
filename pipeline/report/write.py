"""The report's files: the page, and the numbers behind it as JSON."""

from pipeline.report.page import render
from pipeline.report.statistics import Statistics
from schemas.build import BuildManifest
from schemas.shards import Manifest, canonical_json

PAGE = "report/index.html"
NUMBERS = "report/statistics.json"


def report_files(statistics: Statistics, build: BuildManifest, shards: Manifest) -> dict[str, str]:
    """Text of each file of the report, by its path below the folder of the build.

    Raises:
        DataError: the numbers do not add up.
    """
    return {
        NUMBERS: canonical_json(statistics.model_dump(mode="json")),
        PAGE: render(statistics, build, shards),
    }
