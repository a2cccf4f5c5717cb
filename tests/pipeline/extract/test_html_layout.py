"""The shape of the text: paragraphs, lists, tables, code."""

import pytest

from pipeline.extract.html import fragment_text


def test_paragraphs_headings_and_lines() -> None:
    assert fragment_text("<h2>Title</h2><p>one<p>two<br>three<br><br>four") == (
        "Title\n\none\n\ntwo\nthree\n\nfour"
    )


def test_signs_of_permanent_links_are_left_out() -> None:
    html = '<h2>Use<a class="headerlink" href="#use">\u00b6</a></h2><p>\u00b6 7 applies</p>'
    assert fragment_text(html) == "Use\n\n\u00b6 7 applies"
    assert fragment_text("<h2>Use \u00b6</h2><h2>\u00b6</h2><p>it") == "Use\n\nit"
    assert fragment_text("<pre>a \u00b6</pre>") == "a \u00b6"


@pytest.mark.parametrize(
    ("heading", "text"),
    [
        ("Use<a href='#use'>#</a>", "Use"),
        ("Use <a href='#use'>\U0001f517</a>", "Use"),
        ("Use <a href='#use'>\u00a7</a>", "Use"),
        ("Use<a href='#use'>\u200b</a>", "Use"),
        ("<a href='#use'>\u00b6</a>Use", "Use"),
        ("<a href='#use'>#</a> Use", "Use"),
        ("<a href='#use' aria-hidden='true'>Link</a>Use", "Use"),
        ("<a href='https://a.example/b#use'>#</a> Use", "Use"),
        ("Use<a href='/edit'>[edit]</a>", "Use"),
        ("Use<span>[<a href='/edit'>edit</a> | <a href='/s'>edit source</a>]</span>", "Use"),
        ("用法<span>[<a href='/edit'>编辑</a>]</span>", "用法"),
        ("Use<span>[<a href='/e'>Bearbeiten</a>]</span>", "Use"),
        # What is no such link stays.
        ("Use #", "Use #"),
        ("<a href='#cs'>About C#</a>", "About C#"),
        ("<a href='#5'>\u00a7 5 Use</a>", "\u00a7 5 Use"),
        ("Issue <a href='/3'>#3</a>", "Issue #3"),
        ("How to [edit]", "How to [edit]"),
        ("<a href='#u'>Use</a> [2020]", "Use [2020]"),
        ("<a href='#u'>#</a>", "#"),
    ],
)
def test_headings_are_without_the_links_to_themselves(heading: str, text: str) -> None:
    assert fragment_text(f"<h2>{heading}</h2><p>it") == f"{text}\n\nit"


def test_paragraphs_keep_such_signs() -> None:
    assert fragment_text("<p>Chapter <a href='#a'>#</a></p>") == "Chapter #"
    assert fragment_text("<p>You may [<a href='/e'>edit</a>]</p>") == "You may [edit]"


def test_lists() -> None:
    assert fragment_text("<p>to do<ul><li>a<li><p>b</p><p>still b</p></ul>after") == (
        "to do\n\n\u2022 a\n\u2022 b\nstill b\n\nafter"
    )


def test_tables() -> None:
    html = "<table><tr><th>年<th>产量<tr><td>2020<td><p>3</p></table><p>end"
    assert fragment_text(html) == "年\t产量\n2020\t3\n\nend"
    layout = f"<table><tr><td>menu<td><p>{'long text ' * 30}</p><p>more</p></table>"
    assert fragment_text(layout) == f"menu\n\n{('long text ' * 30).strip()}\n\nmore"


def test_code() -> None:
    html = "<p>Run  this:</p><pre><code>for x in y:\n    if x &lt; 3:\n\tpass\n</code></pre>"
    assert fragment_text(html) == "Run this:\n\nfor x in y:\n    if x < 3:\n\tpass"


def test_entities() -> None:
    assert fragment_text("<p>a &amp; b&nbsp;&nbsp;&lt;c&gt; &#20013;&#x6587; &nosuch;") == (
        "a & b <c> 中文 &nosuch;"
    )
