"""References of HTML to characters, such as ``&eacute;``, whatever stands in them."""

import html
import re

# More digits than any character has; Python refuses to read thousands of them as a number.
_BEYOND_UNICODE = re.compile(r"&#0*+[1-9][0-9]{7,}+;?")
_LEADING_ZEROS = re.compile(r"&#0+(?=[0-9])")


def unescape(text: str) -> str:
    """A text with characters in the place of references, as browsers read them; nothing raises.

    >>> unescape("R&amp;D &#233; &#00065; &nosuch;")
    'R&D é A &nosuch;'
    >>> unescape(f"&#{'9' * 5000};") == chr(0xFFFD)
    True
    """
    if "&" not in text:
        return text
    try:
        return html.unescape(text)
    except ValueError:
        return html.unescape(_BEYOND_UNICODE.sub("\ufffd", _LEADING_ZEROS.sub("&#", text)))
