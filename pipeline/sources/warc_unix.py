"""WARC records with bare line feeds in their headers, as editors and converters leave them.

FastWARC takes such a header for one long line. A record counts only where another one, or the end
of the file, follows it: then its length is right, whatever ends its lines.
"""

import re
from dataclasses import dataclass
from typing import BinaryIO

from pipeline.sources.compression import Codec, Decompressed, UnfoldLimit

_HEAD = re.compile(rb"\s{0,8}WARC/[\d.]{1,8}\r?\n((?:[^\r\n]+\r?\n)+)\r?\n")
_LONGEST_HEAD = 32 << 10
_LONGEST_GAP = 16
"""Bytes behind a block that are looked at for the next record."""


@dataclass(frozen=True, slots=True)
class UnixRecord:
    """A record and where the next one is."""

    headers: dict[str, str]
    """By name in lower case."""
    block: bytes
    resume_at: int | None
    """Stored offset of the next record; ``None`` at the end of the file."""


def read_unix_record(
    stored: BinaryIO, codec: Codec | None, offset: int, max_bytes: int, limit: UnfoldLimit
) -> UnixRecord | None:
    """The record at a stored offset; ``None`` where none of this kind is whole, or its block is
    longer than ``max_bytes`` or unfolds beyond ``limit``."""
    content = Decompressed(stored, codec, offset, limit=limit)
    start = content.read(_LONGEST_HEAD)
    head = _HEAD.match(start)
    if head is None:
        return None
    headers: dict[str, str] = {}
    for line in head[1].splitlines():
        name, _, value = line.partition(b":")
        headers.setdefault(
            name.decode("latin-1").strip().lower(), value.decode("utf-8", "replace").strip()
        )
    declared = headers.get("content-length", "")
    if not re.fullmatch(r"[0-9]{1,15}", declared) or int(declared) > max_bytes:
        return None
    end = head.end() + int(declared)
    start += content.read(max(0, end + _LONGEST_GAP - len(start)))
    behind = start[end : end + _LONGEST_GAP]
    gap = len(behind) - len(behind.lstrip())
    if len(start) < end:
        return None
    if gap == len(behind) < _LONGEST_GAP and content.failure is None:
        return UnixRecord(headers, start[head.end() : end], None)
    if not behind[gap:].startswith(b"WARC/"):
        return None
    if codec is None:
        return UnixRecord(headers, start[head.end() : end], offset + end + gap)
    following = content.next_member(0)
    if following is None or not end <= following[0] <= end + gap:
        return None
    return UnixRecord(headers, start[head.end() : end], following[1])
