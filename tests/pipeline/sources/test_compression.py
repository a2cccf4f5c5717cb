import bz2
import gzip
import io
import lzma
from collections.abc import Callable

import lz4.frame
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from pipeline.sources.compression import Codec, Decompressed, find_codec
from schemas.errors import RecordError

COMPRESS: dict[Codec, Callable[[bytes], bytes]] = {
    Codec.GZIP: gzip.compress,
    Codec.BZIP2: bz2.compress,
    Codec.ZSTD: zstandard.ZstdCompressor(write_checksum=True).compress,
    Codec.XZ: lzma.compress,
    Codec.LZ4: lambda data: lz4.frame.compress(data, content_checksum=True),
}
CODECS = pytest.mark.parametrize("codec", list(COMPRESS))
TEXT = b"".join(
    b"line %d of a dump, not too regular: %d\n" % (i, i * i * 7919) for i in range(9000)
)


def read_all(content: Decompressed, size: int = 1 << 16) -> bytes:
    parts = []
    while piece := content.read(size):
        parts.append(piece)
    return b"".join(parts)


@CODECS
@pytest.mark.parametrize("size", [1000, 1 << 16, -1])
def test_members_are_read_one_after_the_other(codec: Codec, size: int) -> None:
    compress = COMPRESS[codec]
    stored = compress(TEXT[:100]) + compress(b"") + compress(TEXT[100:])
    content = Decompressed(io.BytesIO(stored), find_codec(stored))
    assert read_all(content, size) == TEXT
    assert content.failure is None
    assert content.tell() == len(TEXT)


@CODECS
def test_a_truncated_file_gives_its_beginning_and_says_where_it_ends(codec: Codec) -> None:
    stored = COMPRESS[codec](TEXT)[:-50]
    content = Decompressed(io.BytesIO(stored), codec)
    got = read_all(content)
    assert TEXT.startswith(got)
    with pytest.raises(RecordError, match=f"truncated {codec.value}") as failure:
        content.check()
    assert failure.value.offset == len(stored)


@CODECS
def test_garbage_after_the_last_member_is_told(codec: Codec) -> None:
    stored = COMPRESS[codec](TEXT)
    content = Decompressed(io.BytesIO(stored + b"garbage"), codec)
    assert read_all(content) == TEXT
    assert content.failure is not None
    assert content.failure.offset == len(stored)


@CODECS
def test_a_damaged_byte_is_told(codec: Codec) -> None:
    stored = bytearray(COMPRESS[codec](TEXT))
    stored[len(stored) // 2] ^= 0xFF
    content = Decompressed(io.BytesIO(bytes(stored)), codec)
    got = read_all(content)
    assert content.failure is not None
    assert got != TEXT or codec is Codec.GZIP  # gzip finds out at its checksum, at the end


def test_zeros_after_gzip_are_padding() -> None:
    content = Decompressed(io.BytesIO(gzip.compress(TEXT) + b"\0" * 200_000), Codec.GZIP)
    assert read_all(content) == TEXT
    assert content.failure is None


def test_a_zstd_window_of_two_gibibytes_is_read() -> None:
    parameters = zstandard.ZstdCompressionParameters(
        window_log=31, enable_ldm=False, hash_log=10, chain_log=10, write_content_size=False
    )
    # Streaming, with no size known ahead, keeps the window in the header.
    compressor = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    stored = compressor.compress(b"comment\n") + compressor.flush()
    assert read_all(Decompressed(io.BytesIO(stored), find_codec(stored))) == b"comment\n"


def test_a_skippable_frame_is_zstd() -> None:
    stored = b"\x50\x2a\x4d\x18\x04\0\0\0info" + COMPRESS[Codec.ZSTD](b"text")
    assert find_codec(stored) is Codec.ZSTD
    assert read_all(Decompressed(io.BytesIO(stored), Codec.ZSTD)) == b"text"


def test_positions_lead_to_the_member_that_holds_them() -> None:
    pieces = [b"a" * 10, b"b" * 20, b"c" * 30]
    packed = [gzip.compress(piece, mtime=0) for piece in pieces]
    content = Decompressed(io.BytesIO(b"".join(packed)), Codec.GZIP)
    content.read()
    second, third = len(packed[0]), len(packed[0]) + len(packed[1])
    assert [content.stored_offset(at) for at in (0, 9, 10, 29, 30)] == [0, 0, second, second, third]
    assert content.next_member(0) == (10, second)
    assert content.next_member(30) is None
    again = Decompressed(io.BytesIO(b"".join(packed)), Codec.GZIP, start=second)
    assert again.read() == b"b" * 20 + b"c" * 30


@given(st.lists(st.binary(max_size=200), max_size=6), st.integers(1, 50), st.sampled_from(Codec))
def test_content_does_not_depend_on_members_or_reads(
    pieces: list[bytes], size: int, codec: Codec
) -> None:
    stored = b"".join(COMPRESS[codec](piece) for piece in pieces)
    content = Decompressed(io.BytesIO(stored), codec)
    assert read_all(content, size) == b"".join(pieces)
    assert content.failure is None


def test_a_bomb_unfolds_piece_by_piece() -> None:
    zeros = zstandard.ZstdCompressor().compress(b"\0" * (64 << 20))
    content = Decompressed(io.BytesIO(zeros), Codec.ZSTD)
    assert len(content.read(1000)) == 1000
    assert content.failure is None
