"""What a sign counts as, and what it is as the end of a block."""

import numpy as np
import pytest

from pipeline.extract.html_columns import (
    ATS,
    BARS,
    BLOCK_COLUMNS,
    COMMAS,
    DIGITS,
    KINDS_AT,
    NOTICED,
    OPENS,
    QUOTES,
    STOPS,
    WORDS,
)
from pipeline.extract.html_signs import (
    ENDS_BRACKET,
    ENDS_CLAUSE,
    ENDS_COLON,
    ENDS_ELLIPSIS,
    ENDS_LETTER,
    ENDS_SENTENCE,
    ENDS_SIGN,
    SIGN_COLUMNS,
    SIGN_ENDS,
    SIGN_KEEPS_END,
    note_word,
    sign_beyond_ascii,
)
from pipeline.extract.html_tags import pack


@pytest.mark.parametrize(
    ("sign", "column", "ends"),
    [
        ("?", STOPS, ENDS_SENTENCE),
        (";", COMMAS, ENDS_CLAUSE),
        (":", 0, ENDS_COLON),
        ("7", DIGITS, ENDS_LETTER),
        ("]", 0, ENDS_BRACKET),
        ("@", ATS, ENDS_SIGN),
        ("|", BARS, ENDS_SIGN),
        ("-", 0, ENDS_SIGN),
    ],
)
def test_signs_of_ascii(sign: str, column: int, ends: int) -> None:
    assert (SIGN_COLUMNS[ord(sign)], SIGN_ENDS[ord(sign)]) == (column, ends)


def test_brackets_and_quotes_keep_the_end_of_a_sentence() -> None:
    assert {chr(byte) for byte in np.flatnonzero(SIGN_KEEPS_END)} == set(")]'\"")


@pytest.mark.parametrize(
    ("character", "column", "ends"),
    [
        ("。", STOPS, ENDS_SENTENCE),
        ("、", COMMAS, ENDS_LETTER),
        ("中", 0, ENDS_LETTER),
        ("，", COMMAS, ENDS_CLAUSE),
        ("！", STOPS, ENDS_SENTENCE),
        ("：", 0, ENDS_COLON),
        ("…", 0, ENDS_ELLIPSIS),
        ("“", QUOTES, -1),
        ("•", BARS, -1),
        ("–", 0, -1),
        ("é", 0, ENDS_LETTER),
        ("я", 0, ENDS_LETTER),
    ],
)
def test_signs_beyond_ascii(character: str, column: int, ends: int) -> None:
    first, second, third = (*character.encode(), 0)[:3]
    assert sign_beyond_ascii(first, second, third) == (column, ends)


def test_words_about_the_site_count_by_kind_and_mark_a_block_they_open() -> None:
    block = np.zeros(BLOCK_COLUMNS, np.int64)
    block[WORDS] = 1
    note_word(block, np.uint64(pack("newsletter")), 10)
    assert block[NOTICED] == 1 and block[OPENS] and block[KINDS_AT + 1] == 1
    opened = block[OPENS]
    block[WORDS] = 9
    note_word(block, np.uint64(pack("related")), 7)
    note_word(block, np.uint64(pack("qzxqzx")), 6)
    assert block[NOTICED] == 2 and block[KINDS_AT] == 1
    assert block[OPENS] == opened, "a block opens with its first two words"
