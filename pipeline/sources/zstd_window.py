"""Blocks of zstd frames whose history is too long for memory: it lies in a temporary file.

Pushshift compresses with ``zstd --ultra -22 --long=31``: each block may refer to what stood 2 GiB
before it. The library takes its history from one stretch of addresses that the caller lends it
(buffer-less streaming, zstd.h), and here that is a file mapped into memory, used as a ring. Pages
that are mapped are let go whenever they are many: those that are needed come back from the page
cache or from the disk.
"""

import mmap
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import zstandard
from zstandard.backend_cffi import ffi, lib  # type: ignore[attr-defined]

from schemas.errors import DataError

_LARGEST_BLOCK = 1 << 17
_UNKNOWN_SIZE = (1 << 64) - 1
_RESERVED_AT_ONCE = 64 << 20
_MOST_MAPPED = 128 << 20
_PAGES = Path("/proc/self/statm")


class WindowOnDisk:
    """Decoder of one frame, fed with what its header, each of its blocks and its checksum hold."""

    def __init__(self, window: int, dictionary: zstandard.ZstdCompressionDict | None) -> None:
        size = lib.ZSTD_decodingBufferSize_min(window, _UNKNOWN_SIZE)
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - it goes with this object
        self._file.truncate(size)
        self._map = mmap.mmap(self._file.fileno(), size)
        self._start = ffi.from_buffer("char[]", self._map)
        self._size = size
        self._block = min(window, _LARGEST_BLOCK)
        self._reserved = 0
        self._at = 0
        self._waiting = b""
        self._is_crowded = _watch_pages()
        self._context = ffi.gc(lib.ZSTD_createDCtx(), lib.ZSTD_freeDCtx)
        words = dictionary.as_bytes() if dictionary is not None else b""
        _check(lib.ZSTD_decompressBegin_usingDict(self._context, words, len(words)))
        self.eof = False

    def decompress(self, data: bytes) -> bytes:
        """What comes out of ``data``, which ends with the frame at the latest.

        Raises:
            zstandard.ZstdError: the frame is broken.
            DataError: there is no room for the temporary file.
        """
        self._waiting += data
        pieces = []
        while not self.eof:
            wanted = lib.ZSTD_nextSrcSizeToDecompress(self._context)
            if len(self._waiting) < wanted:
                break
            pieces.append(self._unfold(self._waiting[:wanted]))
            self._waiting = self._waiting[wanted:]
            self.eof = lib.ZSTD_nextSrcSizeToDecompress(self._context) == 0
        return b"".join(pieces)

    def _unfold(self, data: bytes) -> bytes:
        if self._at + self._block > self._size:
            self._at = 0
        self._reserve(self._at + self._block)
        length = _check(
            lib.ZSTD_decompressContinue(
                self._context, self._start + self._at, self._block, data, len(data)
            )
        )
        piece = self._map[self._at : self._at + length]
        self._at += length
        if length and self._is_crowded():
            self._map.madvise(mmap.MADV_DONTNEED)  # the file keeps what was written
        return piece

    def _reserve(self, end: int) -> None:
        """Claim the disk: a mapped page that finds no room kills the process."""
        if end <= self._reserved:
            return
        length = min(_RESERVED_AT_ONCE, self._size - self._reserved)
        try:
            os.posix_fallocate(self._file.fileno(), self._reserved, length)
        except OSError as error:
            raise DataError(
                f"{tempfile.gettempdir()}: no room for the window of a zstd frame, "
                f"{self._size} bytes: {error.strerror}; set TMPDIR to a larger disk"
            ) from None
        self._reserved += length


def _watch_pages() -> Callable[[], bool]:
    """Tells whether more pages of files are mapped than a while ago, by ``_MOST_MAPPED`` bytes."""
    page = os.sysconf("SC_PAGE_SIZE")

    def mapped() -> int:
        return int(_PAGES.read_bytes().split()[2]) * page

    before = mapped()
    return lambda: mapped() - before > _MOST_MAPPED


def _check(code: int) -> int:
    if lib.ZSTD_isError(code):
        raise zstandard.ZstdError(ffi.string(lib.ZSTD_getErrorName(code)).decode())
    return code
