import bz2
import gzip
import io
import lzma

import lz4.frame
import pytest

from pipeline.sources.decoders import MAGIC, Codec, find_codec, new_decoder, salvage

CONTENT = b"".join(b"%d:%d\n" % (i, i * i) for i in range(60_000))
STORED = {
    Codec.GZIP: gzip.compress(CONTENT),
    Codec.BZIP2: bz2.compress(CONTENT),
    Codec.XZ: lzma.compress(CONTENT),
    Codec.LZ4: lz4.frame.compress(CONTENT),
}


def test_codecs_are_told_by_their_first_bytes() -> None:
    assert [find_codec(magic + b"rest") for magic in MAGIC.values()] == list(MAGIC)
    assert find_codec(b"plain") is find_codec(b"") is None
    assert find_codec(b"\x5d\x2a\x4d\x18") is Codec.ZSTD


@pytest.mark.parametrize("codec", STORED)
def test_a_decoder_gives_bites_and_what_stands_behind_the_member(codec: Codec) -> None:
    decoder = new_decoder(codec)
    got = bytearray(decoder.decompress(STORED[codec] + b"behind", 1000))
    assert len(got) == 1000
    while not decoder.eof:
        piece = decoder.decompress(b"", 1000)
        assert len(piece) <= 1000
        got += piece
    assert got == CONTENT
    assert decoder.unused_data == b"behind"


@pytest.mark.parametrize("codec", STORED)
@pytest.mark.parametrize("known", [0, 1000])
def test_what_stands_before_a_defect_is_salvaged(codec: Codec, known: int) -> None:
    stored = b"before" + STORED[codec][:-3] + b"\xff" * 3  # a checksum, an end mark, an index
    end = len(stored)
    decoder = new_decoder(codec)
    got = salvage(decoder, io.BytesIO(stored), 6, end - 500, end, known)
    assert got == CONTENT[known:]
