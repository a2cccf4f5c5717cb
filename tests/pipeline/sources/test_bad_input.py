"""Broken and hostile input of the issue's list, through the reader of its format: what can be read
is read, and the rest is a row with a place and a reason.

Where each kind has its tests:

- the broken archives of the shared data: test_warc_framing (each by name), test_readers (all);
- ``not_a_zip.epub``, ``zero_length_file.epub``: here, and test_epub;
- malformed feeds: test_feed, test_feed_json, test_feed_recovery;
- truncated gzip, bzip2, xz, zstd, lz4: here, test_compression, test_warc_framing, test_mediawiki;
- an unknown charset: here, and test_warc; invalid UTF-8: here, test_jsonl, test_csv_text;
- a false Content-Length: here, and test_warc_framing; nested tags: here, and test_html_scan;
- bombs: here, test_compression, test_epub_archive, test_wacz, test_http_message;
- entities: here, and test_feed, test_mediawiki, test_stackexchange, test_epub;
- paths that leave an EPUB: here, and test_epub_archive;
- the share of unreadable records that ends a build: test_corpus; anything else: test_fuzz.
"""

import bz2
import gzip
import json
import lzma
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import lz4.frame
import pytest
import zstandard

from tests.pipeline.sources.conftest import ReadDump, rows_of, state
from tests.pipeline.sources.epub_writer import epub, page
from tests.pipeline.sources.test_zstd_frame import DICTIONARY, framed, with_dictionary
from tests.pipeline.sources.warc_writer import http, record

COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "zst": zstandard.compress,
    "xz": lambda content: lzma.compress(content, preset=0),
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


@SUFFIXES
@pytest.mark.parametrize("share", [0.3, 0.9])
def test_a_truncated_file_gives_the_lines_before_the_cut(
    read_dump: ReadDump, suffix: str, share: float
) -> None:
    generator = random.Random(1)
    texts = [generator.randbytes(200).hex() for _ in range(5_000)]
    stored = COMPRESS[suffix]("".join(json.dumps({"text": text}) + "\n" for text in texts).encode())
    rows = read_dump(f"a.jsonl.{suffix}", stored[: int(len(stored) * share)])
    whole = len(rows) - 1
    assert [row["text"] for row in rows[:-1]] == texts[:whole]
    # The block in which the cut lies is lost: 900,000 bytes with bzip2, 128 KiB with zstd.
    assert whole >= len(texts) * share - (2_500 if suffix == "bz2" else 500)
    assert "truncated " in rows[-1]["error"]


def test_an_unknown_charset_is_guessed(read_dump: ReadDump) -> None:
    item = "<item><title>Müsli</title><description>Äpfel und Birnen.</description></item>"
    feed = f'<?xml version="1.0" encoding="x-klingon"?><rss><channel>{item}</channel></rss>'
    (row,) = read_dump("feed.xml", feed.encode())
    assert row["title"] == "Müsli"


@pytest.mark.parametrize(
    ("name", "content", "states"),
    [
        ("a.jsonl", b'{"text": "one"}\n{"text": "\xff"}\n{"text": "two"}\n', "text error text"),
        ("a.csv", b"id,text\n1,one\n2,\xc3\xa9\n", "text text"),
        ("a.xml", b"<rss><channel><item><title>a\xff</title></item></channel></rss>", "text"),
        ("books/a.txt", b"Tea \xff and salt.\n", "text"),
        ("a.warc", record(http(b"<html><p>Tea \xff and \xc3\xa9 salt.</p></html>")), "text"),
    ],
)
def test_invalid_utf8(read_dump: ReadDump, name: str, content: bytes, states: str) -> None:
    assert [state(row) for row in read_dump(name, content)] == states.split()


@pytest.mark.parametrize("length", [5, 200, 10**6, 10**30])
def test_a_false_content_length_costs_its_record_alone(read_dump: ReadDump, length: int) -> None:
    records = [
        record(http(), number=n, url=f"https://e.org/{n}", length=length if n == 1 else None)
        for n in range(4)
    ]
    rows = read_dump("a.warc", b"".join(records))
    assert [state(row) for row in rows] == ["text", "error", "text", "text"]
    assert "ontent-Length" in rows[1]["error"] or "truncated record" in rows[1]["error"]


_LAUGHS = "".join(f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 12))
LAUGHS = f"<!DOCTYPE x [<!ENTITY a0 'ha'>{_LAUGHS}]>"
FILE = "<!DOCTYPE x [<!ENTITY a11 SYSTEM 'file://{secret}'>]>"
ENTITY_DUMPS: dict[str, Callable[[str], bytes]] = {
    "feed.rss": lambda head: (
        f"{head}<rss><channel><item><title>good</title><description>&a11;</description></item>"
        "</channel></rss>"
    ).encode(),
    "wiki.xml": lambda head: (
        f"{head}<mediawiki><page><title>t</title><ns>0</ns><revision><text>&a11;</text></revision>"
        "</page></mediawiki>"
    ).encode(),
    "Posts.xml": lambda head: (
        f'{head}<posts>\n<row Id="1" PostTypeId="1" Title="t" Body="&amp;a11; &a11;" />\n</posts>'
    ).encode(),
    "book.epub": lambda head: epub(
        {"a.xhtml": f"{head}<html><body><p>good &a11;</p></body></html>", "b.xhtml": page("b")}
    ),
}


@pytest.mark.parametrize("name", ENTITY_DUMPS)
@pytest.mark.parametrize("head", [LAUGHS, FILE], ids=["bomb", "file"])
def test_entities_are_never_expanded(
    read_dump: ReadDump, tmp_path: Path, name: str, head: str
) -> None:
    (tmp_path / "secret").write_text("the secret")
    read_dump(name, ENTITY_DUMPS[name](""))  # compiles kernels, if no test has done so before
    started = time.process_time()
    rows = read_dump(name, ENTITY_DUMPS[name](head.replace("{secret}", str(tmp_path / "secret"))))
    assert time.process_time() - started < 5
    assert rows
    for row in rows:
        shown = " ".join(str(value) for value in row.values())
        assert "haha" not in shown and "the secret" not in shown


def test_paths_that_leave_an_epub_are_not_followed(read_dump: ReadDump, tmp_path: Path) -> None:
    (tmp_path / "secret.xhtml").write_text("<p>the secret</p>")
    outside = {"out.xhtml": "../../secret.xhtml", "abs.xhtml": str(tmp_path / "secret.xhtml")}
    book = epub(
        {"a.xhtml": page("<p>good</p>")},
        spine=["a.xhtml", *outside],
        hrefs=outside,
        more={"../../evil.xhtml": page("<p>evil</p>")},
    )
    before = set(tmp_path.rglob("*"))
    rows = read_dump("a.epub", book)
    assert [state(row) for row in rows] == ["text", "error", "error"]
    assert rows[0]["text"].strip() == "good"
    written = set(tmp_path.rglob("*")) - before
    assert {path.name for path in written} == {"dumps", "a.epub"}


@pytest.mark.shared
@pytest.mark.parametrize("name", ["not_a_zip.epub", "zero_length_file.epub"])
def test_the_real_files_that_are_no_books(shared_data: Path, name: str) -> None:
    (row,) = rows_of(shared_data / "books/epub" / name)
    assert row["format"] == "epub"
    assert row["error"].startswith("not epub: ")


_READ_AND_MEASURE = """
import json, sys
from pathlib import Path
from pipeline.sources.inputs import Format, InputFile, InputParams
from pipeline.sources.readers import read_file
from schemas.documents import Source
format = Format(sys.argv[2])
file = InputFile(path="a", format=format, source=Source.WEB, size=0, columns={"text": "text"},
                 settings=dict(unit=sys.argv[3]) if sys.argv[3:] else {})
rows = [
    "text" if row["text"] else row["skip_rule"] or "error"
    for batch in read_file(sys.argv[1], file, InputParams())
    for row in batch.to_pylist()
]
status = Path("/proc/self/status").read_text()  # getrusage knows the parent's memory, too
print(json.dumps([rows, int(status.split("VmHWM:")[1].split()[0])]))
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("format", "before", "unit", "behind", "states"),
    [
        (
            "mediawiki",
            b"<mediawiki><page><title>a</title><ns>0</ns><revision><text>good</text></revision>"
            b"</page><page>",
            b"<div>",
            b"",
            "text error",
        ),
        ("stackexchange", b'<posts>\n<row Id="1" PostTypeId="1" Body="good" />\n', b"<div>",
         b"\n</posts>", "too_large text",),
        ("jsonl", b'{"text": "good"}\n', b"[", b'\n{"text": "good"}\n', "text too_large text"),
        ("feed", b"<rss><channel><item>", b"<div>", b"", "too_large"),
        ("plain_text", b"", b"<div>", b"", "too_large"),
    ],
)  # fmt: skip
def test_300_megabytes_of_nested_tags(
    tmp_path: Path, format: str, before: bytes, unit: bytes, behind: bytes, states: str
) -> None:
    with (tmp_path / "a").open("wb") as stored:
        stored.write(before)
        for _ in range(300):
            stored.write(unit * (1_000_000 // len(unit)))
        stored.write(behind)
    command = [sys.executable, "-c", _READ_AND_MEASURE, str(tmp_path), format]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120)
    rows, peak = json.loads(done.stdout)
    (tmp_path / "a").unlink()
    assert rows == states.split()
    assert peak < 700_000  # KiB


@pytest.mark.slow
def test_a_page_of_300_megabytes_of_nested_tags(tmp_path: Path) -> None:
    block = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + b"<div>" * 60_000_000
    with (tmp_path / "a").open("wb") as stored:
        for each in (http(), block, http()):
            stored.write(record(each))
    command = [sys.executable, "-c", _READ_AND_MEASURE, str(tmp_path), "warc"]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120)
    rows, peak = json.loads(done.stdout)
    assert rows == ["text", "too_large", "text"]
    assert peak < 900_000  # KiB


_MANY = 60_000_000
CROWDED: dict[str, tuple[str, bytes, bytes, bytes, str]] = {
    "objects in a line": (
        "jsonl",
        b'{"text": "a"}\n{"text": "b", "x": [',
        b"{},",
        b'{}]}\n{"text": "c"}\n',
        "text too_large text",
    ),
    "texts in a line": (
        "jsonl",
        b'{"text": "a"}\n{"text": [',
        b'"ab",',
        b'""]}\n{"text": "c"}\n',
        "text too_large text",
    ),
    "items of a JSON feed": (
        "feed",
        b'{"version": "https://jsonfeed.org/version/1", "items": [',
        b"{},",
        b"{}]}",
        "too_large",
    ),
    "tags of a feed": (
        "feed",
        b"<rss><channel><item><description>",
        b"<b/>",
        b"</description></item></channel></rss>",
        "too_large",
    ),
    "references of a feed": (
        "feed",
        b"<rss><channel><item><description>",
        b"&amp;",
        b"</description></item></channel></rss>",
        "too_large",
    ),
    "cells of a row": (
        "csv_text",
        b"id,text\n1,a\n2,",
        b"ab,",
        b"\n3,c\n",
        "text error text",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", CROWDED)
def test_small_values_do_not_fill_the_memory(tmp_path: Path, name: str) -> None:
    format, before, unit, behind, states = CROWDED[name]
    (tmp_path / "a").write_bytes(before + unit * (_MANY // len(unit)) + behind)
    command = [sys.executable, "-c", _READ_AND_MEASURE, str(tmp_path), format]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120)
    rows, peak = json.loads(done.stdout)
    assert rows == states.split()
    assert peak < 700_000  # KiB; with every value in memory 1.2 to 3 GB


@pytest.mark.slow
@pytest.mark.parametrize(("format", "before"), [("plain_text", b""), ("csv_text", b'id,text\n1,"')])
def test_a_record_of_many_short_lines_takes_little_memory(
    tmp_path: Path, format: str, before: bytes
) -> None:
    (tmp_path / "a").write_bytes(before + b"ab\n" * 5_000_000 + b'"\n')
    command = [sys.executable, "-c", _READ_AND_MEASURE, str(tmp_path), format, "block"]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120)
    rows, peak = json.loads(done.stdout)
    assert rows == ["text"]
    assert peak < 600_000  # KiB; with an object for each line 1.2 GB
