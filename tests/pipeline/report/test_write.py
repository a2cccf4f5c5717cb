from pipeline.report.statistics import Statistics
from pipeline.report.write import NUMBERS, PAGE, report_files
from tests.pipeline.report.sample import BUILD, SHARDS, STATISTICS


def test_the_numbers_beside_the_page_give_the_page_again():
    written = report_files(STATISTICS, BUILD, SHARDS)
    assert set(written) == {NUMBERS, PAGE}
    again = Statistics.model_validate_json(written[NUMBERS])
    assert report_files(again, BUILD, SHARDS) == written
