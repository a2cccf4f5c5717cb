"""Dates as dumps write them -> UTC."""

import re
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime

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
_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december",
)  # fmt: skip
_CLOCK = r"(?:(?:,|\sat)?\s+(\d{1,2}):(\d\d)(?::\d\d)?\s*([AaPp])?\.?[Mm]?\.?)?$"
_ENGLISH = re.compile(
    r"(?:[A-Z][a-z]{2,8},?\s+)?([A-Z][a-z]{2,8})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})"
    + _CLOCK
)
_DAY_FIRST = re.compile(
    r"(?:[a-z]{3,9},?\s+)?(\d{1,2})(?:st|nd|rd|th)?(?:\s+of\s+|\s+|-)([a-z]{3,9})\.?(?:,?\s+|-)(\d{4})"
    + _CLOCK,
    re.I,
)
# Points stand between day and month wherever they stand; of slashes and hyphens nobody knows.
_NUMBERS = re.compile(
    r"(\d{1,2})([./-])\s?(\d{1,2})\2\s?(\d{4})(?:,?\s+(\d{1,2}):(\d\d)(?::(\d\d))?(?:\s?Uhr)?)?$"
)
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
_NAMED_ZONE = re.compile(r"(\d{1,2}:\d\d(?::\d\d)?) ?([A-Z]{3,4})$")
_AFTERNOON = re.compile(r"\d\s*([AaPp])\.?[Mm]\.?$")
_MILLISECONDS = 100_000_000_000
"""A count since 1970 above this is not in seconds (that would be the year 5138)."""


def parse_date(value: object) -> datetime | None:
    """A point in time in UTC, or ``None`` when the value is none.

    Reads ISO 8601 and its relatives, RFC 822, English dates such as ``March 6, 2017`` and
    ``6 March 2017``, ``06.03.2017``, ``2017年3月6日`` and counts of seconds (or milliseconds) since
    1970. Without a zone, UTC is meant. What could be two days (``06/03/2017``) is none.

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
    if (match := _ENGLISH.match(text)) and (month := _month(match[1])):
        return _from_words(match[3], month, match[2], *match.groups()[3:])
    if (match := _DAY_FIRST.match(text)) and (month := _month(match[2])):
        return _from_words(match[3], month, match[1], *match.groups()[3:])
    return _from_mail(text)


def _month(name: str) -> int:
    """Number of an English month, whole or abbreviated; 0 when it is none.

    >>> _month("Sept"), _month("march"), _month("Smarch")
    (9, 3, 0)
    """
    found = (at for at, month in enumerate(_MONTHS, 1) if month.startswith(name.lower()))
    return next(found, 0)


def _from_words(
    year: str, month: int, day: str, hour: str | None, minute: str | None, half: str | None
) -> datetime:
    hours = int(hour or 0) % (12 if half else 24) + 12 * (half in ("p", "P"))
    return _from_parts([int(year), month, int(day), hours, int(minute or 0), 0], None)


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
    """A date of RFC 822, with the hours of twelve and the names of zones that it does not know."""
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
