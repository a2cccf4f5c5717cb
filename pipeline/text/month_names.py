"""Names of months as dumps and pages write them -> their numbers."""

import unicodedata
from functools import lru_cache

_NAMES = {
    "en": "january february march april may june july august september october november december",
    "de": "januar februar märz april mai juni juli august september oktober november dezember",
    "de-AT": "jänner feber märz april mai juni juli august september oktober november dezember",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre "
    "diciembre",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre "
    "dicembre",
    "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro "
    "dezembro",
}
_SHORTEST = 3


@lru_cache(maxsize=1024)
def month_number(name: str) -> int:
    """Number of the month that a name or its beginning (three letters at least) means, without
    regard to case and accents; 0 when it is none, or could be two.

    >>> month_number("Sept"), month_number("März"), month_number("aout"), month_number("jui")
    (9, 3, 8, 0)
    """
    folded = _fold(name)
    if len(folded) < _SHORTEST:
        return 0
    found = {
        number
        for months in _NAMES.values()
        for number, month in enumerate(_fold(months).split(), 1)
        if month.startswith(folded)
    }
    return found.pop() if len(found) == 1 else 0


def _fold(name: str) -> str:
    decomposed = unicodedata.normalize("NFD", name.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))
