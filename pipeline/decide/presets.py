"""Named sets of limits: the published ones, and our own."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from pipeline.decide.limits import Limits, merged
from schemas.documents import Source

PresetName = Literal[
    "corpusmill",
    "gopher",
    "c4",
    "fineweb",
    "refinedweb",
    "massivetext-zh",
    "datatrove",
    "dolma",
    "dclm",
    "none",
]


@dataclass(frozen=True, kw_only=True, slots=True)
class Preset:
    """Limits for all texts; what differs in text without spaces; what differs per source.

    With ``is_parity`` limits on English words are tried on every text, as in the system of that
    name, whose numbers ``measure.variant`` gives.
    """

    base: Limits = field(default_factory=Limits)
    unspaced: Limits = field(default_factory=Limits)
    sources: Mapping[Source, Limits] = field(default_factory=dict)
    is_parity: bool = False


# Rae et al. 2021, section A1.1 and table A1. Made for English: ordinary Korean, for one, fails its
# mean word length.
_GOPHER = Limits(
    min_words=50,
    max_words=100_000,
    min_mean_word_length=3.0,
    max_mean_word_length=10.0,
    max_hashes_per_word=0.1,
    max_ellipses_per_word=0.1,
    max_bullet_lines=0.9,
    max_ellipsis_lines=0.3,
    min_alphabetic_words=0.8,
    min_stop_words=2,
    max_duplicate_paragraphs=0.3,
    max_duplicate_paragraph_characters=0.2,
    max_duplicate_lines=0.3,
    max_duplicate_line_characters=0.2,
    max_top_2_gram=0.2,
    max_top_3_gram=0.18,
    max_top_4_gram=0.16,
    max_duplicate_5_grams=0.15,
    max_duplicate_6_grams=0.14,
    max_duplicate_7_grams=0.13,
    max_duplicate_8_grams=0.12,
    max_duplicate_9_grams=0.11,
    max_duplicate_10_grams=0.10,
)
# A Chinese word has about 1.6 characters, so 50 words are 80 characters; a Thai one has about
# four. An n-gram of characters is thus one of fewer words, which ordinary text repeats more often:
# the Universal Declaration of Human Rights reaches 0.08 (Chinese), 0.19 (Japanese) and 0.36 (Thai)
# for n = 5, and 0.14 for n = 10.
_GOPHER_UNSPACED = Limits(
    min_words=80,
    max_words=160_000,
    min_mean_word_length=0.0,
    max_mean_word_length=1000.0,
    max_duplicate_5_grams=0.45,
    max_duplicate_6_grams=0.38,
    max_duplicate_7_grams=0.31,
    max_duplicate_8_grams=0.25,
    max_duplicate_9_grams=0.22,
    max_duplicate_10_grams=0.18,
)
# Raffel et al. 2020, section 2.2. It also removes lines; we never edit a text, so its sentences
# are counted in the lines that it would keep.
_C4 = Limits(min_prose_sentences=5, max_word_length=1000, max_lorem_ipsum=0, max_curly_brackets=0)
# Penedo et al. 2024, section 3.6 and appendix E.4: Gopher, C4 without its rule on the ends of
# lines, and three rules of its own.
_FINEWEB = merged(
    _GOPHER,
    Limits(min_sentences=5, max_word_length=1000, max_lorem_ipsum=0, max_curly_brackets=0),
    Limits(
        min_terminal_lines=0.12,
        max_short_lines=0.67,
        max_duplicate_line_characters=0.01,
        max_newlines_per_word=0.3,
    ),
)
_FINEWEB_UNSPACED = merged(_GOPHER_UNSPACED, Limits(max_newlines_per_word=0.19))

# Penedo et al. 2023, section 3.2 and appendix G.2: Gopher's rules, then lines are taken away; a
# text that loses more than a twentieth of its words that way goes. We never edit a text: the share
# is measured, and what stays is whole.
_REFINEDWEB = merged(_GOPHER, Limits(max_undesirable_words=0.05))
_REFINEDWEB_UNSPACED = merged(_GOPHER_UNSPACED, Limits(max_undesirable_words=0.05))

# Gopher's rules (MassiveText) for Chinese, where a character is a word. Its sizes, symbols, bullets
# and words with a letter hold as they are; its n-grams are as above. Added: at least three letters
# in ten of Chinese and ten characters to a line (Chen et al. 2023, ChineseWebText, section 3.2,
# there per line on average), an end of a sentence in one line of eight (after FineWeb's rule, which
# drops what lies on one line and was cut off), no page of boilerplate, and function words of
# Chinese in the place of the English stop words (ours).
_MASSIVETEXT_ZH = merged(
    _GOPHER,
    _GOPHER_UNSPACED,
    Limits(
        min_stop_words=0,
        min_function_characters=2,
        min_unspaced=0.3,
        max_newlines_per_word=0.1,
        min_sentence_lines=0.12,
        max_boilerplate_lines=0.3,
        max_replacements=0.005,
    ),
)

# datatrove 0.10.1, filters at their defaults, in the order and with the options of its FineWeb
# example, where C4's rule on the ends of lines is off.
DATATROVE_FILTERS: Mapping[str, Limits] = {
    "gopher_repetition": Limits(
        max_duplicate_paragraphs=0.3,
        max_duplicate_paragraph_characters=0.2,
        max_duplicate_lines=0.3,
        max_duplicate_line_characters=0.2,
        max_top_2_gram=0.2,
        max_top_3_gram=0.18,
        max_top_4_gram=0.16,
        max_duplicate_5_grams=0.15,
        max_duplicate_6_grams=0.14,
        max_duplicate_7_grams=0.13,
        max_duplicate_8_grams=0.12,
        max_duplicate_9_grams=0.11,
        max_duplicate_10_grams=0.10,
    ),
    "gopher_quality": Limits(
        min_words=50,
        max_words=100_000,
        min_mean_word_length=3.0,
        max_mean_word_length=10.0,
        max_hashes_per_word=0.1,
        max_ellipses_per_word=0.1,
        max_bullet_lines=0.9,
        max_ellipsis_lines=0.3,
        min_alphabetic_words=0.8,
        min_stop_words=2,
    ),
    "c4": Limits(min_prose_sentences=5),
    "c4_any_line": Limits(min_sentences=5, max_lorem_ipsum=0, max_curly_brackets=0),
    "fineweb": Limits(
        min_terminal_lines=0.12,
        max_short_lines=0.67,
        max_duplicate_line_characters=0.01,
        max_newlines_per_word=0.3,
    ),
}
"""Limits of each filter of datatrove on the numbers of its variant; ``c4`` with all its rules,
``c4_any_line`` with ``filter_no_terminal_punct=False``."""
_DATATROVE = merged(
    *(
        DATATROVE_FILTERS[name]
        for name in ("gopher_repetition", "gopher_quality", "c4_any_line", "fineweb")
    )
)

# Dolma's mix of its Gopher tagger's attributes: Gopher's numbers, but 0.3 for the characters of
# duplicate lines, and nothing on paragraphs.
_DOLMA = Limits.model_validate(
    _GOPHER.model_dump(
        exclude_none=True,
        exclude={"max_duplicate_paragraphs", "max_duplicate_paragraph_characters"},
    )
    | {"max_duplicate_line_characters": 0.3}
)

# DCLM's dclm_baseline_refinedweb.yaml, from the length of the page to the words removed; its symbol
# ratio counts ellipses, too.
_DCLM = _REFINEDWEB

# Ours: Gopher's rules, and C4's and FineWeb's as gates against pages that hold no prose rather than
# against prose that looks unlike an English article; with room for languages whose words are long
# (Greenlandic, Malayalam) or short (Korean), and for sources whose texts are short or very long.
_CORPUSMILL = merged(
    _GOPHER,
    Limits(
        max_words=1_000_000_000,
        min_mean_word_length=1.5,
        max_mean_word_length=20.0,
        max_word_length=1000,
        min_alphabetic=0.6,
        max_digits=0.25,
        max_uppercase=0.6,
        max_replacements=0.005,
        max_newlines_per_word=0.3,
        max_lorem_ipsum=0,
        max_boilerplate_lines=0.3,
        min_sentence_lines=0.1,
        max_short_lines=0.8,
    ),
)
_CORPUSMILL_UNSPACED = merged(
    _GOPHER_UNSPACED, Limits(max_words=1_000_000_000, max_newlines_per_word=0.19)
)
# Of a few lines only, or of one: what is said of the share of lines says nothing.
_SHORT_TEXTS = Limits(
    min_words=8,
    min_alphabetic=0.5,
    max_digits=0.5,
    min_stop_words=0,
    max_boilerplate_lines=1.0,
    min_sentence_lines=0.0,
    max_short_lines=1.0,
    max_top_2_gram=0.4,
    max_top_3_gram=0.4,
    max_top_4_gram=0.4,
)

PRESETS: Mapping[PresetName, Preset] = {
    "corpusmill": Preset(
        base=_CORPUSMILL,
        unspaced=_CORPUSMILL_UNSPACED,
        sources={
            Source.NEWS: _SHORT_TEXTS,
            Source.SOCIAL: merged(
                _SHORT_TEXTS, Limits(max_ellipsis_lines=1.0, max_ellipses_per_word=0.2)
            ),
            # Articles of an encyclopedia may be stubs, and are rich in lists.
            Source.WIKI: Limits(min_words=20, min_sentence_lines=0.0, max_short_lines=0.9),
            # Verse and drama have short lines without full stops; printed lines are wrapped, and
            # a long text repeats its phrases.
            Source.BOOK: Limits(
                min_sentence_lines=0.0,
                max_short_lines=1.0,
                max_duplicate_5_grams=0.45,
                max_duplicate_6_grams=0.38,
                max_duplicate_7_grams=0.31,
            ),
        },
    ),
    "gopher": Preset(base=_GOPHER, unspaced=_GOPHER_UNSPACED),
    "c4": Preset(base=_C4),
    "fineweb": Preset(base=_FINEWEB, unspaced=_FINEWEB_UNSPACED),
    "refinedweb": Preset(base=_REFINEDWEB, unspaced=_REFINEDWEB_UNSPACED),
    "massivetext-zh": Preset(base=_MASSIVETEXT_ZH),
    "datatrove": Preset(base=_DATATROVE, is_parity=True),
    "dolma": Preset(base=_DOLMA, is_parity=True),
    "dclm": Preset(base=_DCLM, is_parity=True),
    "none": Preset(),
}
