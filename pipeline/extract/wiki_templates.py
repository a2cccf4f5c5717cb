"""What a template shows, where that can be told without its definition.

A dump of articles does not bring the templates' meaning, and expanding them takes MediaWiki
itself. The few that carry words of a sentence are known here by name, those of a dictionary in
``wiktionary_templates.py``; all others show nothing.
"""

import re
from collections.abc import Callable

from pipeline.extract.wiki_elements import as_verse
from pipeline.extract.wiktionary_templates import render_dictionary_template

_NAMED = re.compile(r"\s*[A-Za-z_][\w -]{0,30}=")
_NUMBERED = re.compile(r"^\s*\d{1,2}\s*=")
_GIVEN_TEXT = re.compile(r"\|\s*(?:text|quote)\s*=([^|]*)")
_LONGEST = 20_000

# Templates that only dress a text -> which of their unnamed arguments is the text.
_TEXT_ARGUMENT = {
    "lang": -1, "langx": 1, "transl": -1, "transliteration": -1, "nowrap": 0, "nobr": 0,
    "small": 0, "smaller": 0, "larger": 0, "big": 0, "abbr": 0, "ruby": 0, "ruby-ja": 0,
    "仮リンク": 0, "link-en": 0, "le": 0, "ill": 0, "tsl": -1, "quote": 0, "blockquote": 0,
    "cquote": 0, "quotation": 0, "poemquote": 0, "poem": 0, "verse": 0, "math": 0, "mvar": 0,
    "sic": 0, "em": 0,
    "strong": 0, "smallcaps": 0, "sc": 0, "vanchor": 0, "visible anchor": 0, "color": -1,
    "font color": -1, "nihongo": 0, "script": -1, "unicode": 0, "okina": 0, "ipa": -1,
    "angbr": 0, "center": 0, "nobold": 0, "tooltip": 0, "sup": 0, "sub": 0, "flag": 0,
    "flagcountry": 0, "sort": -1, "nowraplinks": 0, "underline": 0, "u": 0, "val": 0, "num": 0,
}  # fmt: skip
_CHARACTERS = {
    "ndash": "–", "spaced ndash": " – ", "snd": " – ", "mdash": "—", "spaced mdash": " — ",
    "!": "|", "=": "=", "nbsp": " ", "space": " ", "'": "'", "·": " · ", "dot": " · ",
    "bullet": " • ", "pound": "£", "euro": "€", "degree": "°",
}  # fmt: skip
# Templates whose arguments are pieces of one word, or items of one list -> what is between them.
_JOINED = {
    "chem": "", "gaps": "", "sortname": " ", "respell": "-", "hlist": ", ", "flatlist": ", ",
    "ubl": ", ", "unbulleted list": ", ", "dts": "-", "start date": "-", "birth date": "-",
    "death date": "-",
}  # fmt: skip
_PREFIXED = {"circa": "c. ", "c.": "c. ", "as of": "As of "}
_FRACTIONS = frozenset({"frac", "fraction", "sfrac"})
_POEMS = frozenset({"poemquote", "poem", "verse"})
_CONVERT = frozenset({"convert", "cvt"})
_RANGE_WORDS = {"-": "–", "–": "–", "to": " to ", "and": " and ", "or": " or ", "by": " by ",
                "x": " × ", "×": " × "}  # fmt: skip
_UNITS = {"km2": "km²", "m2": "m²", "cm2": "cm²", "km3": "km³", "m3": "m³", "cm3": "cm³",
          "sqmi": "sq mi", "sqft": "sq ft", "cuft": "cu ft", "cumi": "cu mi", "c": "°C",
          "f": "°F"}  # fmt: skip
_FUNCTIONS: dict[str, Callable[[str], str]] = {
    "formatnum:": str,
    "lc:": str.lower,
    "uc:": str.upper,
}


def render_template(content: str, before: str = "") -> str:
    """Text that ``{{content}}`` shows where that can be told without its definition, else
    nothing. ``before``: the character in front of it.

    >>> [render_template(each) for each in ("lang|fr|vin", "convert|5|km2|sqmi", "Box")]
    ['vin', '5 km²', '']
    """
    if len(content) > _LONGEST:
        return ""
    head, *arguments = content.split("|")
    name = head.strip().lower().replace("_", " ")
    if name in _CHARACTERS:
        return _CHARACTERS[name]
    for function, apply in _FUNCTIONS.items():
        if name.startswith(function):
            return apply(head.strip()[len(function) :].strip())
    values = [_NUMBERED.sub("", each).strip() for each in arguments if not _NAMED.match(each)]
    if name in _FRACTIONS:
        return _render_fraction(values, before)
    if name in _CONVERT:
        return _render_quantity(values)
    if name in _JOINED:
        return _JOINED[name].join(value for value in values if value)
    if name in _PREFIXED:
        return _PREFIXED[name] + "-".join(values) if values else ""
    position = -1 if name.startswith("lang-") and len(name) < 12 else _TEXT_ARGUMENT.get(name)
    if position is None:
        return render_dictionary_template(name, values) or ""
    given = _GIVEN_TEXT.search(content)
    if given is None and not values:
        return ""
    shown = given[1].strip() if given else values[position if position < len(values) else -1]
    return f"\n{as_verse(shown)}\n" if name in _POEMS else shown


def _render_fraction(values: list[str], before: str) -> str:
    """``2`` is 1/2, ``1|2`` as well, ``5|1|2`` is 5 1/2; so is what follows a digit."""
    if not values:
        return ""
    given = values[:3]
    whole, above, below = given if len(given) == 3 else ["", *["1", *given][-2:]]
    apart = " " if before.isdigit() else ""
    return apart + f"{whole} {above}/{below}".strip()


def _render_quantity(values: list[str]) -> str:
    """``5|km|mi`` is 5 km, ``5|-|7|kg`` is a range, ``6|ft|2|in`` has two units."""
    if len(values) >= 4 and values[1] in _RANGE_WORDS:
        return f"{values[0]}{_RANGE_WORDS[values[1]]}{values[2]} {_unit(values[3])}"
    if len(values) >= 4 and values[2].isdecimal() and values[3].isalpha():
        return f"{values[0]} {values[1]} {values[2]} {values[3]}"
    return " ".join([*values[:1], *map(_unit, values[1:2])])


def _unit(name: str) -> str:
    return _UNITS.get(name if name in _UNITS else name.lower() if len(name) == 1 else "", name)
