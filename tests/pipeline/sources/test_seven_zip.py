import io
import lzma
import struct
import tracemalloc
import zlib

import py7zr
import pytest

from pipeline.sources.compression import Codec, Decompressed, UnfoldLimit, find_codec
from pipeline.sources.seven_zip import read_archive
from schemas.errors import RecordError
from tests.pipeline.sources.seven_zip_writer import FILTERS, LZMA, LZMA2, pack_7z

TEXT = b"".join(b"<line>%d of a dump: %d</line>\n" % (i, i * i * 7919) for i in range(60000))


def unfold(stored: bytes, limit: UnfoldLimit | None = None) -> tuple[bytes, str]:
    content = Decompressed(
        io.BytesIO(stored), find_codec(stored), **({"limit": limit} if limit else {})
    )
    parts = []
    while piece := content.read(1 << 16):
        parts.append(piece)
    assert content.read(10) == b"", "an end is an end"
    return b"".join(parts), str(content.failure or "")


@pytest.mark.parametrize("method", list(FILTERS))
def test_content_of_the_methods(method: str) -> None:
    stored = pack_7z(("a.xml", TEXT), filters=FILTERS[method])
    assert find_codec(stored) is Codec.SEVEN_ZIP
    assert unfold(stored) == (TEXT, "")


def test_files_follow_each_other() -> None:
    stored = pack_7z(("a.xml", TEXT), ("empty.xml", b""), ("b/c.xml", b"<end/>"))
    assert unfold(stored) == (TEXT + b"<end/>", "")


def test_packed_streams_follow_each_other() -> None:
    stored = pack_7z(("a.xml", TEXT), ("b.xml", b"<b/>"))
    stored = pack_7z(("c.xml", b"<c/>"), filters=FILTERS["stored"], behind=stored)
    assert len(read_archive(io.BytesIO(stored)).folders) == 2
    assert unfold(stored) == (TEXT + b"<b/><c/>", "")


def test_of_a_stackexchange_site_the_posts_are_read() -> None:
    stored = pack_7z(
        ("Badges.xml", b"<badges/>" * 9000), ("Posts.xml", TEXT), ("Votes.xml", b"<votes/>")
    )
    assert unfold(stored) == (TEXT, "")


@pytest.mark.parametrize(
    ("stored", "told"),
    [
        (pack_7z(("a.xml", TEXT), password="mill"), "an encrypted 7z archive"),
        (pack_7z(("a.xml", b"<a/>"), ("b.txt", b"b")), "2 files, and b.txt is no XML"),
        (pack_7z(), "without files"),
        (pack_7z(("a.xml", b"")), ""),
    ],
    ids=["encrypted", "mixed", "nothing", "empty"],
)
def test_an_archive_that_is_not_read_says_why(stored: bytes, told: str) -> None:
    text, failure = unfold(stored)
    assert text == b"" and told in failure


def test_an_encrypted_header() -> None:
    packed = io.BytesIO()
    with py7zr.SevenZipFile(packed, "w", password="mill", header_encryption=True) as archive:
        archive.writestr(TEXT, "a.xml")
    assert unfold(packed.getvalue()) == (b"", "an encrypted 7z archive (byte 0)")


@pytest.mark.parametrize("filters", [LZMA, LZMA2, FILTERS["BZip2"], FILTERS["stored"]])
def test_a_truncated_archive_gives_its_beginning(filters: list[dict[str, int]]) -> None:
    stored = pack_7z(("a.xml", TEXT), filters=filters)
    cut = len(stored) * 3 // 4
    text, failure = unfold(stored[:cut])
    assert TEXT.startswith(text) and len(text) > len(TEXT) // 3
    assert "ends in front of its header at byte" in failure and "volumes" in failure
    assert f"(byte {cut})" in failure


def test_a_broken_header_leaves_the_content() -> None:
    stored = bytearray(pack_7z(("a.xml", TEXT), filters=LZMA2))
    stored[-3] ^= 0xFF
    text, failure = unfold(bytes(stored))
    assert text == TEXT
    assert "a broken header" in failure and "(byte " in failure


@pytest.mark.parametrize("place", [8, 12, 20])
def test_a_broken_signature_leaves_the_content(place: int) -> None:
    stored = bytearray(pack_7z(("a.xml", TEXT), filters=LZMA2))
    stored[place : place + 8] = b"\xff" * 8
    text, failure = unfold(bytes(stored))
    assert text == TEXT and "header" in failure


def test_another_checksum_is_told_behind_the_content() -> None:
    # Stored content, so that nothing but the checksum can tell.
    stored = bytearray(pack_7z(("a.xml", TEXT), filters=FILTERS["stored"]))
    stored[32 + 5000] ^= 1
    text, failure = unfold(bytes(stored))
    assert len(text) == len(TEXT) and text != TEXT
    assert "the checksum of a.xml is another" in failure


def test_a_defect_in_a_stream_keeps_what_is_before_it() -> None:
    stored = bytearray(pack_7z(("a.xml", TEXT), filters=FILTERS["BZip2"]))
    middle = len(stored) // 2
    stored[middle : middle + 40] = b"\xff" * 40
    text, failure = unfold(bytes(stored))
    assert TEXT.startswith(text)
    assert "broken 7z member that starts at byte 32" in failure


def test_a_bomb_ends_at_the_limit() -> None:
    stored = pack_7z(("a.xml", b"<a>" + b" " * (20 << 20)))
    text, failure = unfold(stored, UnfoldLimit(ratio=100, free_bytes=1 << 20))
    assert 1 << 20 <= len(text) < 2 << 20
    assert "times their size, the limit is 100" in failure


def test_the_storage_may_fail() -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise RecordError("stands for what the storage raises")

    with pytest.raises(RecordError, match="stands for"):
        read_archive(Broken())


def _number(value: int) -> bytes:
    return b"\xff" + value.to_bytes(8, "little")


def _with_encoded_header(header: bytes, stated: int) -> bytes:
    """An archive of nothing but a header, packed, that is said to unfold to so many bytes."""
    packed = lzma.compress(
        header, lzma.FORMAT_RAW, filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 16}]
    )
    outer = b"\x17\x06" + _number(0) + b"\x01\x09" + _number(len(packed)) + b"\0"
    outer += b"\x07\x0b\x01\0\x01\x21\x21\x01\x08\x0c" + _number(stated) + b"\0\0"
    start = struct.pack("<QQI", len(packed), len(outer), zlib.crc32(outer))
    magic = b"7z\xbc\xaf\x27\x1c\0\x04" + struct.pack("<I", zlib.crc32(start))
    return magic + start + packed + outer


def test_a_header_that_would_fill_the_memory_is_refused() -> None:
    count = 400_000
    names = b"\x11" + _number(1 + 6 * count) + b"\0" + b"a\0b\0\0\0" * count
    header = b"\x01\x05" + _number(count) + names + b"\0\0"
    stored = _with_encoded_header(header, len(header))
    assert len(stored) < 1000
    tracemalloc.start()
    text, failure = unfold(stored)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert text == b"" and "a header of 2400" in failure and peak < 4 << 20
