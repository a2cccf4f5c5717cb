"""What the templates of a dictionary show: linked words, where words come from, labels of senses.

Those of the English Wiktionary, which name the language first (``{{m|fr|thé||tea}}``). On a wiki
of another kind the same short names mean other things, so a template counts only where its
arguments look as they do there.
"""

import re
from collections.abc import Sequence

_LANGUAGE_CODE = re.compile(r"[a-z]{2,3}(?:-[a-z]{2,5}){0,2}")
_ITEM_NUMBER = re.compile(r"Q\d+")
_LINKS = frozenset({"l", "link", "m", "mention", "ll", "l-self", "m-self", "term"})
_ORIGINS = frozenset(
    {"inh", "inherited", "inh+", "der", "derived", "der+", "bor", "borrowed", "bor+", "uder",
     "lbor", "learned borrowing", "slbor", "cal", "calque"}
)  # fmt: skip
_COGNATES = frozenset({"cog", "cognate", "ncog", "noncog", "noncognate"})
_LABELS = frozenset({"lb", "label", "lbl"})
_REMARKS = frozenset(
    {"gloss", "gl", "q", "qual", "qualifier", "i", "sense", "s", "a", "accent"}
)  # fmt: skip
_PLAIN = frozenset(
    {"non-gloss", "non-gloss definition", "n-g", "ng", "ngd", "def-date", "defdate", "w", "taxlink",
     "vern", "taxfmt", "specieslite"}
)  # fmt: skip
_EXAMPLES = frozenset({"ux", "uxi", "usex", "eg", "collocation", "co", "coi", "quote"})
_LISTS = {"syn": "Synonyms: ", "synonyms": "Synonyms: ", "ant": "Antonyms: ",
          "antonyms": "Antonyms: ", "hyper": "Hypernyms: ", "hypo": "Hyponyms: ",
          "cot": "Coordinate terms: ", "affix": "", "af": "", "suffix": "", "suf": "",
          "prefix": "", "pre": "", "compound": "", "com": ""}  # fmt: skip
_JOINT = {"": " + "}
# Those that turn up in most etymologies; the term stands alone behind others.
_LANGUAGES = {
    "en": "English", "enm": "Middle English", "ang": "Old English", "fr": "French",
    "fro": "Old French", "frm": "Middle French", "xno": "Anglo-Norman", "la": "Latin",
    "la-lat": "Late Latin", "la-med": "Medieval Latin", "la-new": "New Latin",
    "la-vul": "Vulgar Latin", "LL.": "Late Latin", "ML.": "Medieval Latin", "grc": "Ancient Greek",
    "el": "Greek", "de": "German", "goh": "Old High German", "gmh": "Middle High German",
    "gml": "Middle Low German", "nl": "Dutch", "dum": "Middle Dutch", "odt": "Old Dutch",
    "non": "Old Norse", "osx": "Old Saxon", "fy": "West Frisian", "ofs": "Old Frisian",
    "is": "Icelandic", "sv": "Swedish", "da": "Danish", "no": "Norwegian", "got": "Gothic",
    "gem-pro": "Proto-Germanic", "gmw-pro": "Proto-West Germanic",
    "ine-pro": "Proto-Indo-European", "it": "Italian", "es": "Spanish", "pt": "Portuguese",
    "ru": "Russian", "pl": "Polish", "cs": "Czech", "ga": "Irish", "cy": "Welsh", "sa": "Sanskrit",
    "fa": "Persian", "ar": "Arabic", "he": "Hebrew", "tr": "Turkish", "hi": "Hindi",
    "zh": "Chinese", "ja": "Japanese", "ko": "Korean", "fi": "Finnish", "hu": "Hungarian",
}  # fmt: skip


def render_dictionary_template(name: str, values: Sequence[str]) -> str | None:
    """Text that a template shows, given its name in lower case and its unnamed arguments;
    ``None`` where it is none of a dictionary's.

    >>> render_dictionary_template("inh", ["en", "enm", "tee"])
    'Middle English tee'
    >>> render_dictionary_template("plural of", ["en", "tea"])
    'plural of tea'
    """
    if not values:
        return None
    if name in _REMARKS:
        shown = [value for value in values if value]
        is_remark = bool(shown) and not _ITEM_NUMBER.fullmatch(values[0])
        if is_remark and name in ("a", "accent", "s", "sense") and len(shown) > 1:
            shown = shown[_LANGUAGE_CODE.fullmatch(shown[0]) is not None :]
        return f"({', '.join(shown)})" if is_remark else None
    if name in _PLAIN:
        return values[-1] if name == "w" else values[0]
    if len(values) < 2 or not _LANGUAGE_CODE.fullmatch(values[0]):
        return None
    if name in _LINKS:
        return _term(values[1:])
    if name in _ORIGINS:
        return _origin(values[1:]) if len(values) > 2 else _LANGUAGES.get(values[1], "")
    if name in _COGNATES:
        return _origin(values)
    if name in _LABELS:
        words = [value for value in values[1:] if value not in ("", "_", "or", "and")]
        return f"({', '.join(words)})"
    if name in _EXAMPLES:
        return " — ".join(value for value in values[1:3] if value)
    if name in _LISTS:
        between = _JOINT.get(_LISTS[name], ", ")
        return _LISTS[name] + between.join(value for value in values[1:] if value)
    if name.endswith(" of"):
        return f"{name} {_term(values[1:])}"
    return None


def _term(values: Sequence[str]) -> str:
    """A word, as it is to be shown if that is told."""
    return values[1] if len(values) > 1 and values[1] else values[0]


def _origin(values: Sequence[str]) -> str:
    language = _LANGUAGES.get(values[0], "")
    term = _term(values[1:])
    return " ".join(part for part in (language, "" if term == "-" else term) if part)
