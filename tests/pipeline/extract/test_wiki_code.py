import time

import pytest

from pipeline.extract.wiki_code import put_back, set_aside
from pipeline.extract.wikitext import wikitext_to_text

CODE = "def f(a):\n    x = [[1, 2], [3, 4]]\n    # a comment, <b>\n\n    return {{x}}[0]  # ''s''"


@pytest.mark.parametrize(
    "tag", ["syntaxhighlight lang='python'", "source lang=python line", "pre", "SyntaxHighlight"]
)
def test_code_stands_as_it_is(tag: str) -> None:
    page = f"Intro [[a|text]].\n\n<{tag}>\n{CODE}\n</{tag.split()[0]}>\n\n* End\n* ''text''."
    assert wikitext_to_text(page) == f"Intro text.\n\n{CODE}\n\n- End\n- text."


def test_code_in_a_line_stays_there() -> None:
    page = "The word <nowiki>[[link]] &amp; '''b'''</nowiki> and <source inline>x[[0]]</source>."
    assert wikitext_to_text(page) == "The word [[link]] & '''b''' and x[[0]]."
    assert wikitext_to_text("<pre>\n&lt;p&gt; <nowiki>[[a]]</nowiki>\n</pre>") == "<p> [[a]]"
    assert wikitext_to_text("a<nowiki/>b <pre> [[c]]") == "ab c", "not closed: no code"
    assert wikitext_to_text("a <pre>\n</pre> b <nowiki></nowiki>c") == "a b c"


def test_code_goes_with_what_is_dropped() -> None:
    page = "a<!-- <pre>b --> c <ref><nowiki>d</nowiki></ref> <pre>e <!-- f --></pre> <!-- g"
    assert wikitext_to_text(page) == "a c\n\ne <!-- f -->"


def test_code_in_a_table_stays_in_its_row() -> None:
    page = "{|\n! A !! B\n|-\n| <pre>x\n  y</pre> || <nowiki>|</nowiki>z\n|}"
    assert wikitext_to_text(page) == "A\tB\nx y\t|z"


def test_a_page_brings_no_placeholder_of_its_own() -> None:
    text, pieces = set_aside("\x020\x03 \x027\x04<nowiki>a</nowiki>")
    assert put_back(text, pieces) == "0 7a"


@pytest.mark.parametrize("piece", ["<pre>", "</pre>", "<!--", "<pre", "<pre></pre>", "<nowiki></"])
def test_time_is_linear(piece: str) -> None:
    started = time.process_time()
    wikitext_to_text(piece * 50_000)
    assert time.process_time() - started < 5


def test_formulas_keep_their_source() -> None:
    page = (
        "The area is <math>\\pi\n r^{{2}}</math>, of <chem>H2O</chem>.\n\n"
        ":<math display='block'>a &amp;= [[b]] \\\\ c</math>\n\n"
        "See <math /> and <math>never closed."
    )
    assert wikitext_to_text(page) == (
        "The area is $\\pi r^{{2}}$, of H2O.\n\n$a &= [[b]] \\\\ c$\n\nSee and never closed."
    )
