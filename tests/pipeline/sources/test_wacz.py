import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.sources import wacz
from pipeline.sources.inputs import Format, InputFile, InputParams
from pipeline.sources.warc import read_warc
from schemas.documents import Source
from tests.pipeline.sources.conftest import ReadDump, Row, rows_of, state
from tests.pipeline.sources.warc_writer import http, members, record

PAGES = [record(http(), number=i, url=f"https://example.org/{i}") for i in range(4)]
FIRST, SECOND = members(PAGES[:2]), b"".join(PAGES[2:])


def pack(
    entries: dict[str, bytes], method: int = zipfile.ZIP_STORED, datapackage: bool = True
) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", method) as archive:
        for name, held in entries.items():
            archive.writestr(name, held)
        if datapackage:
            archive.writestr("datapackage.json", '{"wacz_version": "1.1.1"}')
    return content.getvalue()


WACZ = {"indexes/index.cdx.gz": b"x", "archive/a.warc.gz": FIRST, "archive/b.warc": SECOND}


def urls(rows: list[Row]) -> list[str]:
    return [row["url"] if row["error"] is None else "error" for row in rows]


def test_all_archives_are_read_in_place(read_dump: ReadDump) -> None:
    content = pack(WACZ)
    rows = read_dump("a.wacz", content)
    assert urls(rows) == [f"https://example.org/{i}" for i in range(4)]
    assert [state(row) for row in rows] == ["text"] * 4
    assert {(row["format"], row["source"]) for row in rows} == {("warc", "web")}
    # An offset is where the record, or its member, starts in the WACZ file itself.
    assert rows[0]["record_offset"] == content.index(FIRST)
    assert [row["record_offset"] for row in rows[2:]] == [content.index(page) for page in PAGES[2:]]


def test_ids_are_those_of_the_archives_outside(read_dump: ReadDump, tmp_path: Path) -> None:
    (tmp_path / "dumps").mkdir()
    (tmp_path / "dumps" / "a.warc.gz").write_bytes(FIRST)
    rows = read_dump("a.wacz", pack({"archive/a.warc.gz": FIRST}))
    ids = [[r["doc_id"] for r in rows if r["source_file"] == n] for n in ("a.warc.gz", "a.wacz")]
    assert ids[0] == ids[1] and len(ids[0]) == 2


def test_deflated_archives_are_read_too(read_dump: ReadDump) -> None:
    rows = read_dump("a.wacz", pack(WACZ, zipfile.ZIP_DEFLATED))
    assert urls(rows) == [f"https://example.org/{i}" for i in range(4)]


def test_without_archives_it_is_one_unreadable_record(read_dump: ReadDump) -> None:
    (row,) = read_dump("a.wacz", pack({"data/archive.txt": b"x"}))
    assert row["error"] == "not warc: a zip archive that is no EPUB and no WACZ"


def test_wherever_a_file_is_cut_the_archives_before_are_read(read_dump: ReadDump) -> None:
    content = pack(WACZ)
    for cut, whole in (
        (len(content) - 1, 4),
        (content.index(PAGES[3]) + 10, 3),
        (content.index(SECOND) - 5, 2),
    ):
        rows = read_dump("a.wacz", content[:cut])
        assert urls(rows)[:whole] == [f"https://example.org/{i}" for i in range(whole)]
        assert set(urls(rows)[whole:]) == {"error"}
        assert "whose end is cut off" in rows[-1]["error"]


def test_a_broken_entry_costs_no_other(read_dump: ReadDump) -> None:
    content = bytearray(pack(WACZ))
    at = content.index(FIRST)
    content[at + 30 : at + 50] = bytes(20)
    rows = read_dump("a.wacz", bytes(content))
    assert urls(rows) == ["error", *(f"https://example.org/{i}" for i in (1, 2, 3))]
    assert rows[0]["error"].startswith("archive/a.warc.gz: broken gzip member")
    deflated = bytearray(pack(WACZ, zipfile.ZIP_DEFLATED))
    at = deflated.rindex(b"archive/b.warc", 0, deflated.index(b"PK\x01\x02"))
    deflated[at + 200 : at + 205] = b"\xff" * 5
    rows = read_dump("a.wacz", bytes(deflated))
    assert urls(rows)[:2] == [f"https://example.org/{i}" for i in (0, 1)]
    assert "archive/b.warc: broken zip entry" in rows[-1]["error"]


def test_bombs_are_refused_and_the_rest_is_read(
    read_dump: ReadDump, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = {"archive/a.warc": b"".join(PAGES[:2]) + bytes(5 << 20), "archive/b.warc": SECOND}
    rows = read_dump("a.wacz", pack(content, zipfile.ZIP_DEFLATED))
    first, second = ([f"https://example.org/{i}" for i in each] for each in ((0, 1), (2, 3)))
    assert urls(rows)[:2] == first and urls(rows)[-2:] == second
    assert set(urls(rows)[2:-2]) == {"error"}
    assert "the limit is 200 times its size" in rows[-3]["error"]
    monkeypatch.setattr(wacz, "MAX_UNFOLDED", len(SECOND) - 50)
    rows = read_dump("a.wacz", pack({"archive/b.warc": SECOND}, zipfile.ZIP_DEFLATED))
    assert urls(rows) == ["https://example.org/2", "error", "error"]


def test_entries_that_share_their_bytes_are_read_once(read_dump: ReadDump) -> None:
    content = pack({"archive/a.warc": SECOND}, datapackage=False)
    directory = content.index(b"PK\x01\x02")
    end = content.index(b"PK\x05\x06")
    entry = content[directory:end]
    tail = bytearray(content[end:])
    tail[8:12] = (100).to_bytes(2, "little") * 2
    tail[12:16] = (100 * len(entry)).to_bytes(4, "little")
    rows = read_dump("a.wacz", content[:directory] + entry * 100 + bytes(tail))
    assert urls(rows) == [*(f"https://example.org/{i}" for i in (2, 3)), *["error"] * 99]
    assert "shares its bytes" in rows[2]["error"]


def test_a_directory_above_the_limit_is_not_taken_in(read_dump: ReadDump) -> None:
    content = bytearray(pack(WACZ))
    at = content.index(b"PK\x05\x06")
    content[at + 12 : at + 16] = (1 << 30).to_bytes(4, "little")
    rows = read_dump("a.wacz", bytes(content))
    assert "zip directory of 1073741824 bytes" in rows[-1]["error"]
    assert urls(rows)[:4] == [f"https://example.org/{i}" for i in range(4)]


@given(st.data())
def test_any_damage_ends_in_rows(data: st.DataObject) -> None:
    method = data.draw(st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]))
    content = bytearray(pack(WACZ, method))
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at : at + data.draw(st.integers(0, 40))] = data.draw(st.binary(max_size=40))
        if not content:
            return
    file = InputFile(path="a", format=Format.WARC, source=Source.WEB, size=len(content))
    found = list(read_warc(io.BytesIO(bytes(content)), file, InputParams()))
    offsets = [each.offset for each in found]
    assert found and offsets == sorted(set(offsets))


@pytest.mark.shared
def test_the_real_files(shared_data: Path) -> None:
    rows = rows_of(shared_data / "warc/pywb/valid_example_1.wacz")
    assert [state(row) for row in rows] == ["record_type", "record_type", "text", "record_type"]
    (row,) = rows_of(shared_data / "warc/pywb/invalid_example_1.wacz")
    assert row["error"] == "not warc: a zip archive that is no EPUB and no WACZ"
