import time

import pytest

from pipeline.extract.wiki_elements import VERSE, as_verse, drop_elements, mark_verses
from pipeline.extract.wikitext import wikitext_to_text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('a<span style="display:none">b</span>c', "ac"),
        ("a<div class=x style='color:red; DISPLAY : none;'>b<div>c</div>d</div>e", "ae"),
        ('a<span style="display:inline">b</span>c', 'a<span style="display:inline">b</span>c'),
        ('a<span style="display:none">b', "ab"),
        ('a<SPAN style="display:none"/>b<span>c</span>', "ab<span>c</span>"),
        ("a<ref>b</ref>c<ref/>d</ref>e<gallery x=y>f\n</gallery>g", "acdeg"),
        ("a<ref>b<ref>c</ref>d", "ad"),
        ("a<ref>b", "ab"),
    ],
)
def test_what_shows_no_text_goes(text: str, shown: str) -> None:
    assert drop_elements(text) == shown


def test_lines_of_poems_are_lines_and_stanzas_paragraphs() -> None:
    lines = "Rain ''falls''\n:on [[tea]]\n\n| and stays<br>a day"
    poem = f"Before\n<poem lang=en>\n{lines}\n</poem>\nAfter"
    assert wikitext_to_text(poem) == "Before\n\nRain falls\non tea\n\n| and stays\na day\n\nAfter"
    quoted = "Before {{poemquote|Rain falls\non tea|Ada}} after"
    assert wikitext_to_text(quoted) == "Before\n\nRain falls\non tea\n\nafter"


def test_marks_of_verses() -> None:
    assert as_verse("\na\n b <br/>\nc\n") == f"{VERSE}a\n{VERSE}b\n{VERSE}c"
    assert mark_verses("<poem>a") == "a"
    assert wikitext_to_text(f"a{VERSE}b") == "ab"


def test_hidden_tables_go() -> None:
    table = '{| style="display:none"\n| a || b\n|}\nText'
    assert wikitext_to_text(table) == "Text"


@pytest.mark.parametrize(
    "piece", ["<poem>", "</poem>", '<i style="display:none">', "<i>", "</i>", "<ref>", "<", "<a "]
)
def test_time_is_linear(piece: str) -> None:
    started = time.process_time()
    mark_verses(drop_elements(piece * 100_000))
    assert time.process_time() - started < 3
