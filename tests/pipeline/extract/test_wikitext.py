import bz2
import html
import json
import re
import time
from collections import Counter
from pathlib import Path

import mwparserfromhell
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.extract.wikitext import wikitext_to_text

CASES = json.loads((Path(__file__).parents[2] / "cases" / "wikitext.json").read_text("utf-8"))


@pytest.mark.parametrize("case", CASES, ids=[case["label"] for case in CASES])
def test_cases(case: dict[str, str]) -> None:
    assert wikitext_to_text(case["wikitext"]) == case["text"]


ATTACKS = [
    "[[" * 100_000,
    "{{" * 100_000,
    "}}" * 100_000,
    "{|\n" * 50_000,
    "{|\n" + "|" * 200_000 + "\n|}",
    "{|\n" + "|-\n" * 90_000 + "|}",
    "{|\n|a\n" * 30_000 + "|}\n" * 30_000,
    "-{zh:" * 50_000,
    "-{" + "zh:a;" * 50_000 + "}-",
    "{|class='" + "x " * 90_000 + "\n|}",
    "<ref>" * 40_000,
    "<ref " * 40_000,
    "[http://a " * 20_000,
    "[[a|{{b|<ref>''" * 10_000,
    "[[a" * 50_000 + "]]" * 50_000,
    "{{a|" * 50_000 + "}}" * 50_000,
    "<!--" * 50_000,
    "'" * 200_000,
    "(" * 100_000,
    " " * 200_000,
    "( , " * 50_000,
    "-{" * 100_000,
    "\n*#:;" * 50_000,
    "==" * 100_000,
    "<" * 200_000,
    "&" * 200_000,
    ("=" * 500 + "a\n") * 400,
    "*a\n" * 200_000,
    "{|\n" + "|a\n" * 200_000 + "|}",
    "[[a" + " " * 200_000 + "b|]]",
    "[[a" + "," * 200_000 + "\nb|]]",
    "{|" + "class=" * 100_000 + "\n|a\n|}",
    "&#" + "1" * 200_000 + ";",
]


@pytest.mark.parametrize("attack", ATTACKS, ids=[attack[:12].strip() for attack in ATTACKS])
def test_pathological_pages_take_linear_time(attack: str) -> None:
    started = time.process_time()
    wikitext_to_text(attack)
    assert time.process_time() - started < 5


@given(
    st.lists(
        st.sampled_from(
            ["[[", "]]", "{{", "}}", "{|", "|}", "|", "\n", "==", "'''", "<ref>", "</ref>", "a b",
             "File:", "<!--", "-->", "[http://x", "]", "*", "<br>", "&amp;", "-{", "}-", "字",
             "\n{|\n", "\n|-\n", "\n|", "||", "!!", "\n|}", "{{convert|", "\x1e", "\x1f"]
        ),
        max_size=60,
    )
)  # fmt: skip
def test_any_markup_is_read(pieces: list[str]) -> None:
    text = wikitext_to_text("".join(pieces))
    assert "{{" not in text and "<ref>" not in text
    assert "\x1e" not in text and "\x1f" not in text


def test_a_table_keeps_its_cells_apart_and_its_rows_together() -> None:
    page = (
        "== Teas ==\n"
        '{| class="wikitable sortable"\n|+ Harvest\n! scope="col" | Tea !! Year || Weight\n'
        '|- style="x"\n| [[Green tea|green]]<ref>a|b</ref> || {{circa|1900}}\n'
        "| {{convert|5|kg|lb}}\n|-\n| black<br />or red || || {{ndash}}\n* dried\n|-\n"
        "| || \n|}\nEnd."
    )
    assert wikitext_to_text(page) == (
        "Teas\n\nHarvest\nTea\tYear\tWeight\ngreen\tc. 1900\t5 kg\nblack or red\t\t– dried\n\nEnd."
    )


def test_navigation_and_infoboxes_are_no_data() -> None:
    for name in ("navbox", "infobox vcard", "wikitable metadata"):
        assert wikitext_to_text(f'a\n{{| class="{name}"\n| b\n|}}\nc') == "a\n\nc"
    assert wikitext_to_text("a\n{|\n| b\n") == "a", "a table that never ends is none"


def test_a_heading_over_an_empty_table_goes() -> None:
    assert wikitext_to_text("== T ==\n{|\n|-\n| – || \n|}\n== U ==\nx") == "U\n\nx"


@pytest.mark.shared
def test_words_are_those_that_mwparserfromhell_keeps(shared_data: Path) -> None:
    (path,) = shared_data.glob("mediawiki/enwiki*.bz2")
    dump = bz2.decompress(path.read_bytes()).decode()
    pages = re.findall(r"<text[^>]*>(.*?)</text>", dump, re.S)
    compared = 0
    for page in pages:
        page = html.unescape(page)
        if page.lower().startswith("#redirect") or len(page) > 120_000:
            continue
        mine = Counter(re.findall(r"\w+", wikitext_to_text(page)))
        # Theirs glues the words around a line break together.
        tree = mwparserfromhell.parse(re.sub(r"<br\s*/?>", "\n", page))
        theirs = Counter(re.findall(r"\w+", tree.strip_code()))
        # Theirs also keeps captions and categories: ours must be in theirs, and most of theirs
        # in ours.
        assert sum((mine - theirs).values()) < 0.03 * sum(mine.values()) + 10
        assert sum((theirs - mine).values()) < 0.15 * sum(theirs.values()) + 10
        compared += 1
        if compared == 12:
            return
    pytest.fail(f"only {compared} pages were compared")
