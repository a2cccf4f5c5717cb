"""One zstd frame, unfolded block by block, and the dictionary that a .warc.zst file begins with.

The library unfolds all that it is given at once, and 4 KiB can stand for 128 MiB. A block stands
for at most 128 KiB, and its header says where it ends (RFC 8878, section 3.1.1).
"""

import struct
from typing import BinaryIO

import zstandard

from pipeline.sources.zstd_window import WindowOnDisk
from schemas.errors import RecordError

MAX_WINDOW = 1 << 31
"""History that a frame may refer to. Pushshift compresses with ``--long=31``; 8 MiB are usual."""
MEMORY_WINDOW = 1 << 29
"""Longer histories lie in a temporary file."""
MAGIC = b"\x28\xb5\x2f\xfd"
_SKIPPABLE = b"\x2a\x4d\x18"
_DICTIONARY_MAGIC = b"\x5d" + _SKIPPABLE
_MAX_DICTIONARY = 64 << 20
_FRAME_HEADER = 5
_BLOCK_HEADER = 3
_CHECKSUM = 4
_RLE = 1


def is_skippable(head: bytes) -> bool:
    """Whether a skippable frame begins here, of zstd or of lz4, which have them in common.

    >>> is_skippable(bytes.fromhex("502a4d18")), is_skippable(MAGIC)
    (True, False)
    """
    return len(head) >= 4 and head[1:4] == _SKIPPABLE and head[0] & 0xF0 == 0x50


def skippable_size(head: bytes) -> int:
    """Bytes of the skippable frame that begins with the 8 bytes of ``head``."""
    return 8 + int(struct.unpack_from("<I", head, 4)[0])


class ZstdFrame:
    """Decoder of one frame, with the interface of ``bz2.BZ2Decompressor``."""

    def __init__(self, dictionary: zstandard.ZstdCompressionDict | None = None) -> None:
        self._dictionary = dictionary
        self._frame: zstandard.ZstdDecompressionObj | WindowOnDisk | None = None
        self._waiting = b""
        self._at = 0
        self._left = 0
        """Bytes that may be fed before the next header."""
        self._header_size = _FRAME_HEADER
        self.eof = False
        self.unused_data = b""

    @property
    def needs_input(self) -> bool:
        """Whether nothing that waits can be fed."""
        wanted = 1 if self._left else self._header_size
        return not self.eof and len(self._waiting) - self._at < wanted

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """What the next block holds, 128 KiB at most; ``max_length`` is not asked.

        Raises:
            zstandard.ZstdError: the frame is broken, wants a window above ``MAX_WINDOW``, or a
                dictionary that is not there.
        """
        if data:
            self._waiting, self._at = self._waiting[self._at :] + data, 0
        piece = b""
        while not (piece or self.eof or self.needs_input):
            if self._frame is None:
                self._begin()
                continue
            if self._left == 0:
                self._left = self._measure()
            feed = self._waiting[self._at : self._at + self._left]
            self._at += len(feed)
            self._left -= len(feed)
            piece = self._frame.decompress(feed)
            if self._frame.eof:
                self.eof = True
                self.unused_data = self._waiting[self._at :]
        return piece

    def _begin(self) -> None:
        """Wait for the whole header, and choose a decoder by it."""
        size = _header_size(self._waiting[self._at + 4])
        if self._header_size < size:
            self._header_size = size
            return
        window = _window(self._waiting[self._at : self._at + size])
        if window > MAX_WINDOW:
            raise zstandard.ZstdError(f"a window of {window} bytes is above the limit")
        if window > MEMORY_WINDOW:
            self._frame = WindowOnDisk(window, self._dictionary)
        else:
            self._frame = zstandard.ZstdDecompressor(
                dict_data=self._dictionary, max_window_size=MAX_WINDOW
            ).decompressobj()
        self._left, self._header_size = size, _BLOCK_HEADER

    def _measure(self) -> int:
        """Bytes up to the end of what begins here: a block, or the checksum."""
        if self._header_size == 1:  # behind the last block
            return _CHECKSUM
        header = int.from_bytes(self._waiting[self._at : self._at + 3], "little")
        if header & 1:
            self._header_size = 1
        return 3 + (1 if header >> 1 & 3 == _RLE else header >> 3)


def _header_size(descriptor: int) -> int:
    """Bytes of a frame's header, by the descriptor in it (RFC 8878, section 3.1.1.1)."""
    is_single = descriptor >> 5 & 1
    content_size = (is_single, 2, 4, 8)[descriptor >> 6]
    return 5 + (1 - is_single) + (0, 1, 2, 4)[descriptor & 3] + content_size


def _window(header: bytes) -> int:
    """Bytes of history that a frame asks for: its window, or all that it holds."""
    descriptor = header[4]
    if not descriptor >> 5 & 1:
        base = 1 << 10 + (header[5] >> 3)
        return base + base // 8 * (header[5] & 7)
    size = header[5 + (0, 1, 2, 4)[descriptor & 3] :]
    return int.from_bytes(size, "little") + (256 if descriptor >> 6 == 1 else 0)


def read_dictionary(stored: BinaryIO) -> zstandard.ZstdCompressionDict | None:
    """The dictionary in the first frame of a file (.warc.zst, "WARC-ZSTD" 0.1 of the IIPC), which
    may itself be compressed; ``None`` where the file begins otherwise.

    Raises:
        RecordError: it is cut off, broken, or above 64 MiB.
    """
    stored.seek(0)
    head = stored.read(8)
    if len(head) < 8 or not head.startswith(_DICTIONARY_MAGIC):
        return None
    size = skippable_size(head) - 8
    if size > _MAX_DICTIONARY:
        raise RecordError(f"a zstd dictionary of {size} bytes is above the limit (byte 0)", 0)
    content = stored.read(size)
    if len(content) < size:
        raise RecordError("truncated zstd dictionary (byte 0)", 0)
    try:
        if content.startswith(MAGIC):
            content = _unfold(content)
        dictionary = zstandard.ZstdCompressionDict(content)
        zstandard.ZstdDecompressor(dict_data=dictionary).decompressobj()  # only here a damage shows
        return dictionary
    except zstandard.ZstdError as error:
        raise RecordError(f"broken zstd dictionary: {error} (byte 0)", 0) from None


def _unfold(content: bytes) -> bytes:
    frame = ZstdFrame()
    found = bytearray(frame.decompress(content, -1))
    while not frame.eof and not frame.needs_input and len(found) <= _MAX_DICTIONARY:
        found += frame.decompress(b"", -1)
    if not frame.eof:
        raise RecordError("a zstd dictionary that is cut off or above the limit (byte 0)", 0)
    return bytes(found)
