"""Lists and tables that stay whole."""

from collections.abc import Callable

import numpy as np
import pytest

from pipeline.extract.html import extract_text
from pipeline.extract.html_scan import scan
from pipeline.extract.html_wholes import keep_attached, keep_series, keep_wholes

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


def attached(html: str, scores: list[float]) -> list[bool]:
    return kept(html, scores, keep_attached)


def test_a_list_or_code_behind_kept_text_is_part_of_it() -> None:
    assert attached("<div><p>ab<ul><li>ab<li>ab</ul></div>", [0.9, 0.1, 0.1]) == [True] * 3
    assert attached("<div><p>ab<pre>ab</pre></div>", [0.9, 0.1]) == [True] * 2
    assert attached("<div><p>ab<p>ab</div>", [0.9, 0.1]) == [True, False], "text speaks for itself"


def test_what_is_linked_or_stands_elsewhere_is_no_part() -> None:
    linked = "<div><p>ab<ul><li><a href=x>ab</a><li><a href=y>ab</a></ul></div>"
    assert attached(linked, [0.9, 0.1, 0.1]) == [True, False, False]
    elsewhere = "<div><p>ab</div><div><ul><li>ab<li>ab</ul></div>"
    assert attached(elsewhere, [0.9, 0.1, 0.1]) == [True, False, False]
    assert attached("<div><p>ab<ul><li>ab</ul></div>", [0.4, 0.1]) == [False, False]
    assert attached("<div><p>ab<ul><li>ab</ul></div>", [0.9, 0.01]) == [True, False], "hopeless"
    many = f"<div><p>ab<ul>{'<li>ab' * 41}</ul></div>"
    assert not any(attached(many, [0.9] + [0.1] * 41)[1:])


def test_a_table_behind_kept_text_is_kept_if_it_holds_data() -> None:
    page = f"<div><p>ab<table>{'<tr><td>ab<td>12' * 3}</table></div>"
    assert attached(page, [0.9] + [0.1] * 6) == [True] * 7
    small = "<div><p>ab<table><tr><td>ab<td>12</table></div>"
    assert attached(small, [0.9, 0.1, 0.1]) == [True, False, False]


def test_short_lists_and_tables_of_a_page_are_there() -> None:
    page = (
        f"<html><body>{NAVIGATION}<article><h1>Lentil soup</h1><p>This soup is what I make when "
        "there is nothing in the house but onions and lentils. It keeps for days.</p><div><h2>"
        "Ingredients</h2><ul><li>1 cup red lentils<li>2 onions<li>1 l stock</ul></div><p>Chop the "
        "onions and fry them in oil until golden, and add the rest. This is what is in it:</p>"
        f"<table>{TABLE}</table></article>{FOOTER}</body></html>"
    )
    text = extract_text(page.encode())
    assert "2 onions" in text and "October\t31\tFog" in text
    assert "Privacy" not in text
