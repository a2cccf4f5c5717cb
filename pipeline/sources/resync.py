"""Where compressed content goes on behind a break: the next member that can be unfolded."""

from collections.abc import Callable
from typing import BinaryIO

from pipeline.sources.decoders import DEFECTS, MAGIC, Codec, Decoder
from schemas.errors import RecordError

_CHUNK = 1 << 20
_BITE = 1 << 16
_TRIAL = 2 << 20
"""Bytes of a member that are tried: a block of bzip2 gives nothing before its 900 KB are read."""


def find_next_member(
    stored: BinaryIO,
    codec: Codec,
    start: int,
    new_decoder: Callable[[], Decoder],
    most_bytes: int | None = None,
) -> int | None:
    """Stored offset of the first member from ``start`` on that unfolds to something.

    ``most_bytes``: how far it is looked for; to the end, unless set.
    """
    magic = MAGIC[codec]
    end = None if most_bytes is None else start + most_bytes
    at = start
    carried = b""
    while end is None or at < end:
        stored.seek(at)
        chunk = stored.read(_CHUNK)
        if not chunk:
            return None
        data = carried + chunk
        found = data.find(magic)
        while found >= 0:
            place = at - len(carried) + found
            if _unfolds(stored, place, new_decoder()):
                return place
            found = data.find(magic, found + 1)
        carried = data[len(data) - len(magic) + 1 :]
        at += len(chunk)
    return None


def _unfolds(stored: BinaryIO, place: int, decoder: Decoder) -> bool:
    """Whether something comes out of what begins there, before it breaks."""
    stored.seek(place)
    try:
        for _ in range(_TRIAL // _BITE):
            data = stored.read(_BITE)
            if not data or decoder.eof:
                return False
            if decoder.decompress(data, _BITE):
                return True
    except (*DEFECTS, RecordError):
        pass
    return False
