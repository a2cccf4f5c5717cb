"""Lists and tables that stay whole."""

from collections.abc import Callable

import numpy as np
import pytest

from pipeline.extract.html import extract_text
from pipeline.extract.html_scan import scan
from pipeline.extract.html_wholes import keep_series, keep_wholes

ITEMS = [
    "Apples from the orchard behind the mill", "Flour of last year's wheat",
    "Two eggs and a spoon of butter", "Cinnamon, as much as you like", "Salt", "Sugar from beets",
    "A lemon and its peel", "Warm milk", "Yeast", "Raisins soaked in rum",
]  # fmt: skip
ROWS = [
    ("January", "31", "Snow"), ("February", "28", "Ice"), ("March", "31", "Wind"),
    ("April", "30", "Rain"), ("May", "31", "Blossom"), ("June", "30", "Hay"),
    ("July", "31", "Thunder"), ("August", "31", "Heat"), ("September", "30", "Apples"),
    ("October", "31", "Fog"), ("November", "30", "Mud"), ("December", "31", "Candles"),
]  # fmt: skip
NAVIGATION = (
    "<header><nav><ul><li><a href=/>Home</a><li><a href=/a>About us</a><li><a href=/c>Contact</a>"
    "</ul></nav></header>"
)
FOOTER = (
    "<footer><p>Copyright 2020 The Mill. All rights reserved.</p><ul><li><a href=/p>Privacy policy"
    "</a><li><a href=/t>Terms of use</a></ul></footer>"
)
LIST = f"<ul>{''.join(f'<li>{item}</li>' for item in ITEMS)}</ul>"
TABLE = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in ROWS)


def kept(
    html: str, scores: list[float], keep: Callable[..., None] = keep_wholes, asked: float = 0.5
) -> list[bool]:
    _, blocks, nodes, _ = scan(np.frombuffer(html.encode(), np.uint8))
    values = np.array(scores, np.float32)
    chosen = values >= asked
    keep(chosen, values, asked, blocks, nodes)
    return [bool(each) for each in chosen]


def test_a_list_that_scores_well_on_average_keeps_its_ends() -> None:
    page = "<p>ab<ul><li>ab<li>ab<li>ab</ul><p>ab"
    assert kept(page, [0.4, 0.3, 0.6, 0.3, 0.4]) == [False, True, True, True, False]
    assert kept(page, [0.4, 0.2, 0.5, 0.2, 0.4]) == [False, False, True, False, False]
    assert kept(page, [0.4, 0.4, 0.4, 0.4, 0.4]) == [False] * 5, "some must be kept"
    assert kept("<ul><li>ab<li>ab</ul>", [0.4, 0.6]) == [False, True], "two are no list"


def test_long_items_weigh_more() -> None:
    page = f"<ol><li>{'ab ' * 20}<li>ab<li>ab</ol>"
    assert kept(page, [0.1, 0.9, 0.9]) == [False, True, True]
    assert kept(page, [0.6, 0.1, 0.1]) == [True] * 3


def test_tables_of_data_only() -> None:
    scores = [0.3, 0.6, 0.3, 0.6, 0.3, 0.6]
    assert kept(f"<table>{'<tr><td>ab<td>cd' * 3}</table>", scores) == [True] * 6
    row = f"<tr><td>{'ab ' * 40}<td>{'cd ' * 40}"
    wide = f"<table>{row * 3}</table>"
    assert kept(wide, scores) == [False, True] * 3
    nested = (
        "<table><tr><td>ab<td>cd<tr><td>ab<td><table><tr><td>cd</table><tr><td>ab<td>cd</table>"
    )
    assert kept(nested, scores) == [False, True] * 3


def series(count: int, part: str = "<div class=post><p>ab</div>") -> str:
    return f"<div>{part * count}</div>"


def test_a_series_that_is_mostly_kept_is_kept() -> None:
    scores = [0.9] * 7 + [0.2] * 3
    assert kept(series(10), scores, keep_series) == [True] * 10
    assert kept(series(9), scores[1:], keep_series) == [True] * 6 + [False] * 3, "nine are few"
    assert kept(series(10), [*scores[:-1], 0.1], keep_series) == [True] * 9 + [False]
    fewer = [0.9] * 4 + [0.45] * 6
    assert kept(series(10), fewer, keep_series) == [True] * 4 + [False] * 6, "most must be kept"
    poor = [0.5] * 5 + [0.15] * 5
    assert kept(series(10), poor, keep_series) == [True] * 5 + [False] * 5, "scores too low"


def test_other_boxes_are_no_part_of_a_series() -> None:
    scores = [0.9] * 10 + [0.4]
    page = f"{series(10)}<div><div class=other><p>ab</div></div>"
    assert kept(page, scores, keep_series) == [True] * 10 + [False]
    page = f"{series(10)}<div class=side><div class=post><p>ab</div></div>"
    assert kept(page, scores, keep_series) == [True] * 10 + [False]
    page = f"{series(10)}<div><div class=post><p>ab</div></div>"
    assert kept(page, scores, keep_series) == [True] * 11


@pytest.mark.parametrize(
    "body",
    [
        LIST,
        f"{NAVIGATION}<main><h1>What goes into the cake</h1>{LIST}</main>{FOOTER}",
        f"{NAVIGATION}<div><h1>What goes into the cake</h1>{LIST}</div>{FOOTER}",
    ],
)
def test_a_page_that_is_a_list_keeps_its_first_and_its_last_item(body: str) -> None:
    lines = extract_text(f"<title>The Mill</title><body>{body}".encode()).split("\n")
    assert [line[2:] for line in lines if line.startswith("• ")] == ITEMS


@pytest.mark.parametrize(
    "body",
    [
        f"<table>{TABLE}</table>",
        f"{NAVIGATION}<main><h1>Months</h1><table>{TABLE}</table></main>{FOOTER}",
        f"{NAVIGATION}<div><h1>Months</h1><table>{TABLE}</table></div>{FOOTER}",
    ],
)
def test_a_page_that_is_a_table_keeps_its_rows(body: str) -> None:
    lines = extract_text(f"<title>The Mill</title><body>{body}".encode()).split("\n")
    assert [line for line in lines if "\t" in line] == ["\t".join(row) for row in ROWS]
