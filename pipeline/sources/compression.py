"""Compressed dumps as streams of bytes that know where they broke.

The readers of the standard library stop in silence, or raise, somewhere past a defect. Here
everything before it is delivered, and the defect is kept with its offset in the stored file.
"""

import bz2
import lzma
import zlib
from bisect import bisect_right
from collections.abc import Callable
from enum import StrEnum
from typing import Any, BinaryIO

import lz4.frame
import zstandard

from schemas.errors import RecordError

_CHUNK = 1 << 16
# One zstd block of 4 bytes can stand for 128 KiB, so small bites bound what one bite unfolds.
_BITES = {"zstd": 1 << 12}


class Codec(StrEnum):
    """How a file is compressed, by its first bytes and never by its name."""

    GZIP = "gzip"
    BZIP2 = "bzip2"
    ZSTD = "zstd"
    XZ = "xz"
    LZ4 = "lz4"


MAGIC = {
    Codec.GZIP: b"\x1f\x8b\x08",
    Codec.BZIP2: b"BZh",
    Codec.ZSTD: b"\x28\xb5\x2f\xfd",
    Codec.XZ: b"\xfd7zXZ\x00",
    Codec.LZ4: b"\x04\x22\x4d\x18",
}

_DECODERS: dict[Codec, Callable[[], Any]] = {
    Codec.GZIP: lambda: zlib.decompressobj(wbits=31),
    Codec.BZIP2: bz2.BZ2Decompressor,
    # Pushshift compresses with windows of up to 2 GiB, far above the library's default.
    Codec.ZSTD: lambda: zstandard.ZstdDecompressor(max_window_size=1 << 31).decompressobj(),
    Codec.XZ: lzma.LZMADecompressor,
    Codec.LZ4: lz4.frame.LZ4FrameDecompressor,
}
# The lz4 library raises plain RuntimeError.
_DEFECTS = (zlib.error, OSError, zstandard.ZstdError, lzma.LZMAError, EOFError, RuntimeError)


def find_codec(head: bytes) -> Codec | None:
    """Codec of a file that begins with ``head``, or ``None``.

    >>> find_codec(bytes.fromhex("1f8b0800"))
    <Codec.GZIP: 'gzip'>
    """
    for codec, magic in MAGIC.items():
        if head.startswith(magic):
            return codec
    # A zstd file may begin with a skippable frame (0x184D2A50 to 0x184D2A5F).
    if len(head) >= 4 and head[1:4] == b"\x2a\x4d\x18" and head[0] & 0xF0 == 0x50:
        return Codec.ZSTD
    return None


class Decompressed:
    """Content of a stored file, from one of its members (or, uncompressed, bytes) on.

    A gzip, zstd or bzip2 file is a row of members, each of which unfolds by itself. ``read``
    never raises for bad content: it ends there, and ``failure`` says why and where.
    """

    def __init__(self, stored: BinaryIO, codec: Codec | None, start: int = 0) -> None:
        self._stored = stored
        self._codec = codec
        self._next = start
        self._decoder: Any = None
        self._input = b""
        self._output = bytearray()
        self._delivered = 0
        self._unfolded = 0
        self._member_starts = [start]
        self._member_positions = [0]
        self.failure: RecordError | None = None

    def read(self, size: int = -1) -> bytes:
        """Up to ``size`` bytes; fewer only at the end."""
        if self._codec is None:
            return self._read_plain(size)
        while size < 0 or len(self._output) < size:
            if not self._unfold():
                break
        wanted = len(self._output) if size < 0 else size
        piece = bytes(self._output[:wanted])
        del self._output[:wanted]
        self._delivered += len(piece)
        return piece

    def tell(self) -> int:
        """Position in the content, counted from where reading began."""
        return self._delivered

    def stored_offset(self, position: int) -> int:
        """Offset in the stored file of the content at ``position``: exact where nothing is
        compressed, else the start of the member that it is in."""
        if self._codec is None:
            return self._member_starts[0] + position
        return self._member_starts[bisect_right(self._member_positions, position) - 1]

    def next_member(self, position: int) -> tuple[int, int] | None:
        """Position and stored offset of the first member that starts after ``position``, if
        reading has come that far."""
        index = bisect_right(self._member_positions, position)
        if index == len(self._member_starts):
            return None
        return self._member_positions[index], self._member_starts[index]

    @property
    def last_member_start(self) -> int:
        """Stored offset of the last member that reading has come to."""
        return self._member_starts[-1]

    def forget_before(self, position: int) -> None:
        """Drop what is remembered of members that end before ``position``."""
        keep = bisect_right(self._member_positions, position) - 1
        del self._member_starts[:keep], self._member_positions[:keep]

    def check(self) -> None:
        """Raise the defect that ended the content, if one did.

        Raises:
            RecordError: with the offset in the stored file.
        """
        if self.failure is not None:
            raise self.failure

    def _read_plain(self, size: int) -> bytes:
        try:
            self._stored.seek(self._next)
            piece = self._stored.read(size)
        except OSError as error:
            self._fail(f"cannot be read: {error.strerror or error}", self._next)
            return b""
        self._next += len(piece)
        self._delivered += len(piece)
        return piece

    def _unfold(self) -> bool:
        """Unfold some more; false at the end and at a defect."""
        if self.failure is not None or self._codec is None:
            return False
        if not self._input and self._is_hungry():
            at = self._next
            try:
                self._stored.seek(at)
                self._input = self._stored.read(_BITES.get(self._codec, _CHUNK))
            except OSError as error:
                return self._fail(f"cannot be read: {error.strerror or error}", at)
            self._next += len(self._input)
            if not self._input:
                if self._decoder is not None:
                    return self._fail(
                        f"truncated {self._codec} member that starts at byte "
                        f"{self._member_starts[-1]}",
                        at,
                    )
                return False
        if self._decoder is None and not self._begin_member():
            return False
        return self._feed()

    def _is_hungry(self) -> bool:
        """Whether unfolding needs more of the stored file."""
        if self._decoder is None or self._codec is Codec.ZSTD:
            return True
        if self._codec is Codec.GZIP:
            return not self._decoder.unconsumed_tail
        return bool(self._decoder.needs_input)

    def _begin_member(self) -> bool:
        assert self._codec is not None
        if self._codec is Codec.GZIP and self._unfolded:
            self._input = self._input.lstrip(b"\0")  # padding after the last member is allowed
            if not self._input:
                return True
        start = self._next - len(self._input)
        if len(self._input) < 6:
            more = self._stored.read(6 - len(self._input))
            self._next += len(more)
            self._input += more
        if self._unfolded and find_codec(self._input) is not self._codec:
            return self._fail(f"no {self._codec} member, after valid ones", start)
        self._decoder = _DECODERS[self._codec]()
        if self._unfolded:
            self._member_starts.append(start)
            self._member_positions.append(self._unfolded)
        return True

    def _feed(self) -> bool:
        if self._decoder is None:
            return True
        try:
            if self._codec is Codec.ZSTD:
                piece = self._decoder.decompress(self._input)
            else:
                held_back = getattr(self._decoder, "unconsumed_tail", b"")
                piece = self._decoder.decompress(held_back + self._input, 4 * _CHUNK)
            self._input = b""
        except _DEFECTS as error:
            return self._fail(
                f"broken {self._codec} member that starts at byte {self._member_starts[-1]}: "
                f"{str(error).splitlines()[0]}",
                self._next - len(self._input),
            )
        self._output += piece
        self._unfolded += len(piece)
        if self._decoder.eof:
            self._input = self._decoder.unused_data or b""  # None from lz4
            self._decoder = None
        return True

    def _fail(self, message: str, offset: int) -> bool:
        self.failure = RecordError(f"{message} (byte {offset})", offset)
        return False
