import io
import struct
import zipfile

import pytest

from pipeline.sources.zip_directory import first_line, open_zip
from schemas.errors import RecordError


def pack(comment: bytes = b"") -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("a.txt", "words")
        archive.comment = comment
    return content.getvalue()


def in_zip64(length: int | None = None) -> bytes:
    """The same with its directory told in the records of zip64, and only there."""
    content = pack()
    directory = content.index(b"PK\x01\x02")
    end = content.index(b"PK\x05\x06")
    length = end - directory if length is None else length
    end_64 = struct.pack("<4sQ2H2I4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 1, 1, length, directory)
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, end, 1)
    last = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 1, 1, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    return content[:end] + end_64 + locator + last


def test_a_small_archive_is_opened() -> None:
    for content in (pack(), pack(b"a comment"), in_zip64()):
        with open_zip(io.BytesIO(content)) as archive:
            assert archive.read("a.txt") == b"words"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not a zip archive"),
        (b"PK\x03\x04 and no more", "not a zip archive, or one whose end is cut off"),
        (pack()[:-1], "whose end is cut off"),
        (pack().replace(b"PK\x01\x02", b"PK\x01\x09"), "broken zip archive"),
        (in_zip64(1 << 40), "a zip directory of 1099511627776 bytes is above the limit"),
    ],
)
def test_what_is_broken_or_too_large_is_told(content: bytes, message: str) -> None:
    with pytest.raises(RecordError, match=message):
        open_zip(io.BytesIO(content))


def test_an_error_is_one_line() -> None:
    assert first_line(ValueError("a\nb")) == "a"
    assert first_line(ValueError()) == "ValueError"
