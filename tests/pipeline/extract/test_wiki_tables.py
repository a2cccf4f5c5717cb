import pytest

from pipeline.extract.wiki_tables import CELL, ROW, lay_out_row, render_table


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        ("\n| a || b\n| c\n", [["a", "b", "c"]]),
        ("\n|-\n! a !! b\n|-\n| c || d", [["a", "b"], ["c", "d"]]),
        ("\n|+ style='x' | All teas\n! a", [["All teas"], ["a"]]),
        ('\n| style="x" | a || colspan=2 | b', [["a", "b"]]),
        ("\n| a\n* one\n* two\n| b", [["a one two", "b"]]),
        ("\n| wow!! || b", [["wow!!", "b"]]),
        ("\n| a || || c ||", [["a", "", "c"]]),
        (f"\n| a {ROW}b{CELL}c\n| d", [["a b c", "d"]]),
        ("\n  text before any cell\n| a", [["a"]]),
        ("", []),
        ("\n|-\n|-\n", []),
    ],
)
def test_rows_and_cells(content: str, rows: list[list[str]]) -> None:
    lines = [line for line in render_table(content).split("\n") if line]
    assert all(line.startswith(ROW) for line in lines)
    assert [line.removeprefix(ROW).split(CELL) for line in lines] == rows


def test_a_row_of_dashes_says_nothing() -> None:
    assert lay_out_row(f"{ROW}–{CELL}?") == ""
    assert lay_out_row(f"{ROW}{CELL}茶{CELL}") == "\t茶"
