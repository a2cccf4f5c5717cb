"""Lines of a stream, each with its offset, in bounded memory."""

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.sources.compression import Decompressed

_CHUNK = 1 << 18


@dataclass(frozen=True, slots=True)
class Line:
    """One line without its end. ``bytes`` is only the beginning of one that is too long."""

    offset: int
    """Where it starts in the content."""
    bytes: bytes
    size: int
    is_complete: bool = True
    """False for what stood before a defect of the compression."""


def iterate_lines(content: Decompressed, max_bytes: int) -> Iterator[Line]:
    """Lines that are not blank. The last one is incomplete when the content broke inside it."""
    buffer = bytearray()
    start = 0  # offset of the buffer's first byte
    searched = 0
    overlong: Line | None = None
    while True:
        chunk = content.read(_CHUNK)
        if not chunk:
            break
        buffer += chunk
        consumed = 0
        while (end := buffer.find(b"\n", max(consumed, searched))) >= 0:
            if overlong is not None:
                yield Line(overlong.offset, overlong.bytes, start + end - overlong.offset)
                overlong = None
            else:
                line = bytes(buffer[consumed:end])
                if line and not line.isspace():
                    yield Line(start + consumed, line, len(line))
            consumed = end + 1
            searched = 0
        del buffer[:consumed]
        start += consumed
        searched = len(buffer)
        if overlong is not None or len(buffer) > max_bytes:
            overlong = overlong or Line(start, bytes(buffer[:max_bytes]), 0)
            start += len(buffer)
            buffer.clear()
            searched = 0
    is_complete = content.failure is None
    if overlong is not None:
        yield Line(overlong.offset, overlong.bytes, start - overlong.offset, is_complete)
    elif not is_complete or (buffer and not buffer.isspace()):
        yield Line(start, bytes(buffer), len(buffer), is_complete)
