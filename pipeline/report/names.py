"""Plain names for the reader of the report: languages, measured values, rules."""

import re

LANGUAGE_NAMES = {
    "af": "Afrikaans",
    "ar": "Arabic",
    "bg": "Bulgarian",
    "bn": "Bengali",
    "ca": "Catalan",
    "cs": "Czech",
    "cy": "Welsh",
    "da": "Danish",
    "de": "German",
    "el": "Greek",
    "en": "English",
    "es": "Spanish",
    "et": "Estonian",
    "fa": "Persian",
    "fi": "Finnish",
    "fr": "French",
    "gu": "Gujarati",
    "he": "Hebrew",
    "hi": "Hindi",
    "hr": "Croatian",
    "hu": "Hungarian",
    "id": "Indonesian",
    "it": "Italian",
    "ja": "Japanese",
    "kn": "Kannada",
    "ko": "Korean",
    "lt": "Lithuanian",
    "lv": "Latvian",
    "mk": "Macedonian",
    "ml": "Malayalam",
    "mr": "Marathi",
    "ne": "Nepali",
    "nl": "Dutch",
    "no": "Norwegian",
    "pa": "Punjabi",
    "pl": "Polish",
    "pt": "Portuguese",
    "ro": "Romanian",
    "ru": "Russian",
    "sk": "Slovak",
    "sl": "Slovenian",
    "so": "Somali",
    "sq": "Albanian",
    "sv": "Swedish",
    "sw": "Swahili",
    "ta": "Tamil",
    "te": "Telugu",
    "th": "Thai",
    "tl": "Tagalog",
    "tr": "Turkish",
    "uk": "Ukrainian",
    "und": "not determined",
    "ur": "Urdu",
    "vi": "Vietnamese",
    "zh": "Chinese",
}

MEASURES = {
    "quality_score": (
        "Quality",
        "From 0 to 1; of several copies of a text the one with the best quality stays.",
    ),
    "toxicity": (
        "Toxicity",
        "From 0 to 1; the more abusive the text appears to the classifier, the higher.",
    ),
    "language_score": (
        "Certainty of the language",
        "From 0 to 1; low for mixed languages, lists and tables of numbers.",
    ),
    "num_characters": ("Length", "Characters of the text, on a logarithmic scale."),
}

_RULES = {
    # Readers of dumps: readable, but no document.
    "record_type": "record that holds no page, such as a request, a revisit or the crawl's notes",
    "http_status": "answer of the server other than 200 OK",
    "mime_type": "neither a page nor plain text, such as a picture",
    "too_large": "larger than max_record_bytes",
    "empty_text": "no text was left after the markup was taken away",
    "empty_feed": "feed without entries",
    "deleted_post": "deleted by its author or removed by a moderator",
    "redirect": "page that only points to another",
    "namespace": "page that is no article, such as a talk page or a template",
    "content_model": "page that is not written in wikitext",
    "old_revision": "earlier version of a page",
    # Duplicates.
    "same_record": "the very same record in another place of the input",
    "same_text": "equal after normalisation",
    "near_duplicate": "most word sequences in common",
    # Decisions on what was measured.
    "languages": "its language is not in the list of languages that may stay",
    "min_language_score": "the language is too uncertain, as in mixed texts",
    "max_toxicity": "too abusive",
    "max_pii": "too much personal data: addresses, numbers of people",
    "min_words": "too short",
    "max_words": "too long",
    "min_sentences": "too few sentences",
    "min_prose_sentences": "too few sentences in lines of prose",
    "min_mean_word_length": "words too short on average to be prose",
    "max_mean_word_length": "words too long on average to be prose",
    "max_word_length": "holds a word of enormous length",
    "min_alphabetic": "too few letters among its characters",
    "max_digits": "too many digits",
    "max_uppercase": "too many capital letters",
    "max_replacements": "decoded wrongly: too many replacement characters",
    "max_hashes_per_word": "too many # signs",
    "max_ellipses_per_word": "too many ellipses",
    "max_newlines_per_word": "too many line breaks for its words",
    "max_bullet_lines": "a list rather than prose",
    "max_ellipsis_lines": "too many lines that break off with an ellipsis",
    "min_alphabetic_words": "too many words without a letter",
    "min_stop_words": "hardly any of the small words that English prose is full of",
    "max_lorem_ipsum": "filler text (lorem ipsum)",
    "max_curly_brackets": "holds program code",
    "max_boilerplate_lines": "notices about cookies, scripts or terms of use",
    "min_terminal_lines": "too few lines end like a sentence",
    "min_sentence_lines": "too few lines in which a sentence ends",
    "max_short_lines": "mostly very short lines, as in menus",
    "max_duplicate_paragraphs": "the same paragraphs again and again",
    "max_duplicate_paragraph_characters": "much of it in repeated paragraphs",
    "max_duplicate_lines": "the same lines again and again",
    "max_duplicate_line_characters": "much of it in repeated lines",
}
_REPEATED_GRAM = re.compile(r"max_(top|duplicate)_(\d+)_grams?$")
_PLOTTED = {"max_toxicity": "toxicity", "min_language_score": "language_score"}


def explain_rule(rule: str) -> str:
    """What a rule means, in a few plain words; empty for a rule that is not known here.

    >>> explain_rule("max_top_3_gram")
    'one sequence of 3 words makes up too much of it'
    """
    gram = _REPEATED_GRAM.match(rule)
    if gram is None:
        return _RULES.get(rule, "")
    if gram[1] == "top":
        return f"one sequence of {gram[2]} words makes up too much of it"
    return f"too much of it in repeated sequences of {gram[2]} words"


def measure_of_rule(rule: str) -> str:
    """Which plotted value a rule cuts; empty when none."""
    return _PLOTTED.get(rule, "")
