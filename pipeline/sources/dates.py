"""Dates as dumps write them -> UTC."""

import re
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime

_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)(\d\d))?Z?$")
# ISO 8601 as people type it: digits left out, spaces put in, Chinese units.
_LOOSE = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[T\s]+(\d{1,2}):(\d\d)(?::(\d\d)(?:\.\d+)?)?)?"
    r"\s*(Z|UTC|GMT|[+-]\d\d:?\d\d)?$"
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_ENGLISH = re.compile(
    r"(?:[A-Z][a-z]{2,8},?\s+)?([A-Z][a-z]{2,8})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})"
    r"(?:(?:,|\sat)?\s+(\d{1,2}):(\d\d)(?::\d\d)?\s*([AaPp])?\.?[Mm]?\.?)?$"
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

    Reads ISO 8601 and its relatives, RFC 822, English dates such as ``March 6, 2017`` and counts
    of seconds (or milliseconds) since 1970. Without a zone, UTC is meant.

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
    if (match := _ENGLISH.match(text)) and match[1][:3].lower() in _MONTHS:
        hour = int(match[4] or 0) % (12 if match[6] else 24) + 12 * (match[6] in ("p", "P"))
        month = _MONTHS.index(match[1][:3].lower()) + 1
        return _from_parts([int(match[3]), month, int(match[2]), hour, int(match[5] or 0), 0], None)
    return _from_mail(text)


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
