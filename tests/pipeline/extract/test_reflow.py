import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.extract.reflow import display_width, reflow

WORDS = (
    "It was the best of mornings and the worst of evenings, the kettle sang on the hob, the rain "
    "drummed on the roof, and nobody in the house could say for certain which of the two had begun "
    "the quarrel, nor whether it would ever come to an end before the summer was over and gone."
)
VERSE = "Tyger Tyger, burning bright,\nIn the forests of the night;\nWhat immortal hand or eye,"
CHINESE = (
    "春天的茶園裡霧氣很重，採茶的人天未亮就上山：各人背一個竹簍，邊走邊唱。到了中午，霧、露都散了，才下來歇息。"
    * 3
)


def wrap(text: str, width: int) -> str:
    return "\n".join(textwrap.wrap(text, width, break_on_hyphens=False))


def cut(text: str, width: int, indent: str = "") -> str:
    text = indent + text
    return "\n".join(text[at : at + width] for at in range(0, len(text), width))


@pytest.mark.parametrize("width", [42, 55, 65, 75, 90])
def test_wrapped_prose_becomes_what_it_was(width: int) -> None:
    text = "\n\n".join([wrap(WORDS, width)] * 5)
    assert reflow(text) == "\n\n".join([WORDS] * 5)


@given(st.integers(58, 100), st.lists(st.sampled_from([2, 5, 9, 14, 30, 50]), min_size=6))
def test_prose_of_any_length_comes_back(width: int, lengths: list[int]) -> None:
    words = WORDS.split()
    paragraphs = [" ".join(words[:length]) for length in lengths] + [WORDS] * 5
    text = "\n\n".join(wrap(paragraph, width) for paragraph in paragraphs)
    assert reflow(text) == "\n\n".join(paragraphs)


def test_verse_keeps_its_lines_among_prose() -> None:
    text = "\n\n".join([wrap(WORDS, 70)] * 5 + [VERSE])
    assert reflow(text).endswith(VERSE)
    indented = "\n".join("    " + line for line in VERSE.split("\n"))
    assert VERSE in reflow("\n\n".join([wrap(WORDS, 70)] * 5 + [indented]))


@pytest.mark.parametrize("width", [27, 33, 40])
def test_chinese_lines_join_without_spaces(width: int) -> None:
    text = "\n\n".join([cut(CHINESE, width)] * 4)
    assert reflow(text) == "\n\n".join([CHINESE] * 4)


def test_chinese_paragraphs_begin_with_two_wide_spaces() -> None:
    chapter = "第一章　上山\n-----------------\n" + "\n".join(
        cut(CHINESE, 33, "\u3000\u3000") for _ in range(3)
    )
    assert reflow(chapter) == "\n\n".join(["第一章　上山", *[CHINESE] * 3])


def test_chapters_may_be_set_in_different_widths() -> None:
    chapters = [cut(CHINESE, width, "\u3000\u3000") for width in (27, 33, 38, 33)]
    assert reflow("\n\n".join(chapters)) == "\n\n".join([CHINESE] * 4)


def test_indented_first_lines_part_paragraphs() -> None:
    block = "\n".join("   " + wrap(WORDS, 70) for _ in range(3))
    assert reflow("\n\n".join([block] * 3)) == "\n\n".join([WORDS] * 9)


def test_tables_and_long_lines_stay() -> None:
    table = "One        1     apple\nTwo        2     pear\nThree      3     plum tree in the yard"
    assert reflow("\n\n".join([wrap(WORDS, 70)] * 5 + [table])).endswith(table)
    unwrapped = "\n".join([WORDS, WORDS, "short"] * 5)
    assert reflow(unwrapped) == unwrapped


def test_dashes_and_hyphens_join_without_a_space() -> None:
    prose = "\n\n".join([wrap(WORDS, 70)] * 5)
    line = "and so it went on for the rest of the evening, as it were, well-\n"
    assert "well-known" in reflow(prose + "\n\n" + line + "known to all of them.")


def test_korean_keeps_its_spaces() -> None:
    sentence = "한국어 문장은 낱말 사이를 띄어 쓰므로 줄을 이을 때에도 사이를 띄어야 합니다. " * 4
    lines, current = [], ""
    for word in sentence.split():
        if display_width(f"{current} {word}") > 70:
            lines.append(current)
            current = word
        else:
            current = f"{current} {word}".strip()
    text = "\n".join([*lines, current])
    assert reflow("\n\n".join([text] * 5)) == "\n\n".join([sentence.strip()] * 5)


@given(st.text(alphabet="ab \n\u3000字,.-—", max_size=400))
def test_no_character_is_lost_but_white_space_and_rules(text: str) -> None:
    assert [c for c in reflow(text) if not c.isspace() and c not in "-—"] == [
        c for c in text if not c.isspace() and c not in "-—"
    ]
