"""Content in UTF-16 as a stream of UTF-8, so that its lines and values can be found as bytes."""

import codecs
import re
from typing import BinaryIO

from pipeline.sources.compression import USUAL_LIMIT, Codec, Decompressed, UnfoldLimit

_LONE_RETURN = re.compile(rb"\r(?!\n)")


class Transcoded(Decompressed):
    """Content of a stored file in UTF-8; positions are those in that. What is no UTF-16 becomes
    U+FFFD, and a byte order mark is left out."""

    def __init__(
        self,
        stored: BinaryIO,
        codec: Codec | None,
        encoding: str | None,
        *,
        limit: UnfoldLimit = USUAL_LIMIT,
    ) -> None:
        """``encoding``: Python's name of it; ``None`` leaves the content as it is."""
        super().__init__(stored, codec, limit=limit)
        self._to_text = codecs.getincrementaldecoder(encoding)("replace") if encoding else None
        self._is_at_start = True

    def read(self, size: int = -1) -> bytes:
        """Some of the content: about ``size`` bytes of it as it is stored; nothing only at the
        end."""
        piece = super().read(size)
        if self._to_text is None:
            return piece
        while True:
            text = self._to_text.decode(piece, final=not piece)
            if self._is_at_start and text:
                text = text.removeprefix("\ufeff")
                self._is_at_start = False
            if text or not piece:
                return text.encode("utf-8", "replace")
            piece = super().read(size)

    def resume(self, most_bytes: int | None = None) -> bool:
        """Go on behind a defect; half a character in front of it is given up."""
        if self._to_text is not None:
            self._to_text.reset()
        return super().resume(most_bytes)


class TextLines(Transcoded):
    """Content whose lines all end with LF or CR LF, at the offsets where they are stored."""

    def read(self, size: int = -1) -> bytes:
        """Up to ``size`` bytes, and more where a CR would be parted from its LF."""
        piece = super().read(size)
        while piece.endswith(b"\r") and (more := super().read(1)):
            piece += more
        return _LONE_RETURN.sub(b"\n", piece) if b"\r" in piece else piece
