"""The numbers that datatrove's filters compare, by its own definitions.

Source: datatrove 0.10.1, ``pipeline/filters``: ``GopherRepetitionFilter``,
``GopherQualityFilter``, ``C4QualityFilter`` and ``FineWebQualityFilter`` at their defaults, whose
words are spaCy's English ones whatever the language.
"""

import numpy as np
from numpy.typing import NDArray

from pipeline.measures.parity_characters import CLASSES
from pipeline.measures.parity_datatrove_counts import count_datatrove
from pipeline.measures.parity_tally import Tally
from pipeline.measures.quality_counts import Count
from pipeline.text.utf8 import Utf8Batch


def statistics(batch: Utf8Batch) -> dict[str, NDArray[np.int64] | NDArray[np.float64]]:
    """Those of ``QUALITY_STATISTICS`` that datatrove has, each (num_texts,), by its definitions.

    Repetition is divided by the characters of the text, blanks included; symbols, newlines and
    words with a letter by all tokens. Characters of duplicate lines are FineWeb's, without the
    newlines; Gopher's filter divides by the newlines, too, a difference in the third digit.
    """
    tallies = np.zeros((len(batch), len(Tally)), np.int64)
    grams = np.zeros((len(batch), len(Count)), np.int64)
    count_datatrove(batch.bytes, batch.offsets, CLASSES, tallies, grams)

    def of(kind: Tally) -> NDArray[np.int64]:
        return tallies[:, kind]

    def ratio(part: NDArray[np.int64], whole: NDArray[np.int64]) -> NDArray[np.float64]:
        return np.asarray(part / np.maximum(whole, 1), np.float64)

    characters, tokens = of(Tally.CHARACTERS), of(Tally.TOKENS)
    columns: dict[str, NDArray[np.int64] | NDArray[np.float64]] = {
        "num_words": of(Tally.WORDS),
        "num_sentences": of(Tally.SENTENCES),
        "num_prose_sentences": of(Tally.PROSE_SENTENCES),
        "num_stop_words": of(Tally.STOP_WORDS),
        "num_lorem_ipsum": of(Tally.LOREM_IPSUM),
        "num_curly_brackets": of(Tally.CURLY_BRACKETS),
        "mean_word_length": ratio(of(Tally.WORD_CHARACTERS), of(Tally.WORDS)),
        "hashes_per_word": ratio(of(Tally.HASHES), tokens),
        "ellipses_per_word": ratio(of(Tally.ELLIPSES), tokens),
        "newlines_per_word": ratio(of(Tally.NEWLINES), tokens),
        "alphabetic_word_fraction": ratio(of(Tally.ALPHABETIC_TOKENS), tokens),
        "bullet_line_fraction": ratio(of(Tally.BULLET_LINES), of(Tally.LINES)),
        "ellipsis_line_fraction": ratio(of(Tally.ELLIPSIS_LINES), of(Tally.LINES)),
        "terminal_line_fraction": ratio(of(Tally.TERMINAL_LINES), of(Tally.VISIBLE_LINES)),
        "short_line_fraction": ratio(of(Tally.SHORT_LINES), of(Tally.VISIBLE_LINES)),
        "duplicate_line_fraction": ratio(of(Tally.DUPLICATE_LINES), of(Tally.RUN_LINES)),
        "duplicate_line_character_fraction": ratio(
            of(Tally.DUPLICATE_VISIBLE_CHARACTERS), characters - of(Tally.NEWLINES)
        ),
        "duplicate_paragraph_fraction": ratio(of(Tally.DUPLICATE_PARAGRAPHS), of(Tally.PARAGRAPHS)),
        "duplicate_paragraph_character_fraction": ratio(
            of(Tally.DUPLICATE_PARAGRAPH_CHARACTERS), characters
        ),
    }
    for n in (2, 3, 4):
        columns[f"top_{n}_gram_character_fraction"] = ratio(
            grams[:, Count[f"TOP_{n}_GRAM"]], characters
        )
    for n in (5, 6, 7, 8, 9, 10):
        columns[f"duplicate_{n}_gram_character_fraction"] = ratio(
            grams[:, Count[f"DUPLICATE_{n}_GRAMS"]], characters
        )
    return columns
