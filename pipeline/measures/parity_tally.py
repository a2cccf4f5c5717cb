"""What datatrove counts in a text before anything is divided."""

from enum import IntEnum


class Tally(IntEnum):
    """Position of what datatrove counts beside n-grams in a row, int64 (len(Tally),)."""

    CHARACTERS = 0
    NEWLINES = 1
    TOKENS = 2
    WORDS = 3
    """Tokens that are not made of symbols only."""
    WORD_CHARACTERS = 4
    ALPHABETIC_TOKENS = 5
    STOP_WORDS = 6
    HASHES = 7
    ELLIPSES = 8
    LINES = 9
    """As ``str.splitlines`` gives them."""
    BULLET_LINES = 10
    ELLIPSIS_LINES = 11
    RUN_LINES = 12
    """What runs of newlines part, with the empty ends."""
    DUPLICATE_LINES = 13
    PARAGRAPHS = 14
    DUPLICATE_PARAGRAPHS = 15
    DUPLICATE_PARAGRAPH_CHARACTERS = 16
    VISIBLE_LINES = 17
    """Of more than blanks."""
    TERMINAL_LINES = 18
    SHORT_LINES = 19
    DUPLICATE_VISIBLE_CHARACTERS = 20
    SENTENCES = 21
    """In the lines that C4 keeps without its rule on their ends."""
    PROSE_SENTENCES = 22
    """In those that it keeps with it; 0 where it drops the page for one of them."""
    LOREM_IPSUM = 23
    CURLY_BRACKETS = 24
