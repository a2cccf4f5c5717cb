import gzip
import io
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from pipeline.sources import lines
from pipeline.sources.compression import Codec, Decompressed
from pipeline.sources.lines import Line, RereadLines, iterate_lines, iterate_span


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


def spans_of(content: bytes, cuts: list[int], max_bytes: int) -> list[Line]:
    bounds = [0, *sorted(min(cut, len(content)) for cut in cuts), len(content)]
    stored = io.BytesIO(content)
    return [line for span in pairwise(bounds) for line in iterate_span(stored, span, max_bytes)]


@given(
    st.lists(
        st.one_of(
            st.binary(max_size=12),
            st.sampled_from([b"", b" ", b"\r", b"line\r", b"\xef\xbb\xbfmarked", b"x" * 90]),
        ),
        max_size=12,
    ),
    st.lists(st.integers(0, 300), max_size=8),
    st.integers(1, 50),
)
def test_spans_hold_together_what_the_file_holds(
    pieces: list[bytes], cuts: list[int], chunk: int
) -> None:
    content = b"\n".join(pieces)
    usual, lines._CHUNK = lines._CHUNK, chunk
    try:
        whole = list(iterate_lines(Decompressed(io.BytesIO(content), None), 40))
        assert spans_of(content, cuts, 40) == whole
    finally:
        lines._CHUNK = usual


def test_a_line_over_many_spans_is_read_by_the_one_in_which_it_begins() -> None:
    content = b"first\n" + b"x" * 1_000_000 + b"\nlast"
    cuts = list(range(0, len(content), 10_000))
    found = spans_of(content, cuts, 1000)
    assert [(line.offset, len(line.bytes), line.size) for line in found] == [
        (0, 5, 5), (6, 1000, 1_000_000), (1_000_007, 4, 4),
    ]  # fmt: skip


def test_a_span_inside_a_line_reads_no_further() -> None:
    class Counted(io.BytesIO):
        asked = 0

        def read(self, size: int | None = -1) -> bytes:
            piece = super().read(size)
            self.asked += len(piece)
            return piece

    stored = Counted(b"x" * 1_000_000)
    assert list(iterate_span(stored, (100, 5000), 1000)) == []
    assert stored.asked <= 5000


@given(
    st.lists(st.integers(0, 12), max_size=40),
    st.lists(st.tuples(st.integers(1, 6), st.integers(0, 5)), max_size=30),
)
def test_lines_are_read_again_from_where_one_goes_back_to(
    sizes: list[int], steps: list[tuple[int, int]]
) -> None:
    content = b"".join(b"%d" % (n % 10) * size + b"\n" for n, size in enumerate(sizes))
    starts = [sum(sizes[:n]) + n for n in range(len(sizes))]
    plain = Decompressed(io.BytesIO(content), None)
    lines = RereadLines(iterate_lines(plain, 10, with_blank=True), 10)
    at = 0
    for count, back in steps:
        lines.forget()
        first = at
        for _ in range(count):
            line = lines.take()
            if at == len(sizes):
                assert line is None
                continue
            assert line is not None and line.offset == starts[at]
            assert line.size == sizes[at]
            if line.size > 10:
                lines.put_back(line)
                break
            at += 1
            assert lines.since(starts[first]) == content[starts[first] : starts[at - 1] + line.size]
        if 0 < back < at - first:
            at -= back
            lines.go_back(starts[at])
        if at < len(sizes) and sizes[at] > 10 and not back:
            assert lines.take() is not None
            at += 1
