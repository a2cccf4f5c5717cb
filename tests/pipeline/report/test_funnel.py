"""The funnel in the terminal."""

from pipeline.report.funnel import funnel
from schemas.build import BuildManifest


def build(**changes):
    fields = {
        "build": "b",
        "inputs": [],
        "unrecognised": ["x.bin (unknown)"],
        "records": 10,
        "outcomes": {"kept": 4, "dropped": 3, "duplicate": 2, "unreadable": 1},
        "rules": {"min_words": 1, "languages": 2, "same_text": 2},
        "per_file": [],
        "ledger": "l",
        "shards": "s",
        "shards_sha256": "0",
        "config": {},
        "code_version": "0",
    }
    return BuildManifest(**(fields | changes))


def test_rules_stand_below_their_outcome_most_frequent_first():
    words = [line.split()[-1] for line in funnel(build()).splitlines()]
    assert words.index("dropped") < words.index("languages") < words.index("min_words")
    assert words.index("min_words") < words.index("duplicate") < words.index("same_text")


def test_the_sum_is_shown_and_judged():
    assert "10 = 4 + 3 + 2 + 1: adds up" in funnel(build())
    assert "DOES NOT ADD UP" in funnel(build(records=11))


def test_items_of_evaluation_sets_that_are_not_searched_for_are_told():
    sets = [
        {"name": "quiz", "sha256": "0", "items": 2, "too_short": 1200, "documents": 3},
        {"name": "zh", "sha256": "0", "items": 0, "documents": 0},
    ]
    found = {"action": "drop", "sets": sets, "kept": 0, "passages": 0}
    lines = [line.strip() for line in funnel(build(contamination=found)).splitlines()]
    assert "3  records hold something of 2 items of quiz; 1,200 of its items are too short" in lines
    assert "0  records hold something of 0 items of zh" in lines


def test_what_was_not_recognised_is_listed_and_a_long_list_cut():
    assert "x.bin (unknown)" in funnel(build())
    assert "and 5 more" in funnel(build(unrecognised=[str(i) for i in range(25)]))
