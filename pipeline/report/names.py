"""Plain names for the reader of the report: languages, measured values, rules."""

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

# What the readers of dumps and the deciding rules say in one word, for people.
RULES: dict[str, str] = {}

RULE_MEASURES: dict[str, str] = {}
"""Which of the plotted values a rule cuts, where the rule is not named after it."""
