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

_SPACES = "\u00a0\u2000-\u200a\u202f\u205f\u3000"
_BLANK = rf"[ \t{_SPACES}]"
# A zero-width space separates words in South-East Asian scripts; joiners shape letters in Arabic,
# Indic and neighbouring scripts and glue emoji. Anywhere else they are debris.
_SOUTH_EAST_ASIAN = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\uaa60-\uaa7f"
_JOINED = (
    "\u0590-\u109f\u1700-\u1cff\u20e3\u2190-\u2bff\ua800-\uabff\ufe0f"
    "\U00010a00-\U00011fff\U0001e000-\U0001faff"
)
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f"  # controls but tab, line feed and form feed
    "\u00ad\u061c\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffc]"
    f"|(?<![{_SOUTH_EAST_ASIAN}])\u200b|\u200b(?![{_SOUTH_EAST_ASIAN}])"
    f"|(?<![{_JOINED}])[\u200c\u200d]"
)
INVISIBLE_CHARACTERS = (
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"
    "\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffc"
)
"""Inside of a character class: all that ``tidy`` may remove or turn into a line end."""
SPACE_CHARACTERS = _SPACES
"""Inside of a character class: all blanks that are not ASCII."""

# The look-behind lets a run of blanks be tried once, not once per blank.
_TRAILING = re.compile(rf"(?<!{_BLANK}){_BLANK}++$", re.MULTILINE)
_INNER = re.compile(rf"(?<=[^\n \t{_SPACES}]){_BLANK}+")
_TYPOGRAPHIC_INDENT = re.compile(rf"^[ \t]*[{_SPACES}]{_BLANK}*", re.MULTILINE)
_NEWLINES = re.compile(r"\n{3,}")


def tidy(text: str) -> str:
    r"""Clean up what has no meaning and give the rest its one form.

    A run of blanks becomes one space and goes at the end of a line. Indentation by spaces and
    tabs stays (it is the shape of code and verse); indentation by other blanks, such as the
    ideographic space, goes. At most two line ends stand in a row.

    >>> tidy("\ufeff　　ＡＢＣ１２３ ｶﾞ\x0c\x00  a\u00a0 \t b  ")
    'ABC123 ガ\n  a b'
    """
    text = _INVISIBLE.sub("", text).replace("\f", "\n")
    text = _WIDTHS.sub(lambda match: WIDTHS[match.group()], text)
    text = unicodedata.normalize("NFC", text)
    text = _TRAILING.sub("", text)
    text = _TYPOGRAPHIC_INDENT.sub("", text)
    text = _INNER.sub(" ", text)
    return _NEWLINES.sub("\n\n", text).strip(" \t\n")
