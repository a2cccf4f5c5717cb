"""Dates as dumps write them -> UTC."""

import re
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime

from pipeline.text.month_names import month_number

_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)(\d\d))?Z?$")
# ISO 8601 as people type it: digits left out, spaces put in.
_LOOSE = re.compile(
    r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T\s]+(\d{1,2}):(\d\d)(?::(\d\d)(?:\.\d+)?)?)?"
    r"\s*(Z|UTC|GMT|[+-]\d\d:?\d\d)?$"
)
# In Chinese, Japanese and Korean, with a day of the week.
_UNITS = re.compile(
    r"(\d{4})\s?[年년]\s?(\d{1,2})\s?[月월]\s?(\d{1,2})\s?[日号號일]?\s*"
    r"(?:(?:星期|周|週|礼拜|禮拜)[一二三四五六日天]|[月火水木金土日]曜日?|[월화수목금토일]요일"
    r"|[(（].{1,3}[)）])?\s*(?:(上午|下午|午前|午後|오전|오후)\s*)?"
    r"(?:(\d{1,2})\s?[:：时時点點시]\s?(?:(\d{1,2})(?:\s?[:：分분]\s?(?:(\d{1,2})\s?[秒초]?)?)?)?)?$"
)
_AFTER_NOON = ("下午", "午後", "오후")
_CLOCK = (
    r"(?:,?(?:\s[-–|])?(?:\s(?:at|um|à|às|as|a\slas|alle|alle\sore|ore))?"
    r"\s+(\d{1,2})(?::|\s?h\s?)(\d\d)(?::(\d\d))?\s*([AaPp])?\.?[Mm]?\.?(?:Uhr|h|hs|hrs)?\.?)?$"
)
_ENGLISH = re.compile(
    r"(?:[A-Z][a-z]{2,8},?\s+)?([A-Z][a-z]{2,8})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})"
    + _CLOCK
)
# ``3. März 2021``, ``le mercredi 3 mars 2021``, ``12 de mayo de 2019``, ``1º de maio de 2019``.
_WORD = r"[^\W\d_]{2,9}(?:-feira)?[.,]{0,2}\s+"
_DAY_FIRST = re.compile(
    rf"(?:{_WORD}){{0,2}}(\d{{1,2}})(?:st|nd|rd|th|er|\.?[ºª°]|\.)?(?:\s+(?:of|de|di)\s+|\s+|-)"
    r"([^\W\d_]{3,10})\.?(?:,?\s+(?:del?\s+)?|-)(\d{4})" + _CLOCK,
    re.I,
)
# Points stand between day and month wherever they stand; of slashes and hyphens nobody knows.
_NUMBERS = re.compile(
    r"(\d{1,2})([./-])\s?(\d{1,2})\2\s?(\d{4})(?:,?\s+(\d{1,2}):(\d\d)(?::(\d\d))?(?:\s?Uhr)?)?$"
)
_ABBREVIATED = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
"""As RFC 822 writes months."""
_MINUTES = re.compile(
    r"((?:19|20)\d\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])([01]\d|2[0-3])([0-5]\d)$"
)
"""As Chinese sites write them; as a count of milliseconds they would be of the 1970s."""
_ZONES = {
    "BST": 1, "CET": 1, "CEST": 2, "EET": 2, "EEST": 3, "WET": 0, "WEST": 1, "MSK": 3,
    "SGT": 8, "HKT": 8, "AWST": 8, "JST": 9, "KST": 9, "AEST": 10, "AEDT": 11,
    "NZST": 12, "NZDT": 13,
}  # fmt: skip
"""Hours from UTC of names that feeds use beside those of RFC 822; not of names of several zones."""
_NAMED_DAY = re.compile(r"(?<!\d)(\d{1,2})\s+([^\W\d_]{3,10})\.?\s+(\d{4})(?=\s+\d)")
_NAMED_ZONE = re.compile(r"(\d{1,2}:\d\d(?::\d\d)?) ?([A-Z]{3,4})$")
_AFTERNOON = re.compile(r"\d\s*([AaPp])\.?[Mm]\.?$")
_MILLISECONDS = 100_000_000_000
"""A count since 1970 above this is not in seconds (that would be the year 5138)."""


def parse_date(value: object) -> datetime | None:
    """A point in time in UTC, or ``None`` when the value is none.

    Reads ISO 8601 and its relatives, RFC 822, dates in words such as ``March 6, 2017``, ``6 March
    2017`` and ``6. März 2017`` (German, French, Spanish, Italian and Portuguese, too),
    ``06.03.2017``, ``2017年3月6日`` and counts of seconds (or milliseconds) since 1970. Without a
    zone, UTC is meant. What could be two days (``06/03/2017``) is none.

    >>> parse_date("2017-03-06T04:02:06+01:00").isoformat()
    '2017-03-06T03:02:06+00:00'
    >>> parse_date("Mon, 06 Mar 2017 04:02:06 GMT").isoformat()
    '2017-03-06T04:02:06+00:00'
    >>> parse_date(1134028003).isoformat()
    '2005-12-08T07:46:43+00:00'
    >>> parse_date("yesterday") is None
    True
    """
    if isinstance(value, datetime):
        return _in_utc(value)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    if isinstance(value, bool) or value is None:
        return None
    try:
        if isinstance(value, int | float):
            return _from_count(float(value))
        if isinstance(value, str):
            return _from_text(value.strip())
    except (ValueError, OverflowError, OSError, TypeError):
        return None
    return None


def _from_count(count: float) -> datetime:
    return datetime.fromtimestamp(count / 1000 if count > _MILLISECONDS else count, UTC)


def _from_text(text: str) -> datetime | None:
    if not text or len(text) > 80:
        return None
    if match := _MINUTES.match(text):
        return _from_parts([*map(int, match.groups()), 0], None)
    if re.fullmatch(r"\d{9,13}(\.\d+)?", text):
        return _from_count(float(text))
    if match := _COMPACT.match(text):
        year, month, day, hour, minute, second = (int(part) for part in match.groups("0"))
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    try:
        return _in_utc(datetime.fromisoformat(text.replace(" UTC", "Z").replace("/", "-")))
    except ValueError:
        pass
    if match := _LOOSE.match(text):
        return _from_parts([int(part or 0) for part in match.groups()[:6]], match[7])
    if match := _UNITS.match(text):
        parts = [int(part) for part in match.group(1, 2, 3)]
        hour, minute, second = (int(part or 0) for part in match.group(5, 6, 7))
        if match[4]:
            hour = hour % 12 + 12 * (match[4] in _AFTER_NOON)
        return _from_parts([*parts, hour, minute, second], None)
    if match := _NUMBERS.match(text):
        return _from_numbers(*match.groups())
    if (match := _ENGLISH.match(text)) and (month := month_number(match[1])):
        return _from_words(match[3], month, match[2], *match.groups()[3:])
    if (match := _DAY_FIRST.match(text)) and (month := month_number(match[2])):
        return _from_words(match[3], month, match[1], *match.groups()[3:])
    return _from_mail(text)


def _from_words(year: str, month: int, day: str, *clock: str | None) -> datetime:
    *numbers, half = clock
    hour, minute, second = (int(part or 0) for part in numbers)
    hour = hour % (12 if half else 24) + 12 * (half in ("p", "P"))
    return _from_parts([int(year), month, int(day), hour, minute, second], None)


def _from_numbers(
    first: str, sign: str, second: str, year: str, *clock: str | None
) -> datetime | None:
    day, month = int(first), int(second)
    if sign != ".":
        if month > 12:
            day, month = month, day
        elif day <= 12 and day != month:
            return None
    return _from_parts([int(year), month, day, *(int(part or 0) for part in clock)], None)


def _from_mail(text: str) -> datetime:
    """A date of RFC 822, with what it does not know: hours of twelve, names of zones, months of
    other languages."""
    if (match := _NAMED_DAY.search(text)) and (month := month_number(match[2])):
        # The day of the week is in the other language, too.
        text = f"{match[1]} {_ABBREVIATED[month - 1]} {match[3]}{text[match.end() :]}"
    if (match := _NAMED_ZONE.search(text)) and match[2] in _ZONES:
        moment = parsedate_to_datetime(text[: match.end(1)])
        return _in_utc(moment) - timedelta(hours=_ZONES[match[2]])
    moment = _in_utc(parsedate_to_datetime(text))
    if (half := _AFTERNOON.search(text)) and moment.hour <= 12:
        return moment.replace(hour=moment.hour % 12 + 12 * (half[1] in "pP"))
    return moment


def _from_parts(parts: list[int], zone: str | None) -> datetime:
    year, month, day, hour, minute, second = parts
    moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    if zone is None or zone[0] not in "+-":
        return moment
    distance = timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:]))
    return moment - distance if zone[0] == "+" else moment + distance


def _in_utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
