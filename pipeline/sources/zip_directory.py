"""Zip archives opened within bounds: the directory is weighed before it is taken into memory."""

import struct
import zipfile
import zlib
from typing import BinaryIO

from schemas.errors import RecordError

DEFECTS = (
    zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError,
    struct.error, LookupError, OverflowError, OSError,
)  # fmt: skip
"""What the reader of the standard library raises for an archive that is broken."""
_MAX_DIRECTORY = 16 << 20
_END = b"PK\x05\x06"
_END_SIZE = 22
_END_64_LOCATOR_SIZE = 20
_IN_ZIP64 = 0xFFFFFFFF


def open_zip(stored: BinaryIO) -> zipfile.ZipFile:
    """The archive with its directory read.

    Raises:
        RecordError: no zip archive, or its directory is broken or above 16 MiB.
    """
    size = stored.seek(0, 2)
    length = _directory_length(stored, size)
    if length > _MAX_DIRECTORY:
        raise RecordError(f"a zip directory of {length} bytes is above the limit", size)
    stored.seek(0)
    try:
        return zipfile.ZipFile(stored)
    except DEFECTS as error:
        raise RecordError(f"broken zip archive: {first_line(error)}", 0) from None


def first_line(error: BaseException) -> str:
    """What an error says, in one line."""
    return (str(error).splitlines() or [type(error).__name__])[0][:200]


def _directory_length(stored: BinaryIO, size: int) -> int:
    stored.seek(max(0, size - _END_SIZE - (1 << 16)))
    tail = stored.read()
    at = tail.rfind(_END)
    if at < 0 or len(tail) - at < _END_SIZE:
        raise RecordError("not a zip archive, or one whose end is cut off", size)
    (length,) = struct.unpack_from("<I", tail, at + 12)
    if length == _IN_ZIP64 and at >= _END_64_LOCATOR_SIZE:
        (offset,) = struct.unpack_from("<Q", tail, at - _END_64_LOCATOR_SIZE + 8)
        stored.seek(min(offset, size))
        end_64 = stored.read(48)
        if len(end_64) == 48:
            (length,) = struct.unpack_from("<Q", end_64, 40)
    return int(length)
