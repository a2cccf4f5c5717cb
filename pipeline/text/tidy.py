"""What ftfy leaves to do: invisible characters, widths, NFC, blanks, empty lines."""

import re
import unicodedata

from ftfy.chardata import WIDTH_MAP

# Signs that are punctuation of Chinese and Japanese in their full-width form: ！ to ／, ： to ＠,
# ［ to ｀, ｛ to ｠, and ￠ to ￦.
_KEPT_WIDTH = re.compile("[\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff60\uffe0-\uffe6]")
WIDTHS = {
    chr(code): standard
    for code, standard in WIDTH_MAP.items()
    if code != 0x3000 and not _KEPT_WIDTH.match(chr(code))
}
_WIDTHS = re.compile(f"[{''.join(WIDTHS)}]")

SPACE_CHARACTERS = "\u00a0\u2000-\u200a\u202f\u205f\u3000"
"""Inside of a character class: all blanks that are not ASCII."""
INVISIBLE_CHARACTERS = (
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"  # controls but tab and line feed
    "\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffc"
)
"""Inside of a character class: all that ``tidy`` may remove or turn into a line end."""

# A zero-width space separates words in South-East Asian scripts; joiners shape letters in Arabic,
# Indic and neighbouring scripts and glue emoji. Anywhere else they are debris.
_SOUTH_EAST_ASIAN = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\uaa60-\uaa7f]")
_JOINED = re.compile(
    "[\u0590-\u109f\u1700-\u1cff\u20e3\u2190-\u2bff\ua800-\uabff\ufe0f"
    "\U00010a00-\U00011fff\U0001e000-\U0001faff]"
)

# These begin with a character class, which lets the search skip from candidate to candidate.
_INVISIBLE = re.compile(f"[{INVISIBLE_CHARACTERS}]")
_BLANK = rf"[ \t{SPACE_CHARACTERS}]"
_BLANKS = "".join(re.findall(_BLANK, "".join(map(chr, range(0x3001)))))
# The first blank of a run behind a visible character. A single space is as it should be.
_INNER = re.compile(
    rf"{_BLANK}(?<=[^\n \t{SPACE_CHARACTERS}]{_BLANK})(?:(?<= ){_BLANK}+|(?<! ){_BLANK}*)"
)
_TYPOGRAPHIC_INDENT = re.compile(rf"^[ \t]*[{SPACE_CHARACTERS}]{_BLANK}*", re.MULTILINE)
_NEWLINES = re.compile(r"\n{3,}")
MOST_MARKS = 30
"""Marks that may follow each other: the limit of Unicode's Stream-Safe Text Format (Standard Annex
15, section 13). NFC takes time in proportion to the square of such a run."""
_MARKS = [chr(code) for code in range(0x20000) if unicodedata.combining(chr(code))]
_MARK = f"[{''.join(_MARKS)}]"
# The search is quick for a class within the Basic Multilingual Plane, and for one range beyond it.
_TOO_MANY_MARKS = [
    re.compile(rf"{candidate}(?<={_MARK}{{{MOST_MARKS + 1}}}){_MARK}*")
    for candidate in (
        f"[{''.join(mark for mark in _MARKS if ord(mark) < 0x10000)}]",
        "[\U00010000-\U0001ffff]",
    )
]


def _without_debris(match: re.Match[str]) -> str:
    """What stands in the place of an invisible character: nothing, or itself where it is used."""
    character, at, text = match.group(), match.start(), match.string
    if character == "\f":
        return "\n"
    before, after = text[at - 1 : at], text[at + 1 : at + 2]
    if character == "\u200b":
        is_used = _SOUTH_EAST_ASIAN.match(before) and _SOUTH_EAST_ASIAN.match(after)
    elif character in "\u200c\u200d":
        is_used = _JOINED.match(before)
    else:
        is_used = None
    return character if is_used else ""


def tidy(text: str) -> str:
    r"""Clean up what has no meaning and give the rest its one form.

    A run of blanks becomes one space, or one tab where it has a tab, which parts the cells of a
    table; at the end of a line it goes. Indentation by spaces and
    tabs stays (it is the shape of code and verse); indentation by other blanks, such as the
    ideographic space, goes. At most two line ends stand in a row.

    >>> tidy("\ufeff　　ＡＢＣ１２３ ｶﾞ\x0c\x00  a\u00a0 \t b  ")
    'ABC123 ガ\n  a\tb'
    """
    text = _INVISIBLE.sub(_without_debris, text)
    text = _WIDTHS.sub(lambda match: WIDTHS[match.group()], text)
    for run in _TOO_MANY_MARKS:
        text = run.sub("", text)
    text = unicodedata.normalize("NFC", text)
    text = "\n".join(line.rstrip(_BLANKS) for line in text.split("\n"))
    text = _TYPOGRAPHIC_INDENT.sub("", text)
    text = _INNER.sub(lambda run: "\t" if "\t" in run.group() else " ", text)
    return _NEWLINES.sub("\n\n", text).strip(" \t\n")
