"""What is counted in a text before anything is divided: the row that the kernels fill.

All statistics are ratios of these integers, so the kernels are exact and their oracle can be
plain Python.
"""

from enum import IntEnum


class Count(IntEnum):
    """Position of each count in a row, int64 (len(Count),)."""

    CHARACTERS = 0
    VISIBLE = 1
    """Characters that are neither blanks nor line ends."""
    LETTERS = 2
    UNSPACED_LETTERS = 3
    """Letters of scripts without spaces between words."""
    UPPERCASE = 4
    MARKS = 5
    DIGITS = 6
    REPLACEMENTS = 7
    """U+FFFD: what a decoder could not read."""
    HASHES = 8
    ELLIPSES = 9
    """Runs of full stops and … that hold a … or at least three stops."""
    CURLY_BRACKETS = 10
    NEWLINES = 11
    SENTENCES = 12
    PROSE_SENTENCES = 13
    """Sentences that end in a line which C4 would keep."""
    LINES = 14
    """Lines with a visible character; all line counts are of these."""
    BULLET_LINES = 15
    ELLIPSIS_LINES = 16
    TERMINAL_LINES = 17
    SENTENCE_LINES = 18
    """Lines in which a sentence ends."""
    SHORT_LINES = 19
    BOILERPLATE_LINES = 20
    LOREM_IPSUM = 21
    PARAGRAPHS = 22
    """Groups of such lines, set apart by empty ones."""
    LINE_CHARACTERS = 23
    """From the first to the last visible character of each line."""
    DUPLICATE_LINES = 24
    """Lines that have occurred before; the first occurrence does not count."""
    DUPLICATE_LINE_CHARACTERS = 25
    DUPLICATE_PARAGRAPHS = 26
    DUPLICATE_PARAGRAPH_CHARACTERS = 27
    WORDS = 28
    WORD_CHARACTERS = 29
    SPACED_WORDS = 30
    """Words of scripts with spaces between words."""
    SPACED_WORD_CHARACTERS = 31
    ALPHABETIC_WORDS = 32
    """Words with a letter."""
    LONGEST_WORD = 33
    STOP_WORDS = 34
    """How many of Gopher's eight English words occur."""
    TOP_2_GRAM = 35
    """Characters in the most frequent n-gram, the longest of them in a tie, times its count;
    0 when none occurs twice."""
    TOP_3_GRAM = 36
    TOP_4_GRAM = 37
    DUPLICATE_5_GRAMS = 38
    """Characters in n-grams that have occurred before, read from left to right, each character
    counted once."""
    DUPLICATE_6_GRAMS = 39
    DUPLICATE_7_GRAMS = 40
    DUPLICATE_8_GRAMS = 41
    DUPLICATE_9_GRAMS = 42
    DUPLICATE_10_GRAMS = 43
    UNDESIRABLE_WORDS = 44
    """Words that RefinedWeb's corrections would take away: those of lines that are mostly capitals
    or all digits, that count likes or shares, that have fewer than two words, and of navigation in
    lines of at most ten words."""
    FUNCTION_CHARACTERS = 45
    """How many of twelve Chinese function words of one character occur."""
