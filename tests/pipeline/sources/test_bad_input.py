"""Broken and hostile input of the issue's list, through the reader of its format: what can be read
is read, and the rest is a row with a place and a reason.
"""

import bz2
import gzip
import json
import lzma
from collections.abc import Callable

import lz4.frame
import pytest
import zstandard

from tests.pipeline.sources.conftest import ReadDump, state
from tests.pipeline.sources.test_zstd_frame import DICTIONARY, framed, with_dictionary
from tests.pipeline.sources.warc_writer import http, record

COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "zst": zstandard.compress,
    "xz": lzma.compress,
    "lz4": lz4.frame.compress,
}
TEXTS = [f"{i}: " + " ".join(str(i * n) for n in range(30)) for i in range(400)]
SUFFIXES = pytest.mark.parametrize("suffix", list(COMPRESS))
BOMB = bytes(12_000_000)
LIMITS = {"max_unfold_ratio": 50, "free_unfold_bytes": 2_000_000}


@SUFFIXES
def test_a_bomb_of_json_lines(read_dump: ReadDump, suffix: str) -> None:
    whole = "".join(json.dumps({"text": text}) + "\n" for text in TEXTS).encode()
    rows = read_dump(f"a.jsonl.{suffix}", COMPRESS[suffix](whole + BOMB), **LIMITS)
    assert [row["text"] for row in rows[:-1]] == TEXTS
    assert "times their size, the limit is 50 (byte " in rows[-1]["error"]


def test_a_bomb_among_the_records_of_a_crawl(read_dump: ReadDump) -> None:
    records = [record(http(), number=1), record(http(BOMB), number=2), record(http(), number=3)]
    rows = read_dump("a.warc.gz", b"".join(map(gzip.compress, records)), **LIMITS)
    assert [state(row) for row in rows] == ["text", "error", "text"]
    assert "the limit is 50" in rows[1]["error"]


def test_a_crawl_with_a_dictionary_is_read_record_by_record(read_dump: ReadDump) -> None:
    records = [record(http(), number=n, url=f"https://example.org/{n}") for n in range(4)]
    head = framed(DICTIONARY.as_bytes())
    members = [with_dictionary([each]) for each in records]
    rows = read_dump("a.warc.zst", head + b"".join(members))
    assert [row["url"] for row in rows] == [f"https://example.org/{n}" for n in range(4)]
    starts = [len(head) + sum(map(len, members[:n])) for n in range(4)]
    assert [row["record_offset"] for row in rows] == starts


def test_behind_a_broken_record_of_such_a_crawl_reading_goes_on(read_dump: ReadDump) -> None:
    records = [record(http(), number=n, url=f"https://example.org/{n}") for n in range(4)]
    members = [bytearray(with_dictionary([each])) for each in records]
    members[1][20:40] = b"\xff" * 20
    rows = read_dump("a.warc.zst", framed(DICTIONARY.as_bytes()) + b"".join(members))
    assert [row["url"] for row in rows if row["text"]] == [
        f"https://example.org/{n}" for n in (0, 2, 3)
    ]
    assert [state(row) for row in rows] == ["text", "error", "text", "text"]
