"""Files whose beginning is damaged."""

import gzip
import io
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from pipeline.sources.recognise import scan
from tests.pipeline.sources.conftest import rows_of
from tests.pipeline.sources.test_resync import PACK
from tests.pipeline.sources.warc_writer import http, record

ROWS = b"".join(b'{"text": "The mill turns slowly.", "id": "%d"}\n' % count for count in range(9))
PAGES = b"<mediawiki>\n" + b"".join(
    b"<page><title>A%d</title><ns>0</ns><revision><text>The mill.</text></revision></page>\n"
    % count
    for count in range(9)
)


@pytest.mark.parametrize("begin", [bytes(64), b"\xd5\x01\x9c\x02" * 9, b"junk "])
@pytest.mark.parametrize(("name", "content", "left"), [("a.jsonl", ROWS, 8), ("a.xml", PAGES, 9)])
def test_a_damaged_beginning_hides_no_record_behind_it(
    tmp_path: Path, name: str, content: bytes, left: int, begin: bytes
) -> None:
    # What a crash leaves of a file's first block.
    (tmp_path / name).write_bytes(begin + content[5:])
    rows = rows_of(tmp_path)
    assert [row["error"] is None for row in rows].count(True) == left
    assert any(row["error"] is not None for row in rows)


def test_xml_of_another_kind_is_still_none(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_bytes(b"junk<note><to>you</to></note>")
    (tmp_path / "b.dat").write_bytes(b"junk" + PAGES)
    inventory = scan(str(tmp_path), [])
    assert inventory.files == () and len(inventory.unrecognised) == 2


def book() -> bytes:
    stored = io.BytesIO()
    with zipfile.ZipFile(stored, "w") as archive:
        archive.writestr("mimetype", "application/epub+zip")
        archive.writestr(
            "META-INF/container.xml",
            '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
            '<rootfile full-path="c.opf"/></rootfiles></container>',
        )
        archive.writestr(
            "c.opf",
            '<package xmlns="http://www.idpf.org/2007/opf"><manifest><item id="a" href="a.xhtml" '
            'media-type="application/xhtml+xml"/></manifest><spine><itemref idref="a"/></spine>'
            "</package>",
        )
        archive.writestr("a.xhtml", "<html><body><p>The mill.</p></body></html>")
    return stored.getvalue()


def table() -> bytes:
    stored = io.BytesIO()
    pq.write_table(pa.table({"text": ["The mill."]}), stored)
    return stored.getvalue()


@pytest.mark.parametrize(("name", "content"), [("a.epub", book()), ("a.parquet", table())])
def test_what_has_its_directory_at_the_end_is_read_from_there(
    tmp_path: Path, name: str, content: bytes
) -> None:
    (tmp_path / name).write_bytes(b"junk" + content[4:])
    (row,) = rows_of(tmp_path)
    assert row["text"] == "The mill."
    (tmp_path / name).write_bytes(b"junk" + content[4 : len(content) // 2])
    (row,) = rows_of(tmp_path)
    assert row["error"] is not None and row["error"].startswith("not ")


@pytest.mark.parametrize("suffix", ["", ".gz", ".zst"])
@pytest.mark.parametrize("cut", [1, 9, 60])
def test_records_behind_a_damaged_first_member_are_read(
    tmp_path: Path, suffix: str, cut: int
) -> None:
    pack = {"": bytes, ".gz": gzip.compress, ".zst": zstandard.compress}[suffix]
    archive = b"".join(pack(record(http(), number=number)) for number in range(4))
    for begin in (b"", b"junk"):
        (tmp_path / f"a.warc{suffix}").write_bytes(begin + archive[cut:])
        rows = rows_of(tmp_path)
        assert [row["error"] is None for row in rows] == [False, True, True, True]


@pytest.mark.parametrize("suffix", PACK)
@pytest.mark.parametrize(
    ("name", "content"), [("a.jsonl", ROWS), ("enwiki-pages-articles.xml", PAGES)]
)
def test_members_behind_a_damaged_beginning_are_read(
    tmp_path: Path, suffix: str, name: str, content: bytes
) -> None:
    lines = content.splitlines(keepends=True)
    first, second = (PACK[suffix](b"".join(part)) for part in (lines[:4], lines[4:]))
    junk = bytes(range(40))
    for data, least in ((junk + first + second, 9), (junk + first[30:] + second, len(lines) - 4)):
        (tmp_path / f"{name}.{suffix}").write_bytes(data)
        rows = rows_of(tmp_path)
        assert sum(row["error"] is None for row in rows) == least
        assert rows[-1]["error"].endswith("bytes begin no member (byte 0)")
        assert len({row["record_offset"] for row in rows}) == len(rows)


def test_a_plain_file_that_is_named_otherwise_is_plain(tmp_path: Path) -> None:
    inner = gzip.compress(b'{"text": "inside"}\n')
    (tmp_path / "a.jsonl.gz").write_bytes(b'{"text": "The mill."}\n' * 20 + inner)
    rows = rows_of(tmp_path)
    assert [row["text"] for row in rows[:20]] == ["The mill."] * 20
    assert rows[20]["error"] is not None
