"""The measures of extraction on texts whose scores can be counted by hand."""

import pytest

from tests.benchmarks.extraction_scores import Match, count_segments, match_shingles, score


def test_shingles_are_counted_with_repeats() -> None:
    # gold: abcd bcde; found: abcd bcde cdex
    assert match_shingles("a b c d e", "a b, c d. e x") == Match(2 / 3, 1 / 3, 0.0)
    assert match_shingles("a b c d a b c d", "a b c d") == Match(1 / 5, 0.0, 4 / 5)


def test_a_short_text_is_one_shingle() -> None:
    assert match_shingles("two words", "two words") == Match(1.0, 0.0, 0.0)
    assert match_shingles("two words", "two") == Match(0.0, 0.5, 0.5)
    assert match_shingles("", "") == Match(0.0, 0.0, 0.0)


def test_pages_weigh_the_same_and_empty_sides_are_left_out() -> None:
    long = Match(0.5, 0.5, 0.0)
    nothing_found = Match(0.0, 0.0, 1.0)
    result = score([long, nothing_found])
    assert result.precision == 0.5  # of the page where something was found
    assert result.recall == 0.5
    assert result.f1 == pytest.approx(0.5)


def test_segments() -> None:
    assert count_segments("the whole text", ["whole", "missing"], ["cookie", "text"]) == (2, 4)
