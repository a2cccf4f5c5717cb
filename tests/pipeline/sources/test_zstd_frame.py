import io
import random

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from pipeline.sources.compression import Codec, Decompressed
from pipeline.sources.zstd_frame import ZstdFrame, is_skippable, read_dictionary, skippable_size
from schemas.errors import RecordError
from tests.pipeline.sources.warc_writer import http, record

_RANDOM = random.Random(7)
SAMPLES = [
    record(http(b"<html><p>%s</p>" % b" ".join(_RANDOM.choices([b"tea", b"salt", b"mill"], k=60))))
    for _ in range(300)
]
DICTIONARY = zstandard.train_dictionary(8 << 10, SAMPLES)


def framed(content: bytes) -> bytes:
    return b"\x5d\x2a\x4d\x18" + len(content).to_bytes(4, "little") + content


def with_dictionary(pieces: list[bytes]) -> bytes:
    compress = zstandard.ZstdCompressor(dict_data=DICTIONARY, write_checksum=True).compress
    return b"".join(map(compress, pieces))


@given(
    st.lists(st.tuples(st.integers(0, 255), st.integers(0, 300_000)), max_size=6),
    st.booleans(),
    st.booleans(),
    st.integers(1, 100_000),
    st.booleans(),
)
def test_a_frame_unfolds_block_by_block_to_what_was_compressed(
    runs: list[tuple[int, int]], has_checksum: bool, has_size: bool, step: int, is_flushed: bool
) -> None:
    pieces = [bytes([value]) * (size // 2) + random.Random(value).randbytes(size // 2)
              for value, size in runs]  # fmt: skip
    content = b"".join(pieces)
    compressor = zstandard.ZstdCompressor(
        write_checksum=has_checksum, write_content_size=has_size
    ).compressobj(size=len(content) if has_size else -1)
    stored = b""
    for piece in pieces:
        stored += compressor.compress(piece)
        if is_flushed:
            stored += compressor.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)
    stored += compressor.flush() + b"behind"
    frame = ZstdFrame()
    got, fed = [], 0
    while not frame.eof:
        if frame.needs_input:
            assert fed < len(stored)
            piece = frame.decompress(stored[fed : fed + step], -1)
            fed += step
        else:
            piece = frame.decompress(b"", -1)
        assert len(piece) <= 1 << 17
        got.append(piece)
    assert b"".join(got) == content
    assert frame.unused_data + stored[fed:] == b"behind"


def test_skippable_frames_are_told_apart() -> None:
    assert all(is_skippable(bytes([0x50 + n]) + b"\x2a\x4d\x18") for n in range(16))
    assert not is_skippable(b"\x60\x2a\x4d\x18")
    assert not is_skippable(b"\x50\x2a\x4d")
    assert skippable_size(framed(b"abc")) == 11


@pytest.mark.parametrize("is_compressed", [False, True])
def test_a_dictionary_in_the_first_frame_serves_all_frames(is_compressed: bool) -> None:
    dictionary = DICTIONARY.as_bytes()
    if is_compressed:
        dictionary = zstandard.ZstdCompressor().compress(dictionary)
    first = with_dictionary(SAMPLES[:5])
    stored = framed(dictionary) + first + with_dictionary(SAMPLES[5:9])
    content = Decompressed(io.BytesIO(stored), Codec.ZSTD)
    assert content.read() == b"".join(SAMPLES[:9])
    content.check()
    start = len(framed(dictionary))
    assert content.stored_offset(0) == start
    # Reading may begin at any frame: the dictionary is found all the same.
    later = Decompressed(io.BytesIO(stored), Codec.ZSTD, start=start + len(first))
    assert later.read() == b"".join(SAMPLES[5:9])


def test_frames_whose_dictionary_is_missing_are_told() -> None:
    content = Decompressed(io.BytesIO(with_dictionary(SAMPLES[:2])), Codec.ZSTD)
    assert content.read() == b""
    assert content.failure is not None
    assert content.failure.offset == 0


def test_a_dictionary_that_cannot_be_read_is_told() -> None:
    compressed = zstandard.ZstdCompressor().compress(DICTIONARY.as_bytes())
    for stored, reason in (
        (framed(DICTIONARY.as_bytes())[:-1], "truncated"),
        (framed(compressed[:-9]), "cut off"),
        (framed(compressed[:20] + b"\xff" * 200 + compressed[220:]), "broken"),
        (framed(DICTIONARY.as_bytes()[:8] + b"\xff" * 300 + DICTIONARY.as_bytes()[308:]), "broken"),
        (b"\x5d\x2a\x4d\x18\xff\xff\xff\x7f", "above the limit"),
        (framed(zstandard.ZstdCompressor().compress(bytes(70 << 20))), "above the limit"),
    ):
        with pytest.raises(RecordError, match=reason):
            read_dictionary(io.BytesIO(stored))
        content = Decompressed(io.BytesIO(stored + with_dictionary(SAMPLES[:2])), Codec.ZSTD)
        content.read()
        assert content.failure is not None, reason


def test_no_dictionary_is_no_defect() -> None:
    assert read_dictionary(io.BytesIO(with_dictionary(SAMPLES[:2]))) is None
    assert read_dictionary(io.BytesIO(b"")) is None
