"""Lines, sentences and phrases, one claim at a time; all of them together: test_quality."""

import pytest

from pipeline.measures.quality import measure


def value(text, name):
    return measure([text]).column(name)[0].as_py()


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("One. Two! Three?", 3),
        ("It costs 3.50 at example.com today", 0),
        ("Wait... what?! Yes.", 3),
        ("你好。你好！你好？", 3),
        ("“Go.” He went.", 2),
        ("...!!!", 0),
        ("नमस्ते। कैसे हो?", 2),
        ("هل أنت بخير؟ نعم.", 2),
        ("no end here", 0),
    ],
)
def test_sentences_end_at_the_marks_of_every_script(text, sentences):
    assert value(text, "num_sentences") == sentences


@pytest.mark.parametrize(
    "line", ["Yes.", 'He said "yes."', "好。”", "（好。）", "Ja!« ", "end。  "]
)
def test_closing_marks_do_not_hide_the_end_of_a_sentence(line):
    assert value(line, "terminal_line_fraction") == 1.0


@pytest.mark.parametrize("line", ["Yes", "Yes:", "Yes...", "等等……", '"', ".a"])
def test_other_lines_are_not_terminal(line):
    assert value(line, "terminal_line_fraction") == 0.0


@pytest.mark.parametrize("line", ["more...", "more…", "more….”", "更多……", "a...."])
def test_lines_cut_off_end_with_an_ellipsis(line):
    assert value(line, "ellipsis_line_fraction") == 1.0


def test_short_lines_are_as_short_in_chinese_as_they_look():
    assert value("a" * 30, "short_line_fraction") == 1.0
    assert value("a" * 31, "short_line_fraction") == 0.0
    assert value("字" * 15, "short_line_fraction") == 1.0
    assert value("字" * 16, "short_line_fraction") == 0.0


@pytest.mark.parametrize(
    "phrase", ["Please enable JavaScript.", "our PRIVACY POLICY", "we use cookies", "阅读隐私政策",
               "利用規約に同意", "© 版权所有"],
)  # fmt: skip
def test_boilerplate_is_found_whatever_its_case(phrase):
    assert value(f"{phrase}\nA line of prose.", "boilerplate_line_fraction") == 0.5


@pytest.mark.parametrize("text", ["myjavascript", "reuse cookies of terms", "privacy and policy"])
def test_phrases_begin_with_a_word_and_are_whole(text):
    assert value(text, "boilerplate_line_fraction") == 0.0


def test_prose_sentences_are_those_in_lines_that_c4_would_keep():
    text = (
        "One two three. Four five.\nNo end of the line here. But\nToo short.\nWe use cookies here."
    )
    assert value(text, "num_sentences") == 5
    assert value(text, "num_prose_sentences") == 2


def test_blanks_around_a_line_do_not_make_it_another():
    assert value("same line\n  same line \t", "duplicate_line_fraction") == 0.5
    assert value("same line\nsame  line", "duplicate_line_fraction") == 0.0


def test_paragraphs_are_set_apart_by_empty_lines():
    assert value("a\nb\n\nc\n \n\nd", "num_paragraphs") == 3
    assert value("a\nb\n\na\nb\n\nb\na", "duplicate_paragraph_fraction") == 1 / 3
