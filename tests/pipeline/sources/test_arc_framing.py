import gzip
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.sources.arc_framing import iterate_arc_records
from pipeline.sources.warc_framing import Defect, WarcBlock
from tests.pipeline.sources.conftest import ReadDump, rows_of, state
from tests.pipeline.sources.warc_writer import http, members

FILE_BLOCK = b"1 1 crawler\nURL IP-address Archive-date Content-type Archive-length\n"
PAGE = "http://example.org/tea"


def arc(
    block: bytes, url: str = PAGE, length: int | None = None, middle: str = "text/html"
) -> bytes:
    size = len(block) if length is None else length
    return f"{url} 93.184.216.119 20140216050221 {middle} {size}\n".encode() + block + b"\n"


def read(content: bytes, max_bytes: int = 1 << 20) -> list[WarcBlock | Defect]:
    found = list(iterate_arc_records(io.BytesIO(content), max_bytes))
    offsets = [each.offset for each in found]
    assert offsets == sorted(set(offsets)), "offsets grow strictly"
    assert found
    return found


def urls(found: list[WarcBlock | Defect]) -> list[str]:
    return [
        "defect" if isinstance(each, Defect) else each.headers["warc-target-uri"] for each in found
    ]


START = arc(FILE_BLOCK, "filedesc://a.arc", middle="text/plain")
RECORDS = [START, *(arc(http(b"words\n\nmore"), f"http://example.org/{i}") for i in range(3))]
URLS = ["filedesc://a.arc", *(f"http://example.org/{i}" for i in range(3))]


def test_pages_are_those_of_a_warc(read_dump: ReadDump) -> None:
    dns = arc(b"20140216050221\n", "dns:example.org", middle="text/dns")
    for name, content in (
        ("a.arc", START + arc(http()) + dns),
        ("b.arc.gz", members([START, arc(http()), dns])),
        ("c", gzip.compress(START + arc(http()) + dns)),
    ):
        rows = [row for row in read_dump(name, content) if row["source_file"] == name]
        assert [state(row) for row in rows] == ["record_type", "text", "record_type"]
        assert rows[1]["source_key"] == f"{PAGE} 2014-02-16T05:02:21Z"
        assert (rows[1]["url"], rows[1]["title"], rows[1]["format"]) == (PAGE, "Tea", "warc")
        assert rows[1]["text"].removeprefix("Tea\n\n").startswith("Pour hot water")


def test_offsets_are_where_records_or_their_members_start() -> None:
    found = read(b"".join(RECORDS))
    assert urls(found) == URLS
    assert [each.offset for each in found] == [0, *(len(b"".join(RECORDS[:n])) for n in (1, 2, 3))]
    packed = [gzip.compress(each, mtime=0) for each in RECORDS]
    found = read(b"".join(packed))
    assert [each.offset for each in found] == [0, *(len(b"".join(packed[:n])) for n in (1, 2, 3))]
    assert [each.offset for each in read(gzip.compress(b"".join(RECORDS)))] == [0, 1, 2, 3]


@pytest.mark.parametrize("wrong", [3, 20, 100, 1 << 40])
def test_a_wrong_length_costs_one_record_and_no_other(wrong: int) -> None:
    bad = arc(http(b"words"), "http://bad/", length=wrong)
    for content in (START + bad + b"".join(RECORDS[1:]), members([START, bad, *RECORDS[1:]])):
        assert urls(read(content)) == [URLS[0], "defect", *URLS[1:]]


def test_lengths_that_are_none_cost_their_record() -> None:
    for length in ("-1", "abc", "٣", "9" * 30):
        bad = f"http://bad/ 1.2.3.4 20140216050221 text/html {length}\nhello\n".encode()
        assert urls(read(START + bad + RECORDS[1])) == [URLS[0], "defect", URLS[1]]


def test_garbage_at_the_end_leaves_the_records() -> None:
    assert urls(read(b"".join(RECORDS) + b"no record at all")) == [*URLS, "defect"]
    found = read(members(RECORDS) + b"no member at all")
    assert urls(found) == [*URLS, "defect"]
    assert isinstance(found[-1], Defect) and "no gzip member" in found[-1].message


def test_behind_a_damaged_member_reading_goes_on() -> None:
    packed = [gzip.compress(each, mtime=0) for each in RECORDS]
    packed[1] = packed[1][:20] + b"\xff" * 10 + packed[1][30:]
    assert urls(read(b"".join(packed))) == [URLS[0], "defect", *URLS[2:]]


@given(cut=st.integers(1, len(b"".join(RECORDS)) - 1))
def test_wherever_a_file_is_cut_what_is_whole_stands(cut: int) -> None:
    content = b"".join(RECORDS)[:cut]
    found = read(content)
    # The last line end may be missing; all before it is whole.
    ends = [len(b"".join(RECORDS[: n + 1])) - 1 for n in range(len(RECORDS))]
    whole = sum(end <= cut for end in ends)
    assert urls(found)[:whole] == URLS[:whole]
    assert set(urls(found)[whole:]) <= {"defect"}
    assert len(found) - whole == (cut not in (*ends, *(end + 1 for end in ends)))


def test_long_blocks_are_cut_but_counted() -> None:
    (_, page, after) = read(START + arc(b"x" * 5000) + RECORDS[1], max_bytes=1000)
    assert isinstance(page, WarcBlock)
    assert (len(page.block), page.content_length) == (1000, 5000)
    assert urls([after]) == [URLS[1]]


def test_what_is_no_arc_is_one_defect() -> None:
    for content in (b"hello", b"\0" * 100_000, b"x" * 100_000, b"a\n" * 100_000):
        (defect,) = read(content)
        assert isinstance(defect, Defect) and defect.offset == 0


@given(st.data())
def test_any_damage_ends_in_rows(data: st.DataObject) -> None:
    content = bytearray(data.draw(st.sampled_from([b"".join(RECORDS), members(RECORDS)])))
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(0, len(content) - 1))
        size = data.draw(st.integers(0, 40))
        content[at : at + size] = data.draw(st.binary(max_size=40))
        if not content:
            return
    read(bytes(content))


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "states"),
    [
        ("warcio/example.arc", ["record_type", "text"]),
        ("warcio/example.arc.gz", ["record_type", "text"]),
        # Its line ends were converted, so the last block is 12 bytes short.
        ("warcio/example-space-in-url.arc", ["record_type", "error"]),
        ("warcio/bad.arc", ["error"] * 4),
        # An answer of an SSH server.
        ("warc/alexa_short_header.arc.gz", ["record_type", "error"]),
        ("aut/badexample.arc.gz", ["record_type", "record_type", "text", *["error"] * 3]),
    ],
)
def test_the_real_archives(shared_data: Path, name: str, states: list[str]) -> None:
    assert [state(row) for row in rows_of(shared_data / "warc" / name)] == states


@pytest.mark.shared
def test_a_real_crawl_is_read_whole(shared_data: Path) -> None:
    rows = rows_of(shared_data / "warc/aut/example.arc.gz")
    assert len(rows) == 300  # counted by splitting its gzip members
    assert sum(state(row) == "text" for row in rows) == 128
    assert not [row for row in rows if row["error"]]
