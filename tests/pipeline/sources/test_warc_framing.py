import gzip
import io
import zlib
from collections.abc import Callable
from pathlib import Path

import lz4.frame
import pytest
import zstandard
from fastwarc.warc import ArchiveIterator
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.sources.warc_framing import Defect, WarcBlock, iterate_records
from tests.pipeline.sources.warc_writer import http, members, naive_offsets, record

RECORDS = [
    record(b"software: test\r\n", "warcinfo", None, 0),
    record(b"GET / HTTP/1.1\r\n\r\n", "request", number=1),
    record(http(), number=2),
    record(http(b"<p>" + b"more text " * 400), number=3),
    record(b"fetchTimeMs: 1\r\n", "metadata", number=4),
]
PLAIN = b"".join(RECORDS)
STARTS = [sum(map(len, RECORDS[:i])) for i in range(len(RECORDS))]


def read(content: bytes, max_bytes: int = 1 << 20) -> list[WarcBlock | Defect]:
    found = list(iterate_records(io.BytesIO(content), max_bytes))
    offsets = [each.offset for each in found]
    assert offsets == sorted(set(offsets)), "offsets must grow"
    return found


def kinds(found: list[WarcBlock | Defect]) -> list[str]:
    return [each.type if isinstance(each, WarcBlock) else "defect" for each in found]


WHOLE = ["warcinfo", "request", "response", "response", "metadata"]


def test_offsets_are_those_of_a_naive_parser() -> None:
    assert [each.offset for each in read(PLAIN)] == naive_offsets(PLAIN) == STARTS
    assert kinds(read(PLAIN)) == WHOLE


def test_offsets_of_compressed_records_are_where_their_members_start() -> None:
    stored = members(RECORDS)
    found = read(stored)
    assert kinds(found) == WHOLE
    for each, expected in zip(found, RECORDS, strict=True):
        member = io.BytesIO(stored[each.offset :])
        assert gzip.GzipFile(fileobj=member).read(len(expected)) == expected


def test_one_member_around_all_records_keeps_offsets_apart() -> None:
    assert kinds(read(gzip.compress(PLAIN))) == WHOLE


@pytest.mark.parametrize("compress", [zstandard.compress, lz4.frame.compress])
def test_zstd_and_lz4_are_read_too(compress: Callable[[bytes], bytes]) -> None:
    assert kinds(read(b"".join(map(compress, RECORDS)))) == WHOLE


@pytest.mark.parametrize("cut", range(1, len(PLAIN), 37))
def test_wherever_a_file_is_cut_what_is_whole_stands_and_one_defect_tells(cut: int) -> None:
    found = read(PLAIN[:cut])
    body_ends = [start + len(each) - 4 for start, each in zip(STARTS, RECORDS, strict=True)]
    whole = sum(end <= cut for end in body_ends)
    # Between two records nothing is missing; inside one, exactly one row says so.
    inside = not any(end <= cut <= end + 4 for end in body_ends)
    assert kinds(found) == WHOLE[:whole] + ["defect"] * inside
    if inside:
        assert f"byte {STARTS[whole]}" in found[-1].message or "byte" in found[-1].message


@pytest.mark.parametrize("cut", range(1, len(members(RECORDS)), 23))
def test_wherever_a_gzip_file_is_cut_one_defect_tells(cut: int) -> None:
    stored = members(RECORDS)
    ends = [sum(len(gzip.compress(r, mtime=0)) for r in RECORDS[: i + 1]) for i in range(5)]
    found = read(stored[:cut])
    whole = sum(end <= cut for end in ends)
    if cut in ends:
        assert kinds(found) == WHOLE[:whole]
    else:
        assert kinds(found).count("defect") == 1
        # The record may be whole although the checksum behind it is not.
        assert kinds(found)[:-1] in (WHOLE[:whole], WHOLE[: whole + 1])


@pytest.mark.parametrize("is_packed", [True, False])
def test_a_file_cut_in_the_headers_of_a_record_says_so(is_packed: bool) -> None:
    """Also in front of Content-Length, and within its number."""
    last = RECORDS[-1]
    for end in (40, last.index(b"Content-Length") + 3, last.index(b"\r\nWARC-Target-URI") - 1):
        if is_packed:
            start = len(members(RECORDS[:-1]))
            packer = zlib.compressobj(wbits=31)
            piece = packer.compress(last[:end]) + packer.flush(zlib.Z_SYNC_FLUSH)
            content = members(RECORDS[:-1]) + piece
            reason = f"truncated gzip member that starts at byte {start} (byte {len(content)})"
        else:
            start, content, reason = STARTS[-1], PLAIN[: STARTS[-1] + end], "the file ends"
        found = read(content)
        assert kinds(found) == [*WHOLE[:-1], "defect"]
        assert found[-1] == Defect(
            start, f"truncated record: it breaks off in its headers (byte {start}); {reason}"
        )


def test_behind_a_damaged_member_reading_goes_on() -> None:
    packed = [gzip.compress(each, mtime=0) for each in RECORDS]
    packed[2] = packed[2][:60] + b"\xff" * 20 + packed[2][80:]
    found = read(b"".join(packed))
    assert kinds(found) == ["warcinfo", "request", "defect", "response", "metadata"]
    assert found[2].offset >= len(packed[0]) + len(packed[1])


def test_a_wrong_length_costs_one_record_and_no_other() -> None:
    for wrong in (len(http()) - 3, len(http()) + 30):
        records = [*RECORDS]
        records[2] = record(http(), number=2, length=wrong)
        found = read(b"".join(records))
        assert kinds(found) == ["warcinfo", "request", "defect", "response", "metadata"]
        assert "Content-Length" in found[2].message


@pytest.mark.parametrize("junk", [b"junk junk\r\n\r\n", b"\0" * 100, b"about WARC/1.0 files", b"x"])
def test_junk_between_records_costs_none_of_them(junk: bytes) -> None:
    found = read(RECORDS[2] + junk + b"".join(RECORDS[3:]))
    assert kinds(found) == ["response", "defect", "response", "metadata"]
    assert isinstance(found[0], WarcBlock) and found[0].block == http()
    end = len(RECORDS[2])
    assert found[1] == Defect(end, f"{len(junk)} bytes that are no record (byte {end})")
    assert found[2].offset == len(RECORDS[2] + junk)
    packed = members([RECORDS[2] + junk, *RECORDS[3:]])
    assert kinds(read(packed)) == ["response", "defect", "response", "metadata"]


def test_a_length_that_ends_with_the_http_head_is_wrong() -> None:
    short = record(http(), number=2, length=http().index(b"\r\n\r\n"))
    assert kinds(read(short + RECORDS[3])) == ["defect", "response"]


def test_a_record_is_found_across_the_pieces_that_are_searched(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    content = RECORDS[2] + b"junk" + RECORDS[3]
    for size in range(1, 24):
        monkeypatch.setattr("pipeline.sources.warc_framing._SEARCH_CHUNK", size)
        assert kinds(read(content)) == ["response", "defect", "response"]


def test_garbage_at_the_end_leaves_the_records() -> None:
    assert kinds(read(PLAIN + b"garbage")) == [*WHOLE, "defect"]
    assert kinds(read(members(RECORDS) + b"garbage")) == [*WHOLE, "defect"]


def test_what_is_no_warc_is_one_defect() -> None:
    for content in (b"", b"hello\n", gzip.compress(b"hello"), b"\r\n\r\n"):
        assert kinds(read(content)) == ["defect"], content


def test_long_blocks_are_cut_but_counted() -> None:
    found = read(PLAIN, max_bytes=1000)
    assert isinstance(found[3], WarcBlock)
    assert len(found[3].block) == 1000
    assert found[3].content_length > 4000
    assert kinds(found) == WHOLE


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_damage_ends_in_rows(data: st.DataObject) -> None:
    stored = bytearray(data.draw(st.sampled_from([PLAIN, members(RECORDS)])))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(stored) - 1))
        stored[at] = data.draw(st.integers(0, 255))
    assert read(bytes(stored))


@pytest.mark.shared
def test_counts_of_the_real_crawls_equal_fastwarcs(shared_data: Path) -> None:
    compared = 0
    for path in sorted(shared_data.glob("warc/**/*.warc*")):
        content = path.read_bytes()
        found = read(content)
        if any(isinstance(each, Defect) for each in found):
            continue
        with path.open("rb") as stream:
            expected = sum(1 for _ in ArchiveIterator(stream, parse_http=False))
        assert len(found) == expected, path.name
        compared += 1
    assert compared > 40


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "records", "defects"),
    [
        ("chatnoir-resiliparse/clipped.warc.gz", 0, 1),
        ("warcio/example-trunc.warc", 3, 1),
        ("warcio.js/example-bad-length.warc", 5, 1),
        ("pywb/example.warc", 5, 1),
        ("pywb/missing-status-text.warc", 0, 1),
        ("warcio/example-bad-non-chunked.warc.gz", 6, 0),
        ("warcio/example-bad.warc.gz.bad", 6, 0),
        ("warcio/example-wrong-chunks.warc.gz", 2, 0),
    ],
)
def test_the_broken_files_of_the_shared_data(
    shared_data: Path, name: str, records: int, defects: int
) -> None:
    found = kinds(read((shared_data / "warc" / name).read_bytes()))
    assert (len(found) - found.count("defect"), found.count("defect")) == (records, defects)


@given(st.lists(st.booleans(), min_size=1, max_size=9))
def test_records_may_be_stored_either_way_in_one_file(compressed: list[bool]) -> None:
    records = [record(http(b"<p>" + b"word " * n), number=n) for n in range(len(compressed))]
    stored = [
        gzip.compress(each, mtime=0) if packed else each
        for each, packed in zip(records, compressed, strict=True)
    ]
    found = read(b"".join(stored))
    assert [each.offset for each in found] == [
        sum(map(len, stored[:n])) for n in range(len(stored))
    ]
    assert kinds(found) == ["response"] * len(stored)


def test_a_gzip_body_behind_a_record_is_no_record() -> None:
    plain = record(http(), number=1)
    found = read(plain + gzip.compress(b"no record") + record(http(), number=2))
    assert kinds(found) == ["response", "defect", "response"]
