"""The line before a record of an ARC file.

``URL IP-address date content-type length`` (version 1) or, with five more fields before the
length, version 2 (Internet Archive, "Arc File Format", 1996).
"""

import re
from dataclasses import dataclass

LONGEST_HEADER = 1 << 14
# The address may hold spaces, so the IP address behind it is what the line is parsed by.
_LINE = re.compile(
    rb"(?P<url>[A-Za-z][A-Za-z0-9+.\-]*:[^\r\n]*?)[ ]"
    rb"(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-fA-F]*:[0-9a-fA-F:.]*|-)[ ]"
    rb"(?P<date>\d{8,20}|null|-)[ ](?P<rest>[^\r\n]+)"
)


@dataclass(frozen=True, slots=True)
class ArcHeader:
    """What the line tells."""

    url: str
    date: str
    """As WARC files write it, so that a converted archive keeps its keys; empty when it is none."""
    media_type: str
    length: int | None
    """``None`` where the line holds no valid one."""


def begins_arc(head: bytes) -> bool:
    """Whether content that begins with ``head`` is an ARC file."""
    line = head[:LONGEST_HEADER].partition(b"\n")[0]
    return head.startswith(b"filedesc://") or parse_header(line) is not None


def parse_header(line: bytes) -> ArcHeader | None:
    """What a line says, or ``None`` when it is no header of a record."""
    found = _LINE.fullmatch(line.rstrip(b"\r\n "))
    if found is None:
        return None
    # Version 2 goes on behind the type: status, checksum, location, offset, file name.
    kind, _, length = found["rest"].rpartition(b" ")
    return ArcHeader(
        url=found["url"].decode("utf-8", "replace"),
        date=_iso_date(found["date"].decode("ascii")),
        media_type=kind.partition(b" ")[0].decode("latin-1"),
        length=int(length) if length.isdigit() and len(length) <= 18 else None,
    )


def _iso_date(date: str) -> str:
    """Fourteen digits, or fewer, as ISO 8601.

    >>> _iso_date("20110804181142"), _iso_date("null")
    ('2011-08-04T18:11:42Z', '')
    """
    if not date.isdigit():
        return ""
    digits = date[:14].ljust(14, "0")
    day = f"{digits[:4]}-{digits[4:6]}-{digits[6:8]}"
    return f"{day}T{digits[8:10]}:{digits[10:12]}:{digits[12:]}Z"
