"""Compressed dumps as streams of bytes that know where they broke.

The readers of the standard library stop in silence, or raise, somewhere past a defect. Here
everything before it is delivered, and the defect is kept with its offset in the stored file.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO

import zstandard

from pipeline.sources.decoders import (
    DEFECTS,
    MAGIC,
    Codec,
    Decoder,
    find_codec,
    new_decoder,
    salvage,
)
from pipeline.sources.resync import find_next_member
from pipeline.sources.seven_zip import Archive, read_archive
from pipeline.sources.seven_zip_stream import Folder
from pipeline.sources.zstd_frame import is_skippable, read_dictionary, skippable_size
from schemas.errors import RecordError

__all__ = ["MAGIC", "USUAL_LIMIT", "Codec", "Decompressed", "UnfoldLimit", "find_codec"]

_CHUNK = 1 << 16
_BITE = 1 << 18
_HEAD = 8
_PADDED = (Codec.GZIP, Codec.XZ)
"""Codecs whose members may have zeros behind them."""
_FRAMED = (Codec.ZSTD, Codec.LZ4)
"""Codecs that know skippable frames."""


@dataclass(frozen=True, slots=True)
class UnfoldLimit:
    """Where compressed content becomes a bomb: above ``free_bytes``, and above ``ratio`` times
    what is stored. Both hold for what was read so far and for each member."""

    ratio: int = 500
    """Full histories of wikis reach 200; gzip cannot pass 1,032, bzip2 reaches 1.4 million."""
    free_bytes: int = 256 << 20
    """So much may unfold from anything: a log of one line is no bomb."""

    def allows(self, unfolded: int, stored: int) -> bool:
        """Whether so many bytes may come from so many."""
        return unfolded <= max(self.free_bytes, self.ratio * stored)


USUAL_LIMIT = UnfoldLimit()


class Decompressed:
    """Content of a stored file, from one of its members (or, uncompressed, bytes) on.

    A gzip, zstd or bzip2 file is a row of members, each of which unfolds by itself; a 7z archive
    one of packed streams, and its content that of its files one after the other. ``read``
    never raises for bad content: it ends there, and ``failure`` says why and where.
    """

    def __init__(
        self,
        stored: BinaryIO,
        codec: Codec | None,
        start: int = 0,
        *,
        limit: UnfoldLimit = USUAL_LIMIT,
    ) -> None:
        self._stored = stored
        self._codec = codec
        self._start = start
        self._limit = limit
        self._next = start
        self._decoder: Decoder | None = None
        self._new_decoder: Callable[[], Decoder] | None = None
        self._dictionary: zstandard.ZstdCompressionDict | None = None
        self._archive: Archive | None = None
        self._folders: Iterator[Folder] = iter(())
        self._members = 0
        self._input = b""
        self._output = bytearray()
        self._delivered = 0
        self._unfolded = 0
        self._member_starts = [start]
        self._member_positions = [0]
        self._is_bomb = False
        self.failure: RecordError | None = None
        self.damaged_member: int | None = None
        """Stored offset of the member that was found to be broken, so that what it gave may be
        wrong; not of one that is only cut off."""

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

    def resume(self, most_bytes: int | None = None) -> bool:
        """Go on behind a defect with the next member that can be read, and forget the defect;
        false where there is none (within ``most_bytes`` as stored), or the content is a bomb."""
        if self.failure is None or self._is_bomb or self._codec in (None, Codec.SEVEN_ZIP):
            return False
        behind = self.failure.offset if self._decoder is None else self._member_starts[-1]
        factory = partial(new_decoder, self._codec, self._dictionary)
        at = find_next_member(self._stored, self._codec, behind + 1, factory, most_bytes)
        if at is None:
            return False
        self._next, self._input, self._decoder = at, b"", None
        self.failure = self.damaged_member = None
        return True

    def _read_plain(self, size: int) -> bytes:
        self._stored.seek(self._next)
        piece = self._stored.read(size)
        self._next += len(piece)
        self._delivered += len(piece)
        return piece

    def _unfold(self) -> bool:
        """Unfold some more; false at the end and at a defect."""
        if self.failure is not None or self._codec is None:
            return False
        if not self._input and (self._decoder is None or self._decoder.needs_input):
            self._refill()
            if not self._input:
                return self._end_of_file()
        if self._decoder is None:
            return self._begin_member()
        return self._feed() is not None

    def _refill(self, size: int = _CHUNK) -> None:
        self._stored.seek(self._next)
        more = self._stored.read(size)
        self._next += len(more)
        self._input += more

    def _end_of_file(self) -> bool:
        if self._decoder is None:
            return self._codec is Codec.SEVEN_ZIP and self._begin_folder()
        piece = self._feed()  # some decoders hold back more than they say
        if piece or self.failure is not None:
            return bool(piece)
        if self._archive is not None and self._archive.defect is not None:
            self.failure = self._archive.defect
            return False
        start = self._member_starts[-1]
        return self._fail(f"truncated {self._codec} member that starts at byte {start}", self._next)

    def _begin_member(self) -> bool:
        """Begin the next member, or pass over what may stand between two of them."""
        assert self._codec is not None
        if self._codec is Codec.SEVEN_ZIP:
            return self._begin_folder()
        if self._codec in _PADDED and self._members:
            self._input = self._input.lstrip(b"\0")
            if not self._input:
                return True
        start = self._next - len(self._input)
        if len(self._input) < _HEAD:
            self._refill(_HEAD - len(self._input))
        if self._codec in _FRAMED and is_skippable(self._input):
            return self._skip_frame(start)
        found = find_codec(self._input)
        if not self._members and self._codec in _FRAMED and found in _FRAMED:
            self._codec = found  # behind skippable frames only
        if self._members and found is not self._codec:
            return self._fail(f"no {self._codec} member, after valid ones", start)
        try:
            if self._codec is Codec.ZSTD and self._dictionary is None and not self._members:
                self._dictionary = read_dictionary(self._stored)
            self._new_decoder = partial(new_decoder, self._codec, self._dictionary)
            self._decoder = self._new_decoder()
        except RecordError as error:
            return self._fail(str(error), start)
        self._note_member(start)
        return True

    def _begin_folder(self) -> bool:
        """Begin the next packed stream of a 7z archive."""
        try:
            if self._archive is None:
                self._archive = read_archive(self._stored)
                self._folders = iter(self._archive.folders)
            folder = next(self._folders, None)
            if folder is None:
                self.failure = self._archive.defect
                return False
            self._new_decoder = folder.new_decoder
            self._decoder = self._new_decoder()
        except RecordError as error:
            self.failure = error
            return False
        self._next, self._input = folder.start, b""
        self._note_member(folder.start)
        return True

    def _note_member(self, start: int) -> None:
        if self._members:
            self._member_starts.append(start)
            self._member_positions.append(self._unfolded)
        else:
            self._member_starts[0] = start
        self._members += 1

    def _skip_frame(self, start: int) -> bool:
        if len(self._input) < _HEAD:
            return self._fail(f"truncated {self._codec} frame that starts at byte {start}", start)
        size = skippable_size(self._input)
        if size <= len(self._input):
            self._input = self._input[size:]
            return True
        # Its last byte is read, to see that it is there.
        self._next, self._input = start + size - 1, b""
        self._refill(1)
        if not self._input:
            return self._fail(f"truncated {self._codec} frame that starts at byte {start}", start)
        self._input = b""
        return True

    def _feed(self) -> bytes | None:
        """What came out of the decoder; ``None`` at a defect."""
        assert self._new_decoder is not None and self._decoder is not None
        try:
            piece = self._decoder.decompress(self._input, _BITE)
        except DEFECTS as error:
            at = self._next - len(self._input)
            start = self.damaged_member = self._member_starts[-1]
            known = self._unfolded - self._member_positions[-1]
            self._add(salvage(self._new_decoder(), self._stored, start, at, self._next, known))
            reason = (str(error).splitlines() or [type(error).__name__])[0]
            self._fail(f"broken {self._codec} member that starts at byte {start}: {reason}", at)
            return None
        self._input = b""
        self._add(piece)
        if self._decoder.eof:
            self._input = self._decoder.unused_data
            self._decoder = None
        return piece if self._is_within_limit() else None

    def _add(self, piece: bytes) -> None:
        self._output += self._archive.wanted(self._unfolded, piece) if self._archive else piece
        self._unfolded += len(piece)

    def _is_within_limit(self) -> bool:
        at = self._next - len(self._input)
        for start, position in (
            (self._start, 0),
            (self._member_starts[-1], self._member_positions[-1]),
        ):
            stored, unfolded = max(1, at - start), self._unfolded - position
            if not self._limit.allows(unfolded, stored):
                self._is_bomb = True
                return self._fail(
                    f"{stored} bytes of {self._codec} from byte {start} on unfold to more than "
                    f"{unfolded}: {unfolded // stored} times their size, the limit is "
                    f"{self._limit.ratio}",
                    at,
                )
        return True

    def _fail(self, message: str, offset: int) -> bool:
        self.failure = RecordError(f"{message} (byte {offset})", offset)
        return False
