import pytest

from pipeline.report.formats import (
    flatten,
    format_count,
    format_many,
    format_number,
    format_share,
    format_size,
    format_snippet,
    show_controls,
)


def test_a_configuration_becomes_keys_that_set_takes():
    tree = {"dedup": {"threshold": 0.8, "bands": 20}, "decide": {"web": {}}, "name": "x"}
    assert dict(flatten(tree)) == {
        "dedup.threshold": "0.8",
        "dedup.bands": "20",
        "decide.web": "{}",
        "name": "x",
    }


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [
        (0, 5, "0.0\xa0%"),
        (5, 5, "100.0\xa0%"),
        (1, 10_000, "<\xa00.1\xa0%"),
        (0, 0, "–"),
    ],
)
def test_small_shares_are_told_from_nothing(part, whole, shown):
    assert format_share(part, whole) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.123456, "0.1235"), (8.0, "8"), (1e9, "1,000,000,000"), (0.0, "0"), (None, "–")],
)
def test_values_have_as_many_digits_as_are_of_use(value, shown):
    assert format_number(value) == shown


@pytest.mark.parametrize(
    ("size", "shown"),
    [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (3 << 40, "3.0 TiB"), (None, "–")],
)
def test_sizes_have_a_unit(size, shown):
    assert format_size(size) == shown


def test_counts_have_nouns_in_the_right_number():
    assert format_count(12345) == "12,345"
    assert [format_many(count, "file") for count in (0, 1, 2)] == ["0 files", "1 file", "2 files"]


def test_what_cannot_be_seen_is_marked_and_empty_lines_go():
    assert show_controls("a\x00\x1bb\tc\nd\ufffe") == "a\ufffd\ufffdb\tc\nd\ufffd"
    assert format_snippet("\n一\n\n \n二\x07\n") == "一\n二\ufffd"
