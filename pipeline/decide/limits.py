"""The quality limits: their names, what they compare, and the order in which they are tried.

The name of a limit is its key in the configuration and the rule in the ledger. The measured value
must be at least a ``min_...`` and at most a ``max_...``; equality passes.
"""

from typing import Annotated

from pydantic import Field

from schemas.config import Section

_Number = Annotated[int, Field(ge=0, lt=2**63)] | None
_Fraction = Annotated[float, Field(ge=0.0, le=1.0)] | None
_Rate = Annotated[float, Field(ge=0.0)] | None


class Limits(Section):
    """A set of quality limits; one that is not set is not tried here.

    In text without spaces between words (Chinese, Japanese, Thai) a character is a word.
    """

    min_words: _Number = None
    """Fewest words. Gopher: 50."""
    max_words: _Number = None
    """Most words. Gopher: 100,000."""
    min_sentences: _Number = None
    """Fewest sentences. C4 by way of FineWeb, where every line counts: 5."""
    min_prose_sentences: _Number = None
    """Fewest sentences in lines that C4 would keep: three words, a mark that ends a sentence at
    their end, no boilerplate. C4: 5."""
    min_mean_word_length: _Rate = None
    """Characters, of words in scripts with spaces. Gopher: 3."""
    max_mean_word_length: _Rate = None
    """Gopher: 10."""
    max_word_length: _Number = None
    """Longest word. C4 (as in DCLM and datatrove): 1,000."""
    min_alphabetic: _Fraction = None
    """Letters and marks among the visible characters. NeMo Curator: 0.75."""
    max_digits: _Fraction = None
    """Digits among the visible characters. NeMo Curator: 0.15."""
    max_uppercase: _Fraction = None
    """Capitals among the letters. RefinedWeb, per line: 0.5."""
    max_replacements: _Fraction = None
    """U+FFFD among the visible characters: text that was decoded wrongly. Ours."""
    max_hashes_per_word: _Rate = None
    """Gopher: 0.1."""
    max_ellipses_per_word: _Rate = None
    """Gopher: 0.1."""
    max_newlines_per_word: _Rate = None
    """FineWeb: 0.3."""
    max_bullet_lines: _Fraction = None
    """Lines that begin with a bullet. Gopher: 0.9."""
    max_ellipsis_lines: _Fraction = None
    """Lines that end with an ellipsis. Gopher: 0.3."""
    min_alphabetic_words: _Fraction = None
    """Words with a letter. Gopher: 0.8."""
    min_stop_words: _Number = None
    """How many of the, be, to, of, and, that, have, with occur; tried only on what is English
    beyond doubt. Gopher: 2."""
    min_function_characters: _Number = None
    """How many of the Chinese function words 的是不了在有和也之而以其 occur; tried only on what is
    Chinese. Ours, after Gopher's stop words: 2."""
    min_unspaced: _Fraction = None
    """Letters of scripts without spaces among the letters. ChineseWebText: 0.3, of Chinese."""
    max_undesirable_words: _Fraction = None
    """Words in lines that RefinedWeb takes away: mostly capitals, digits only, counters (3 likes),
    single words, navigation. RefinedWeb: 0.05."""
    max_lorem_ipsum: _Number = None
    """Occurrences of "lorem ipsum". C4: 0."""
    max_curly_brackets: _Number = None
    """C4: 0."""
    max_boilerplate_lines: _Fraction = None
    """Lines about JavaScript, cookies, privacy policies, terms of use. C4 removes such lines."""
    min_terminal_lines: _Fraction = None
    """Lines that end with a mark that ends a sentence. FineWeb: 0.12."""
    min_sentence_lines: _Fraction = None
    """Lines in which a sentence ends, at the end or before. Ours: unlike the rule above it keeps
    a text that lies on one line and was cut off, and drops a menu just as well."""
    max_short_lines: _Fraction = None
    """Lines of at most 30 characters (15 in Chinese). FineWeb: 0.67."""
    max_duplicate_paragraphs: _Fraction = None
    """Gopher: 0.3."""
    max_duplicate_paragraph_characters: _Fraction = None
    """Gopher: 0.2."""
    max_duplicate_lines: _Fraction = None
    """Gopher: 0.3."""
    max_duplicate_line_characters: _Fraction = None
    """Gopher: 0.2. FineWeb: 0.1 in section 3.6 of its paper, 0.01 in its appendix and code."""
    max_top_2_gram: _Fraction = None
    """Characters of words in the most frequent 2-gram. Gopher: 0.2."""
    max_top_3_gram: _Fraction = None
    """Gopher: 0.18."""
    max_top_4_gram: _Fraction = None
    """Gopher: 0.16."""
    max_duplicate_5_grams: _Fraction = None
    """Characters of words in 5-grams that have occurred before. Gopher: 0.15."""
    max_duplicate_6_grams: _Fraction = None
    """Gopher: 0.14."""
    max_duplicate_7_grams: _Fraction = None
    """Gopher: 0.13."""
    max_duplicate_8_grams: _Fraction = None
    """Gopher: 0.12."""
    max_duplicate_9_grams: _Fraction = None
    """Gopher: 0.11."""
    max_duplicate_10_grams: _Fraction = None
    """Gopher: 0.10."""
    max_pii: _Number = None
    """Most pieces of personal data. Ours; what stays is redacted by ``pii.redact``."""


COLUMN_OF_LIMIT = {
    "min_words": "num_words",
    "max_words": "num_words",
    "min_sentences": "num_sentences",
    "min_prose_sentences": "num_prose_sentences",
    "min_mean_word_length": "mean_word_length",
    "max_mean_word_length": "mean_word_length",
    "max_word_length": "longest_word",
    "min_alphabetic": "alphabetic_fraction",
    "max_digits": "digit_fraction",
    "max_uppercase": "uppercase_fraction",
    "max_replacements": "replacement_fraction",
    "max_hashes_per_word": "hashes_per_word",
    "max_ellipses_per_word": "ellipses_per_word",
    "max_newlines_per_word": "newlines_per_word",
    "max_bullet_lines": "bullet_line_fraction",
    "max_ellipsis_lines": "ellipsis_line_fraction",
    "min_alphabetic_words": "alphabetic_word_fraction",
    "min_stop_words": "num_stop_words",
    "min_function_characters": "num_function_characters",
    "min_unspaced": "unspaced_fraction",
    "max_undesirable_words": "undesirable_word_fraction",
    "max_lorem_ipsum": "num_lorem_ipsum",
    "max_curly_brackets": "num_curly_brackets",
    "max_boilerplate_lines": "boilerplate_line_fraction",
    "min_terminal_lines": "terminal_line_fraction",
    "min_sentence_lines": "sentence_line_fraction",
    "max_short_lines": "short_line_fraction",
    "max_duplicate_paragraphs": "duplicate_paragraph_fraction",
    "max_duplicate_paragraph_characters": "duplicate_paragraph_character_fraction",
    "max_duplicate_lines": "duplicate_line_fraction",
    "max_duplicate_line_characters": "duplicate_line_character_fraction",
    **{f"max_top_{n}_gram": f"top_{n}_gram_character_fraction" for n in (2, 3, 4)},
    **{
        f"max_duplicate_{n}_grams": f"duplicate_{n}_gram_character_fraction"
        for n in (5, 6, 7, 8, 9, 10)
    },
    "max_pii": "num_pii",
}
"""Column of ATTRIBUTES that each limit is compared with, in the order in which they are tried:
size, characters, words, lines, repetition, personal data."""


def merged(*layers: Limits) -> Limits:
    """One set of limits; what a later layer sets goes before what an earlier one does.

    >>> merged(Limits(min_words=50, max_words=9), Limits(min_words=10)).min_words
    10
    """
    values: dict[str, float] = {}
    for layer in layers:
        values.update(layer.model_dump(exclude_none=True))
    return Limits.model_validate(values)
