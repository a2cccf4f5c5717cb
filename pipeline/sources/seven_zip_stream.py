"""Packed streams of 7z archives, unfolded bite by bite."""

import bz2
import lzma
import zlib
from dataclasses import dataclass
from typing import Protocol

from pipeline.sources.decoders import MAX_XZ_MEMORY, Decoder, Inflater
from schemas.errors import RecordError


class Method:
    """The methods that are read, as 7z numbers them."""

    COPY = b"\x00"
    LZMA = b"\x03\x01\x01"
    LZMA2 = b"\x21"
    BZIP2 = b"\x04\x02\x02"
    DEFLATE = b"\x04\x01\x08"


_OTHERS = {b"\x03\x04\x01": "PPMd", b"\x04\x01\x09": "Deflate64"}


@dataclass(frozen=True, slots=True)
class ArchivedFile:
    """A file in an archive."""

    name: str
    size: int
    checksum: int | None
    """CRC-32."""


@dataclass(frozen=True, slots=True)
class Folder:
    """A packed stream of an archive, which holds the content of some files in a row. (7z calls it
    so; it has nothing to do with the folders of a file system.)"""

    start: int
    """Stored offset."""
    packed: int | None
    """Stored size; unknown without a header."""
    method: bytes
    """As 7z numbers them; one of ``Method`` is read."""
    properties: bytes
    files: tuple[ArchivedFile, ...]
    """Unknown without a header."""
    has_jumps: bool = False
    """Whether a filter made the jumps in programs absolute; with LZMA2 only."""

    def new_decoder(self) -> Decoder:
        """A decoder of the stream.

        Raises:
            RecordError: its method is none that is read, or wants too much memory.
        """
        return _FolderDecoder(_raw_decoder(self), self)


class _Unfolder(Protocol):
    """What unfolds a stream, wherever it ends."""

    @property
    def eof(self) -> bool: ...

    @property
    def needs_input(self) -> bool: ...

    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


class _FolderDecoder:
    """Ends a stream where the header says, and compares the checksums of its files."""

    unused_data = b""

    def __init__(self, raw: _Unfolder, folder: Folder) -> None:
        self._raw = raw
        self._packed = folder.packed
        self._is_known = bool(folder.files)
        self._files = iter([file for file in folder.files if file.size])
        self._size = sum(file.size for file in folder.files)
        self._checksum = 0
        self._begin_file()
        self._defect = ""

    @property
    def eof(self) -> bool:
        if not self._is_known:
            return self._raw.eof
        return self._file is None and not self._defect

    @property
    def needs_input(self) -> bool:
        return not self._defect and self._packed != 0 and self._raw.needs_input

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        """Up to ``max_length`` bytes.

        Raises:
            LZMAError: the stream is broken, or a checksum is wrong: in the call behind the one
                that gave the last of the content, so that this is not lost.
        """
        if self._defect:
            raise lzma.LZMAError(self._defect)
        if self._packed is not None:
            data = data[: self._packed]
            self._packed -= len(data)
        if not self._is_known:
            return self._raw.decompress(data, max_length)
        if self._raw.eof:
            raise EOFError("less in it than its header says")
        piece = self._raw.decompress(data, min(max_length, self._size))
        self._size -= len(piece)
        if not piece and self._packed == 0 and self._raw.needs_input:
            raise EOFError("less in it than its header says")
        return piece[: self._check(piece)]

    def _check(self, piece: bytes) -> int:
        """Bytes of a piece that lie in front of the end of a file with another checksum."""
        at = 0
        while self._file is not None and at < len(piece):
            part = piece[at : at + self._left]
            at += len(part)
            self._left -= len(part)
            self._checksum = zlib.crc32(part, self._checksum)
            if self._left:
                break
            if self._file.checksum not in (None, self._checksum):
                self._defect = f"the checksum of {self._file.name} is another"
                break
            self._begin_file()
        return at

    def _begin_file(self) -> None:
        self._file = next(self._files, None)
        self._left = self._file.size if self._file else 0
        self._checksum = 0


class _Stored:
    """Content that is not compressed."""

    eof = False

    def __init__(self) -> None:
        self._waiting = b""

    @property
    def needs_input(self) -> bool:
        return not self._waiting

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        whole = self._waiting + data
        self._waiting = whole[max_length:]
        return whole[:max_length]


def _raw_decoder(folder: Folder) -> _Unfolder:
    properties = folder.properties
    match folder.method:
        case Method.LZMA if len(properties) == 5:
            return _lzma(lzma.FILTER_LZMA1, properties[0], int.from_bytes(properties[1:], "little"))
        case Method.LZMA2 if len(properties) == 1:
            bits = properties[0]
            window = (2 | bits & 1) << (bits // 2 + 11)
            return _lzma(lzma.FILTER_LZMA2, None, window, has_jumps=folder.has_jumps)
        case Method.BZIP2:
            return bz2.BZ2Decompressor()
        case Method.DEFLATE:
            return Inflater(wbits=-15)
        case Method.COPY:
            return _Stored()
    name = _OTHERS.get(folder.method, folder.method.hex())
    raise RecordError(
        f"7z method {name} is not supported: unpack it with 7z x (byte {folder.start})",
        folder.start,
    )


def _lzma(
    kind: int, model: int | None, window: int, *, has_jumps: bool = False
) -> lzma.LZMADecompressor:
    if window > MAX_XZ_MEMORY:
        raise RecordError(f"a 7z archive that wants {window} bytes of memory (byte 0)")
    filters: dict[str, int] = {"id": kind, "dict_size": max(window, 1 << 12)}
    if model is not None:
        filters |= {"lc": model % 9, "lp": model // 9 % 5, "pb": model // 45}
    try:
        jumps = [{"id": lzma.FILTER_X86}] if has_jumps else []
        return lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=[*jumps, filters])
    except (lzma.LZMAError, ValueError) as error:
        raise RecordError(f"a 7z archive with wrong parameters: {error} (byte 0)") from None
