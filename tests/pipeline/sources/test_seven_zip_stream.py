import lzma
import tracemalloc
import zlib

import pytest

from pipeline.sources.seven_zip_stream import ArchivedFile, Folder, Method
from schemas.errors import RecordError

TEXT = b"a line of a dump\n" * 1000
FILTERS = [{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 16}]
WINDOW = b"\x08"  # 64 KiB


def folder(packed: bytes, *files: ArchivedFile, method: bytes = Method.LZMA2) -> Folder:
    return Folder(32, len(packed), method, WINDOW if method == Method.LZMA2 else b"", files)


def file(content: bytes, name: str = "a.xml") -> ArchivedFile:
    return ArchivedFile(name, len(content), zlib.crc32(content))


def pack(content: bytes) -> bytes:
    return lzma.compress(content, lzma.FORMAT_RAW, filters=FILTERS)


def test_bites_end_where_the_header_says() -> None:
    packed = pack(TEXT)
    decoder = folder(packed, file(TEXT[:500]), file(TEXT[500:])).new_decoder()
    found = b""
    data = packed + b"what stands behind it"
    while not decoder.eof:
        piece = decoder.decompress(data, 700)
        assert len(piece) <= 700
        found, data = found + piece, b""
    assert found == TEXT and decoder.unused_data == b""


def test_a_stream_that_is_too_short_is_a_defect() -> None:
    packed = pack(TEXT[:-100])
    decoder = folder(packed, file(TEXT)).new_decoder()
    assert decoder.decompress(packed, 1 << 20) == TEXT[:-100]
    with pytest.raises(EOFError, match="less in it than its header says"):
        decoder.decompress(b"", 1 << 20)


def test_a_wrong_checksum_comes_behind_the_content() -> None:
    packed = pack(TEXT)
    wrong = ArchivedFile("w.xml", 500, 1)
    decoder = folder(packed, wrong, file(TEXT[500:])).new_decoder()
    assert decoder.decompress(packed, 1 << 20) == TEXT[:500]
    assert not decoder.eof and not decoder.needs_input
    with pytest.raises(lzma.LZMAError, match=r"checksum of w\.xml"):
        decoder.decompress(b"", 1 << 20)


@pytest.mark.parametrize(
    ("method", "properties", "told"),
    [
        (b"\x03\x04\x01", b"", "7z method PPMd is not supported"),
        (b"\x7f\x7f", b"", "7z method 7f7f is not supported"),
        (Method.LZMA2, b"\x28", "wants 4294967296 bytes of memory"),  # 40, which stands for 4 GiB
        (Method.LZMA, b"\xff\0\0\0\x01", "wrong parameters"),
        (Method.LZMA, b"", "not supported"),
    ],
)
def test_what_is_not_read_is_refused(method: bytes, properties: bytes, told: str) -> None:
    with pytest.raises(RecordError, match=told):
        Folder(32, 10, method, properties, ()).new_decoder()


def test_memory_does_not_depend_on_the_content() -> None:
    size = 64 << 20
    packed = pack(b"\0" * size)
    decoder = folder(packed, ArchivedFile("a", size, None)).new_decoder()
    tracemalloc.start()
    found = 0
    data = packed
    while not decoder.eof:
        found += len(decoder.decompress(data, 1 << 16))
        data = b""
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found == size and peak < 1 << 20
