"""The codecs of stored dumps: how each is recognised, and decoders with one interface."""

import bz2
import lzma
import zlib
from enum import StrEnum
from typing import BinaryIO, Protocol

import lz4.frame
import zstandard

from pipeline.sources import zstd_frame
from schemas.errors import RecordError


class Codec(StrEnum):
    """How a file is compressed, by its first bytes and never by its name."""

    GZIP = "gzip"
    BZIP2 = "bzip2"
    ZSTD = "zstd"
    XZ = "xz"
    LZ4 = "lz4"
    SEVEN_ZIP = "7z"
    """An archive, whose packed streams ``seven_zip`` finds."""


MAGIC = {
    Codec.GZIP: b"\x1f\x8b\x08",
    Codec.BZIP2: b"BZh",
    Codec.ZSTD: zstd_frame.MAGIC,
    Codec.XZ: b"\xfd7zXZ\x00",
    Codec.LZ4: b"\x04\x22\x4d\x18",
    Codec.SEVEN_ZIP: b"7z\xbc\xaf\x27\x1c",
}
# The lz4 library raises plain RuntimeError.
DEFECTS = (zlib.error, OSError, zstandard.ZstdError, lzma.LZMAError, EOFError, RuntimeError)
"""What decoders raise for a broken member."""
_BITE = 1 << 18
MAX_XZ_MEMORY = 1 << 30
"""An xz member may ask for a dictionary of 4 GiB; ``xz -9`` asks for 64 MiB."""


class Decoder(Protocol):
    """Unfolds one member, in bites, with the interface of ``bz2.BZ2Decompressor``."""

    @property
    def eof(self) -> bool:
        """Whether the member has ended."""

    @property
    def needs_input(self) -> bool:
        """Whether more can be unfolded only from more input."""

    @property
    def unused_data(self) -> bytes:
        """What was fed behind the end of the member."""

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        """Up to about ``max_length`` bytes; raises one of ``DEFECTS`` for a broken member."""


def find_codec(head: bytes) -> Codec | None:
    """Codec of a file that begins with ``head``, or ``None``.

    >>> find_codec(bytes.fromhex("1f8b0800"))
    <Codec.GZIP: 'gzip'>
    """
    for codec, magic in MAGIC.items():
        if head.startswith(magic):
            return codec
    # Skippable frames may come first. lz4 has the same; what follows them will tell.
    return Codec.ZSTD if zstd_frame.is_skippable(head) else None


def new_decoder(codec: Codec, dictionary: zstandard.ZstdCompressionDict | None = None) -> Decoder:
    """Decoder of a member that begins; the dictionary is for zstd.

    Raises:
        RecordError: the codec has no members.
    """
    match codec:
        case Codec.GZIP:
            return Inflater(wbits=31)
        case Codec.BZIP2:
            return bz2.BZ2Decompressor()
        case Codec.ZSTD:
            return zstd_frame.ZstdFrame(dictionary)
        case Codec.XZ:
            return lzma.LZMADecompressor(memlimit=MAX_XZ_MEMORY)
        case Codec.LZ4:
            return _Lz4()
        case Codec.SEVEN_ZIP:
            raise RecordError("a place inside a 7z archive")


def salvage(
    decoder: Decoder, stored: BinaryIO, start: int, broken_from: int, end: int, known: int
) -> bytes:
    """What a member gives in front of a defect that lies from ``broken_from`` to ``end``, without
    the first ``known`` bytes. A decoder that fails throws away what the call had unfolded, so a
    new one reads the member again, the stretch of the defect byte by byte.
    """
    found = bytearray()
    at = start
    try:
        stored.seek(start)
        while at < end:
            data = stored.read(min(_BITE, broken_from - at) if at < broken_from else end - at)
            step = len(data) if at < broken_from else 1
            if not data:
                break
            for i in range(0, len(data), step):
                part = data[i : i + step]
                while not decoder.eof and (piece := decoder.decompress(part, _BITE)):
                    found += piece[known:]
                    known -= min(known, len(piece))
                    part = b""
            at += len(data)
    except DEFECTS:
        pass  # the defect that is known
    return bytes(found)


class Inflater:
    """Decoder of DEFLATE: of a gzip member (``wbits`` 31), or bare (-15)."""

    def __init__(self, wbits: int) -> None:
        self._member = zlib.decompressobj(wbits=wbits)
        self._may_hold_more = False

    @property
    def eof(self) -> bool:
        return self._member.eof

    @property
    def needs_input(self) -> bool:
        return not (self._member.eof or self._may_hold_more or self._member.unconsumed_tail)

    @property
    def unused_data(self) -> bytes:
        return self._member.unused_data

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        piece = self._member.decompress(self._member.unconsumed_tail + data, max_length)
        self._may_hold_more = len(piece) == max_length
        return piece


class _Lz4:
    def __init__(self) -> None:
        self._frame = lz4.frame.LZ4FrameDecompressor()

    @property
    def eof(self) -> bool:
        return bool(self._frame.eof)

    @property
    def needs_input(self) -> bool:
        return bool(self._frame.needs_input)

    @property
    def unused_data(self) -> bytes:
        return self._frame.unused_data or b""

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        return bytes(self._frame.decompress(data, max_length))
