import gzip
import io

from hypothesis import given
from hypothesis import strategies as st

from pipeline.sources import lines
from pipeline.sources.compression import Codec, Decompressed
from pipeline.sources.lines import iterate_lines


def read(content: bytes, max_bytes: int = 100) -> list[tuple[int, bytes, int]]:
    found = iterate_lines(Decompressed(io.BytesIO(content), None), max_bytes)
    return [(line.offset, line.bytes, line.size) for line in found]


def test_lines_come_with_their_offsets_and_blank_ones_are_passed_over() -> None:
    assert read(b"one\n\n  \r\ntwo") == [(0, b"one", 3), (9, b"two", 3)]


@given(st.lists(st.binary(max_size=30).filter(lambda line: b"\n" not in line)), st.integers(1, 40))
def test_any_chunking_gives_the_same_lines(pieces: list[bytes], chunk: int) -> None:
    content = b"\n".join(pieces)
    expected = []
    at = 0
    for piece in pieces:
        if piece.strip():
            expected.append((at, piece, len(piece)))
        at += len(piece) + 1
    usual, lines._CHUNK = lines._CHUNK, chunk
    try:
        assert read(content) == expected
    finally:
        lines._CHUNK = usual


def test_a_line_that_is_too_long_is_cut_and_the_next_is_found() -> None:
    content = b"x" * 1_000_000 + b"\nnext\n" + b"y" * 600_000
    found = read(content, max_bytes=1000)
    assert [(offset, len(line), size) for offset, line, size in found] == [
        (0, 1000, 1_000_000),
        (1_000_001, 4, 4),
        (1_000_006, 1000, 600_000),
    ]


def test_a_line_that_a_defect_cuts_is_incomplete() -> None:
    stored = gzip.compress(b"".join(b"line %d %d\n" % (i, i * i) for i in range(5000)))[:-300]
    *whole, last = iterate_lines(Decompressed(io.BytesIO(stored), Codec.GZIP), 100)
    assert whole and all(line.is_complete for line in whole)
    assert not last.is_complete
