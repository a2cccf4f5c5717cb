import gzip
import io

import pytest

from pipeline.sources.compression import Codec
from pipeline.sources.transcoded import Transcoded

TEXT = "茶, tea 🍵\n" * 300


def read_all(content: Transcoded, size: int) -> bytes:
    return b"".join(iter(lambda: content.read(size), b""))


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("size", [1, 3, 1000, -1])
def test_utf_16_becomes_utf_8(encoding: str, size: int) -> None:
    for mark in ("", "\ufeff"):
        stored = (mark + TEXT).encode(encoding)
        assert read_all(Transcoded(io.BytesIO(stored), None, encoding), size) == TEXT.encode()
        packed = io.BytesIO(gzip.compress(stored))
        assert read_all(Transcoded(packed, Codec.GZIP, encoding), size) == TEXT.encode()


def test_other_content_stays_as_it_is() -> None:
    stored = b"\xef\xbb\xbf\xff\x00 a"
    assert read_all(Transcoded(io.BytesIO(stored), None, None), 2) == stored


def test_what_is_no_utf_16_is_replaced() -> None:
    content = Transcoded(io.BytesIO(b"a\0\x00\xd8b\0c"), None, "utf-16-le")
    assert read_all(content, 2).decode() == "a\ufffdb\ufffd"


def test_a_break_is_told() -> None:
    packed = gzip.compress(TEXT.encode("utf-16-le"))[:-20]
    content = Transcoded(io.BytesIO(packed), Codec.GZIP, "utf-16-le")
    assert TEXT.startswith(read_all(content, 100).decode()[:-1])
    assert "truncated gzip" in str(content.failure)


def test_half_a_character_in_front_of_a_break_is_given_up() -> None:
    first, second = "茶, 茶".encode("utf-16-le"), "水".encode("utf-16-le")
    # A member that ends in the middle of a character, junk, and another one.
    data = gzip.compress(first[:-1]) + b"junk" * 9 + gzip.compress(second)
    content = Transcoded(io.BytesIO(data), Codec.GZIP, "utf-16-le")
    assert read_all(content, 99) == "茶, \ufffd".encode() and content.failure is not None
    assert content.resume()
    assert read_all(content, 99) == "水".encode() and content.failure is None
