"""Records whose headers end in line feeds."""

import gzip
import io

import pytest

from pipeline.sources.compression import USUAL_LIMIT, Codec
from pipeline.sources.warc_framing import Defect, iterate_records
from pipeline.sources.warc_unix import read_unix_record
from tests.pipeline.sources.warc_writer import http, members, record


def unix(written: bytes, closing: bytes = b"\r\n\r\n") -> bytes:
    head, _, rest = written.partition(b"\r\n\r\n")
    return head.replace(b"\r\n", b"\n") + b"\n\n" + rest.removesuffix(b"\r\n\r\n") + closing


BLOCKS = [http(b"<p>page %d" % number) for number in range(4)]
RECORDS = [record(block, number=number) for number, block in enumerate(BLOCKS)]
UNIX = [unix(each) for each in RECORDS]


def blocks(content: bytes) -> list[bytes | None]:
    found = list(iterate_records(io.BytesIO(content), 1 << 20))
    assert [each.offset for each in found] == sorted({each.offset for each in found})
    return [None if isinstance(each, Defect) else each.block for each in found]


@pytest.mark.parametrize(
    "records",
    [
        UNIX,
        [unix(each, b"\n\n") for each in RECORDS],
        [UNIX[0], *RECORDS[1:]],
        [UNIX[0], *(each.replace(b"\r\n", b"\n", 3) for each in RECORDS[1:])],
        [UNIX[0], *(each.replace(b"\n\nHTTP", b"\n\r\nHTTP") for each in UNIX[1:])],
        [RECORDS[0], UNIX[1], RECORDS[2], UNIX[3]],
    ],
)
def test_records_with_bare_line_feeds_are_read(records: list[bytes]) -> None:
    assert blocks(b"".join(records)) == BLOCKS
    assert blocks(members(records)) == BLOCKS


def test_a_wrong_length_is_still_told() -> None:
    wrong = unix(record(BLOCKS[0], length=len(BLOCKS[0]) - 3))
    assert blocks(wrong + b"".join(UNIX[1:])) == [None, *BLOCKS[1:]]
    assert blocks(UNIX[0][:-20]) == [None]
    assert blocks(members(UNIX[:2])[:-30]) == [BLOCKS[0], None]


def test_many_records_are_no_defects() -> None:
    assert blocks(UNIX[1] * 1200) == [BLOCKS[1]] * 1200


def test_what_the_record_holds_and_where_the_next_is() -> None:
    content = UNIX[0] + UNIX[1]
    found = read_unix_record(io.BytesIO(content), None, 0, 1000, USUAL_LIMIT)
    assert found is not None
    assert (found.block, found.resume_at) == (BLOCKS[0], len(UNIX[0]))
    assert found.headers["warc-target-uri"] == "https://example.org/tea"
    last = read_unix_record(io.BytesIO(content), None, len(UNIX[0]), 1000, USUAL_LIMIT)
    assert last is not None and last.resume_at is None
    assert read_unix_record(io.BytesIO(content), None, 0, 10, USUAL_LIMIT) is None
    assert read_unix_record(io.BytesIO(b"no record" + UNIX[0]), None, 0, 1000, USUAL_LIMIT) is None
    # Inside a member there is no place to go on from: nothing may be passed over.
    packed = gzip.compress(content)
    assert read_unix_record(io.BytesIO(packed), Codec.GZIP, 0, 1000, USUAL_LIMIT) is None
