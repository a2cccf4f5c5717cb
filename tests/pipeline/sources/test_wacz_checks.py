import hashlib
import io
import json
import zipfile
import zlib

import pytest

from pipeline.sources.wacz_checks import find_damage, stated_hashes
from tests.pipeline.sources.conftest import ReadDump, state
from tests.pipeline.sources.warc_writer import http, members, record

PLAIN = b"".join(record(http(), number=n, url=f"https://example.org/{n}") for n in range(2))
SHA = "sha256:" + hashlib.sha256(PLAIN).hexdigest()


def wacz(package: object, archive: bytes = PLAIN, method: int = zipfile.ZIP_STORED) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", method) as packed:
        packed.writestr("archive/a.warc", archive)
        packed.writestr("datapackage.json", json.dumps(package))
    return content.getvalue()


def package(stated: object) -> object:
    return {"resources": [{"name": "a.warc", "path": "archive/a.warc", "hash": stated}]}


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize(
    ("stated", "is_told"),
    [
        (SHA, False),
        ("md5:" + hashlib.md5(PLAIN).hexdigest().upper(), False),
        ("sha256:" + "0" * 64, True),
        ("md5:", True),
        ("crc:1", False),
        (7, False),
    ],
)
def test_another_hash_is_a_row_behind_the_records(
    read_dump: ReadDump, method: int, stated: object, is_told: bool
) -> None:
    rows = read_dump("a.wacz", wacz(package(stated), method=method))
    assert [state(row) for row in rows] == ["text", "text", *["error"] * is_told]
    if is_told:
        assert "archive/a.warc: its " in rows[2]["error"]
        assert "in datapackage.json is another" in rows[2]["error"]


def test_a_damage_that_only_the_zip_archive_knows_of_is_told(read_dump: ReadDump) -> None:
    content = bytearray(wacz({}))
    content[content.index(b"Pour hot")] ^= 1
    rows = read_dump("a.wacz", bytes(content))
    assert [state(row) for row in rows] == ["text", "text", "error"]
    assert "checksum in the zip archive is another" in rows[2]["error"]


@pytest.mark.parametrize("broken", [[], {"resources": 3}, {"resources": [{"path": 1}]}, None])
def test_a_broken_package_states_nothing(broken: object) -> None:
    with zipfile.ZipFile(io.BytesIO(wacz(broken))) as opened:
        assert stated_hashes(opened) == {}


def test_what_is_no_archive_by_its_name_is_told(read_dump: ReadDump) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as packed:
        packed.writestr("archive/a.warc.gz", members([PLAIN]))
        packed.writestr("archive/a.har", "{}")
        packed.mkdir("archive/more")
    rows = read_dump("a.wacz", content.getvalue())
    assert [state(row) for row in rows] == ["text", "text", "error"]
    assert "archive/a.har: no web archive by its name (byte " in rows[2]["error"]


def test_damage() -> None:
    content = io.BytesIO(PLAIN)
    assert find_damage(content, zlib.crc32(PLAIN), SHA) is None
    assert find_damage(content, 1, SHA) == "its checksum in the zip archive is another"
    assert find_damage(content, None, None) is None
