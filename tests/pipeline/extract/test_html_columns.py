"""Columns do not overlap."""

from pipeline.extract import html_columns as columns
from pipeline.extract.html_tags import NUM_NOTICES


def test_features_lie_end_to_end() -> None:
    starts = [
        columns.BOX_AT, columns.NEAR_AT, columns.LEVEL_AT, columns.SHAPE_AT, columns.AROUND_AT,
        columns.WORDING_AT, columns.PLACE_AT, columns.SECTION_AT, columns.BESIDE_AT,
    ]  # fmt: skip
    assert starts == sorted(set(starts)) and starts[-1] < columns.NUM_FEATURES


def test_columns_of_blocks_and_nodes() -> None:
    assert columns.OPENS + 1 == columns.KINDS_AT
    assert columns.BLOCK_COLUMNS == columns.KINDS_AT + NUM_NOTICES
    assert columns.DEPTH + 1 == columns.NODE_COLUMNS
