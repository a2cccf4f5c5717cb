"""What start and end tags close."""

import numpy as np

from pipeline.extract.html_stack import (
    MAX_DEPTH,
    OPEN_TAG,
    STACK_COLUMNS,
    close_down_to,
    end_element,
    open_implied,
)
from pipeline.extract.html_tags import KINDS, TAGS


def opened(names: str) -> tuple[np.ndarray, np.ndarray, int]:
    tags = [TAGS[name] for name in names.split()]
    stack = np.zeros((MAX_DEPTH, STACK_COLUMNS), np.int64)
    stack[1 : 1 + len(tags), OPEN_TAG] = tags
    return stack, np.bincount(tags, minlength=len(KINDS)), 1 + len(tags)


def implied(names: str, tag: str) -> int:
    stack, _, depth = opened(names)
    return int(open_implied(stack, depth, TAGS[tag]))


def test_start_tags_close_what_html_lets_out() -> None:
    assert implied("div p", "div") == 2
    assert implied("ul li div", "li") == 2
    assert implied("ul li ul", "li") == 4  # the inner list is open
    assert implied("dl dt", "dd") == 2
    assert implied("table tr td", "tr") == 2 and implied("table tr td", "td") == 3
    assert implied("table tr td table", "tr") == 5
    assert implied("table tr td table tr", "td") == 6  # the outer cell is open
    assert implied("h2", "h3") == 1 and implied("div", "p") == 2


def test_end_tags_close_down_to_theirs() -> None:
    stack, counts, depth = opened("div section p")
    assert end_element(stack, counts, depth, TAGS["div"]) == 1
    assert counts.sum() == 0


def test_end_tags_do_not_reach_over_cells_and_inline_ones_not_over_blocks() -> None:
    stack, counts, depth = opened("div table tr td p")
    assert end_element(stack, counts, depth, TAGS["div"]) == depth
    assert end_element(stack, counts, depth, TAGS["table"]) == 2
    stack, counts, depth = opened("b div i")
    assert end_element(stack, counts, depth, TAGS["b"]) == depth and counts.sum() == 3


def test_counts_of_open_elements_follow() -> None:
    stack, counts, depth = opened("div p b")
    assert close_down_to(stack, counts, depth, 2) == 2
    assert counts[TAGS["div"]] == 1 and counts[TAGS["p"]] == counts[TAGS["b"]] == 0
