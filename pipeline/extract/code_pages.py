"""Code pages of Western Europe, told apart by where their letters and signs stand in words.

The books that volunteers typed in the 1990s came from DOS and from the Macintosh, and say so
seldom. Detectors made for the web know neither.
"""

import codecs
import re

CODE_PAGES = ("cp1252", "cp850", "mac_roman")
"""Windows, DOS, Macintosh."""
_SAMPLE = 1 << 20
_NEAR_LETTERS = re.compile(r"(?<=[a-z])[^\x00-\x7f]|[^\x00-\x7f](?=[a-z])")
_LETTERS = frozenset("àáâãäåæçèéêëìíîïñòóôõöøùúûüÿßœ")
_OPENING = frozenset("“„«‹‘¿¡")
_CLOSING = frozenset("”»›…")
_ANYWHERE = frozenset("’–—\u00ad")
_CONTRACTION = re.compile(
    r"[a-z]’(?:s|t|ll|re|ve|d|m)(?![a-z])|(?<![a-z])(?:[cdjlmnst]|qu)’[aeiouhéèêôàâ][a-zéèêôàâ]",
    re.I,
)
_CLEARLY = 0.4
"""A code page must fit so much better than what was detected to take its place."""
_NAMES = re.compile(
    r"(?:cp|ibm|dos|code ?page)[-_ ]?(437|8[56]\d)"
    r"|(?:x[-_])?mac(?:intosh)?[-_ ]?(?:os[-_ ]?)?(roman(?!ia)|cyrillic|greek|turkish|iceland"
    r"|croatian|romanian|ce\b|centraleurope|latin2)"
    r"|(johab|utf[-_ ]?7)\b",
    re.I,
)
_CENTRAL_EUROPE = ("ce", "centraleurope")


def find_code_page(name: str | None) -> str | None:
    """Python's name of an encoding of plain texts that browsers do not know: a code page of DOS or
    the Macintosh, Johab or UTF-7.

    >>> find_code_page("CP-850"), find_code_page("Codepage 437"), find_code_page("MacRoman")
    ('cp850', 'cp437', 'mac_roman')
    >>> find_code_page("x-mac-ce"), find_code_page("UTF-7")
    ('mac_latin2', 'utf_7')
    """
    match = _NAMES.search(name or "")
    if match is None:
        return None
    page, script, other = (part and part.lower() for part in match.groups())
    if script is not None:
        script = "latin2" if script in _CENTRAL_EUROPE else script
    try:
        found = codecs.lookup(other or (f"mac_{script}" if script else f"cp{page}"))
    except LookupError:
        return None
    return found.name.replace("-", "_")


def likeliest_code_page(text: bytes, detected: str | None) -> str | None:
    """``detected``, or the code page under which the bytes fit their places in words far better.

    Of text in other scripts nothing can be said: then it is ``detected``.

    >>> likeliest_code_page("Les élèves étaient déjà là".encode("mac_roman"), "iso8859-2")
    'mac_roman'
    >>> likeliest_code_page("Zażółć gęślą jaźń i leć".encode("iso8859-2"), "iso8859-2")
    'iso8859-2'
    """
    sample = text[:_SAMPLE]
    letters = sum(map(sample.count, b"aeinorst"))
    if letters < 0.25 * len(sample):  # not the Latin script, or hardly any text
        return detected
    best = detected or CODE_PAGES[0]
    fit = _fit(sample, best) + _CLEARLY
    for name in CODE_PAGES:
        if (here := _fit(sample, name)) > fit:
            best, fit = name, here
    return best


def _fit(sample: bytes, name: str) -> float:
    """How well characters beyond ASCII fit their places beside small letters, from -1 to 1.

    Dashes and apostrophes may stand between any two letters, so they prove nothing, but where
    English or French contract words.
    """
    text = sample.decode(name, "replace")
    is_western = name in CODE_PAGES
    near = total = 0
    for match in _NEAR_LETTERS.finditer(text):
        at, character = match.start(), match[0]
        if character in _ANYWHERE:
            is_contracted = _CONTRACTION.search(text, max(0, at - 4), at + 4) is not None
            near += is_contracted
            total += is_contracted
            continue
        near += 1
        is_first = at == 0 or not text[at - 1].isalpha()
        is_last = at + 1 == len(text) or not text[at + 1].isalpha()
        fits = (
            (character in _LETTERS if is_western else character.islower())
            or (is_first and (character.isupper() or character in _OPENING))
            or (is_last and character in _CLOSING)
        )
        total += 1 if fits else -1
    return total / near if near else 0.0
