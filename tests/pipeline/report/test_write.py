"""The files of a report."""

from pipeline.report.statistics import Statistics
from pipeline.report.write import NUMBERS, PAGE, report_files
from tests.pipeline.report.sample import BUILD, SHARDS, STATISTICS


def test_the_numbers_beside_the_page_give_the_page_again():
    files = report_files(STATISTICS, BUILD, SHARDS)
    again = Statistics.model_validate_json(files[NUMBERS])
    assert again == STATISTICS
    assert report_files(again, BUILD, SHARDS)[PAGE] == files[PAGE]
