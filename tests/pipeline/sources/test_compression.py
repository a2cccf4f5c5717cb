import bz2
import contextlib
import gzip
import io
import lzma
import random
import tracemalloc
import zlib
from collections.abc import Callable

import lz4.frame
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from pipeline.sources.compression import Codec, Decompressed, UnfoldLimit, find_codec
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


@given(
    st.lists(st.binary(max_size=200), max_size=6),
    st.integers(1, 50),
    st.sampled_from(list(COMPRESS)),
)
def test_content_does_not_depend_on_members_or_reads(
    pieces: list[bytes], size: int, codec: Codec
) -> None:
    stored = b"".join(COMPRESS[codec](piece) for piece in pieces)
    content = Decompressed(io.BytesIO(stored), codec)
    assert read_all(content, size) == b"".join(pieces)
    assert content.failure is None


@pytest.mark.parametrize("codec", [Codec.ZSTD, Codec.LZ4])
def test_skippable_frames_stand_anywhere(codec: Codec) -> None:
    skipped = b"\x5f\x2a\x4d\x18" + (100_000).to_bytes(4, "little") + b"\x04" * 100_000
    empty = b"\x50\x2a\x4d\x18\0\0\0\0"
    first, second = COMPRESS[codec](b"first,"), COMPRESS[codec](b"second")
    stored = empty + skipped + first + empty + skipped + second + empty
    content = Decompressed(io.BytesIO(stored), find_codec(stored))
    assert read_all(content) == b"first,second"
    content.check()
    start = stored.index(first)
    assert content.stored_offset(0) == start
    assert content.next_member(0) == (6, stored.index(second))


@pytest.mark.parametrize("codec", [Codec.ZSTD, Codec.LZ4])
@pytest.mark.parametrize("length", [3, 6, 8, 100_000])
def test_a_skippable_frame_that_is_cut_off_is_told(codec: Codec, length: int) -> None:
    skipped = b"\x5f\x2a\x4d\x18" + (100_001).to_bytes(4, "little") + b"\x04" * 100_000
    first = COMPRESS[codec](b"first")
    content = Decompressed(io.BytesIO(first + skipped[:length]), codec)
    assert read_all(content) == b"first"
    assert content.failure is not None
    assert content.failure.offset == len(first)


def test_zeros_between_and_behind_xz_streams_are_padding() -> None:
    stored = lzma.compress(TEXT) + b"\0" * 100_000 + lzma.compress(TEXT) + b"\0" * 8
    content = Decompressed(io.BytesIO(stored), Codec.XZ)
    assert read_all(content) == TEXT * 2
    content.check()


def test_an_xz_stream_that_wants_more_memory_than_is_allowed_is_told() -> None:
    stored = bytearray(lzma.compress(b"text", check=lzma.CHECK_NONE))
    # The properties of LZMA2 are one byte: the size of its dictionary, here 4 GiB - 1.
    at = stored.index(b"\x21\x01") + 2
    stored[at] = 40
    stored[20:24] = zlib.crc32(stored[12:20]).to_bytes(4, "little")
    content = Decompressed(io.BytesIO(bytes(stored)), Codec.XZ)
    assert read_all(content) == b""
    with pytest.raises(RecordError, match="Memory usage limit"):
        content.check()


@CODECS
def test_what_stands_before_a_damage_is_delivered(codec: Codec) -> None:
    """The libraries throw away what the failing call had unfolded already."""
    text = b"".join(b"%d %x\n" % (i * 7919 % 10007, i * i) for i in range(200_000))
    stored = bytearray(COMPRESS[codec](text))
    damaged = len(stored) * 3 // 4
    stored[damaged : damaged + 64] = b"\xff" * 64
    content = Decompressed(io.BytesIO(bytes(stored)), codec)
    got = read_all(content)
    assert content.failure is not None
    # Whole blocks before the damage: of 900,000 bytes with bzip2, of less with the others.
    whole = int(len(text) * 0.7) - 900_000
    assert got[:whole] == text[:whole]
    if codec in (Codec.GZIP, Codec.XZ):
        naive = _byte_by_byte(codec, bytes(stored))
        assert got == naive


def _byte_by_byte(codec: Codec, stored: bytes) -> bytes:
    decoder = zlib.decompressobj(wbits=31) if codec is Codec.GZIP else lzma.LZMADecompressor()
    got = bytearray()
    with contextlib.suppress(zlib.error, lzma.LZMAError):
        for at in range(len(stored)):
            got += decoder.decompress(stored[at : at + 1])
    return bytes(got)


@CODECS
def test_a_cut_gives_all_that_the_rest_unfolds_to(codec: Codec) -> None:
    # Much unfolds from the last bytes, so that the decoder holds some back when they are read.
    text = bytes(3_000_000) + TEXT
    stored = COMPRESS[codec](text)
    whole = Decompressed(io.BytesIO(stored[:-1]), codec)
    got = read_all(whole)
    # The last byte belongs to a checksum or an index: all blocks are there.
    assert got == text
    assert whole.failure is not None


@CODECS
def test_a_bomb_is_read_up_to_the_limit_and_told(codec: Codec) -> None:
    stored = COMPRESS[codec](TEXT) + COMPRESS[codec](bytes(20_000_000))
    limit = UnfoldLimit(ratio=100, free_bytes=4_000_000)
    content = Decompressed(io.BytesIO(stored), codec, limit=limit)
    got = read_all(content)
    assert got.startswith(TEXT)
    assert 4_000_000 < len(got) - len(TEXT) < 12_000_000
    with pytest.raises(RecordError, match=r"times their size, the limit is 100 \(byte \d+\)"):
        content.check()


@CODECS
def test_what_unfolds_to_less_than_is_free_is_no_bomb(codec: Codec) -> None:
    stored = COMPRESS[codec](bytes(3_000_000))
    limit = UnfoldLimit(ratio=2, free_bytes=3_000_000)
    content = Decompressed(io.BytesIO(stored), codec, limit=limit)
    assert read_all(content) == bytes(3_000_000)
    content.check()


def test_a_bomb_behind_much_honest_content_is_told() -> None:
    honest = random.Random(1).randbytes(1_000_000)
    stored = gzip.compress(honest) + gzip.compress(bytes(20_000_000))
    limit = UnfoldLimit(ratio=100, free_bytes=1_000_000)  # of the whole file it is 20 times
    content = Decompressed(io.BytesIO(stored), Codec.GZIP, limit=limit)
    assert len(read_all(content)) < 4_000_000
    assert content.failure is not None


@CODECS
def test_many_small_members_are_a_bomb_together(codec: Codec) -> None:
    stored = COMPRESS[codec](bytes(400_000)) * 20
    limit = UnfoldLimit(ratio=50, free_bytes=1_000_000)
    content = Decompressed(io.BytesIO(stored), codec, limit=limit)
    assert len(read_all(content)) < 2_000_000
    assert content.failure is not None


@CODECS
def test_one_bite_of_a_bomb_takes_little_memory(codec: Codec) -> None:
    stored = io.BytesIO(COMPRESS[codec](bytes(64 << 20)))
    tracemalloc.start()
    try:
        content = Decompressed(stored, codec)
        assert len(content.read(1000)) == 1000
        assert tracemalloc.get_traced_memory()[1] < 16 << 20  # xz has 8 MiB of history
    finally:
        tracemalloc.stop()
