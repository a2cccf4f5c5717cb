import gzip
import json
import re
import zlib
from collections import Counter
from pathlib import Path

import brotli
import pytest
import zstandard

from pipeline.extract.html import MAX_BYTES
from pipeline.extract.html_scan import MAX_BLOCKS
from pipeline.sources.inputs import Format, InputRule
from tests.pipeline.sources.conftest import ReadDump, Row, rows_of, state
from tests.pipeline.sources.warc_writer import PAGE, http, members, record


def test_pages_become_texts_and_all_else_is_told(read_dump: ReadDump) -> None:
    records = [
        record(b"software: test\r\n", "warcinfo", None),
        record(b"GET / HTTP/1.1\r\n\r\n", "request"),
        record(http(), url="https://example.org/tea"),
        record(http(status="404 Not Found"), url="https://example.org/gone"),
        record(http(b"\x89PNG", content_type="image/png")),
        record(http(b"just words", content_type="text/plain")),
        record(http(b"<html></html>")),
        record(http(), "revisit"),
        record(b"a: b\r\n", "metadata"),
        record(http(PAGE, content_type="application/xhtml+xml")),
        record(b"wget log", "resource", "metadata://gnu.org/software/wget/warc/wget.log"),
    ]
    rows = read_dump("crawl.warc.gz", members(records))
    assert [state(row) for row in rows] == [
        "record_type", "record_type", "text", "http_status", "mime_type", "text", "empty_text",
        "record_type", "record_type", "text", "record_type",
    ]  # fmt: skip
    page = rows[2]
    # Whether a headline is part of the text is for the extractor to say.
    assert page["text"].removeprefix("Tea\n\n").startswith("Pour hot water")
    assert "Home" not in page["text"]
    assert (page["title"], page["language_hint"], page["source"]) == ("Tea", "en", "web")
    assert page["url"] == "https://example.org/tea"
    assert page["source_key"] == "https://example.org/tea 2024-05-18T01:58:10Z"
    # The crawler's visit is no publication.
    assert page["published"] is None
    assert page["fetched"].isoformat() == "2024-05-18T01:58:10+00:00"
    assert rows[5]["text"] == "just words"


def test_what_the_crawl_tells_of_a_record_is_kept(read_dump: ReadDump) -> None:
    digest = ("WARC-Payload-Digest: sha1:ABC",)
    gone = http(status="404 Not Found", content_type="TEXT/HTML")
    rows = read_dump(
        "crawl.warc",
        record(b"a: b", "warcinfo", None)
        + record(http(content_type='text/html; charset="GB2312"'), extra=digest)
        + record(gone)
        + record(http(content_type=None))
        + record(b"hello"),
    )
    facts = [
        (row["http_status"], row["media_type"], row["charset"], row["payload_digest"])
        for row in rows
    ]
    assert facts == [
        (None, None, None, None),
        (200, "text/html", "GB2312", "sha1:ABC"),
        (404, "text/html", None, None),
        (200, None, None, None),
        (None, None, None, None),
    ]
    assert {row["fetched"].isoformat() for row in rows} == {"2024-05-18T01:58:10+00:00"}


def test_a_page_tells_of_itself(read_dump: ReadDump) -> None:
    head = """<head><meta charset=gbk><title>茶 - 报</title><meta property=og:title content=茶>
    <meta name=author content=王><meta property=article:published_time content=2017-03-06>
    <link rel=license href=https://licence.example></head>"""
    body = f"<html lang=zh>{head}<body><p>{'把热水倒在茶叶上，等几分钟。' * 9}".encode("gbk")
    (row,) = read_dump("a.warc", record(http(body)))
    facts = [row[name] for name in ("title", "author", "language_hint", "licence")]
    assert facts == ["茶", "王", "zh", "https://licence.example"]
    assert row["published"].isoformat() == "2017-03-06T00:00:00+00:00"


CHINESE = "<html><head><title>茶</title></head><body><article><p>" + (
    "把热水倒在茶叶上，等几分钟，趁热慢慢喝。红茶要用沸水，绿茶的水温要低一些。" * 3
)


@pytest.mark.parametrize(
    ("charset", "encoding"),
    [
        ("gb2312", "gb18030"),
        ("GBK", "gbk"),
        ('"utf-8"', "utf-8"),
        ("x-no-such-charset", "utf-8"),
        ("x-no-such-charset", "gb18030"),
        ("none", "utf-8"),
        (None, "gb18030"),
        ("iso-8859-1", "utf-8"),
        ("utf-8", "gb18030"),
        ("utf-16le", "utf-16-le"),
        ("utf-16", "utf-16-le"),
        ("UTF-16BE", "utf-16-be"),
    ],
)
def test_whatever_charset_is_declared_the_text_is_right(
    read_dump: ReadDump, charset: str | None, encoding: str
) -> None:
    content_type = "text/html" + (f"; charset={charset}" if charset else "")
    body = CHINESE.encode(encoding)
    (row,) = read_dump("a.warc", record(http(body, content_type=content_type)))
    assert row["title"] == "茶"
    assert "绿茶的水温要低一些" in row["text"]


def test_a_binary_body_that_is_declared_utf16_is_no_text(read_dump: ReadDump) -> None:
    png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)) * 8
    rows = [
        read_dump("a.warc", record(http(png, content_type=f"text/html{charset}")))[0]
        for charset in ("; charset=utf-16", "; charset=utf-8", "")
    ]
    assert [state(row) for row in rows] == ["mime_type"] * 3


def test_a_pdf_or_an_archive_that_is_declared_a_page_is_none(read_dump: ReadDump) -> None:
    pdf = b"%PDF-1.4\n" + b"1 0 obj <</Title (Tea)>> stream x\x9c\xcb\xe1 endstream\n" * 40
    for body in (pdf, gzip.compress(PAGE)):
        for declared in ("text/html", "text/plain"):
            (row,) = read_dump("a.warc", record(http(body, content_type=declared)))
            assert state(row) == "mime_type"


def test_a_content_type_that_is_written_twice_is_read_once(read_dump: ReadDump) -> None:
    body = CHINESE.encode("gbk")
    for written in ("text/html, text/html; charset=gbk", "text/html; charset=gbk, text/html"):
        (row,) = read_dump("a.warc", record(http(body, content_type=written)))
        assert (row["media_type"], row["charset"]) == ("text/html", "gbk")
        assert "绿茶的水温要低一些" in row["text"]


def test_of_bad_chunks_what_they_hold_stands_and_a_row_tells(read_dump: ReadDump) -> None:
    chunked = ("Transfer-Encoding: chunked",)
    records = [
        record(http(), number=1),
        record(http(b"10\r\nshort\r\n", headers=chunked), number=2),
        record(http(b"%x\r\n%s\r\n" % (len(PAGE), PAGE), headers=chunked), number=7),
        record(http(PAGE, headers=chunked), number=3),
        record(http(b"%x\r\n%s\r\n0\r\n\r\n" % (len(PAGE), PAGE), headers=chunked), number=4),
        record(http(gzip.compress(PAGE), headers=("Content-Encoding: gzip",)), number=5),
        record(http(gzip.compress(PAGE)[:-30], headers=("Content-Encoding: gzip",)), number=6),
    ]
    rows = read_dump("a.warc", b"".join(records))
    assert [state(row) for row in rows] == [
        "text",
        *["text", "error"] * 2,
        "text",
        "text",
        "text",
        *["text", "error"],
    ]
    assert rows[9]["error"] == "gzip content encoding breaks off"
    beginning, whole = rows[8]["text"], rows[7]["text"]
    assert whole.startswith(beginning) and 0 < len(beginning) < len(whole)
    assert rows[2]["error"] == "bad chunked encoding: chunk breaks off at byte 0 of the body"
    assert rows[2]["record_offset"] == len(records[0]) + 1 and rows[1]["text"] == "short"
    assert rows[4]["error"].startswith("bad chunked encoding: chunk is missing at byte")
    assert len({row["text"] for row in rows[:8]} - {None, "short"}) == 1


def test_a_response_that_is_no_http_is_unreadable(read_dump: ReadDump) -> None:
    (row,) = read_dump("a.warc", record(b"hello"))
    assert row["error"] == "no HTTP status line (byte 0)"


def test_records_above_the_limit_are_skipped(read_dump: ReadDump) -> None:
    big = http(b"<p>" + b"word " * 1000)
    rows = read_dump("a.warc", record(big) + record(http()), max_record_bytes=2000)
    assert [state(row) for row in rows] == ["too_large", "text"]
    assert rows[0]["raw_bytes"] == len(big)


def test_what_is_lost_of_a_page_too_large_is_told(read_dump: ReadDump) -> None:
    page = b"<p>The tea was hot, and we drank it in the garden."
    many = page + b"<p>and then" * MAX_BLOCKS
    long = page + b" " * MAX_BYTES + b"<p>beyond"
    content = b"".join(record(http(body), number=i) for i, body in enumerate([many, long, page]))
    rows = read_dump("a.warc", content)
    assert [state(row) for row in rows] == ["text", "error", "text", "error", "text"]
    assert f"behind {MAX_BLOCKS:,} blocks" in rows[1]["error"]
    assert f"the first {MAX_BYTES:,} are read" in rows[3]["error"]
    assert all(row["text"].startswith("The tea was hot") for row in rows[::2])
    assert len({row["doc_id"] for row in rows}) == len({row["record_offset"] for row in rows}) == 5


@pytest.mark.parametrize("coding", ["br", "gzip", "zstd"])
def test_a_text_that_unfolds_beyond_the_limit_is_not_cut_in_silence(
    read_dump: ReadDump, coding: str
) -> None:
    compress = {"br": brotli.compress, "gzip": gzip.compress, "zstd": zstandard.compress}[coding]
    records = [
        record(http(compress(b"word " * count), headers=(f"Content-Encoding: {coding}",),
                    content_type="text/plain"), number=count)
        for count in (2000, 2001)
    ]  # fmt: skip
    rows = read_dump("a.warc", b"".join(records), max_record_bytes=10_000)
    assert [state(row) for row in rows] == ["text", "too_large"]
    assert rows[0]["text"].split() == ["word"] * 2000


def test_ids_do_not_depend_on_compression_or_place(read_dump: ReadDump, tmp_path: Path) -> None:
    records = [record(http(), number=i, url=f"https://example.org/{i}") for i in range(3)]
    (tmp_path / "dumps").mkdir()
    (tmp_path / "dumps" / "plain.warc").write_bytes(b"".join(reversed(records)))
    rows = read_dump("packed.warc.gz", members(records))
    by_file = [
        {row["url"]: row["doc_id"] for row in rows if row["source_file"] == name}
        for name in ("plain.warc", "packed.warc.gz")
    ]
    assert by_file[0] == by_file[1]
    assert len(set(by_file[0].values())) == 3


@pytest.mark.parametrize(
    "flood", [tuple(f"X-{i}: y" for i in range(100_000)), ("X: " + "y" * (2 << 20),)]
)
def test_a_flood_of_record_headers_is_one_defect(
    read_dump: ReadDump, flood: tuple[str, ...]
) -> None:
    first = record(http(), extra=flood, number=1)
    rows = read_dump("a.warc", first + record(http(), number=2))
    assert [state(row) for row in rows] == ["error", "text"]
    assert rows[1]["record_offset"] == len(first)


# Documents, skipped records by rule and unreadable ones by reason, of each file.
CASES = json.loads((Path(__file__).parents[2] / "cases/warc.json").read_text())
_RECORD = re.compile(rb"(?:^|\n)WARC/1\.\d\r?\n(?:[^\r\n]+\r?\n)*?WARC-Type:", re.I)


def assert_accounted(folder: Path, rows: list[Row]) -> None:
    """Every file gives what it should, and every record that a plain search finds has a row."""
    # WAT holds no pages; its files are listed as not recognised.
    files = {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()}
    assert {name for name in files if ".wat" not in name} == set(CASES)
    for name, case in CASES.items():
        found = [row for row in rows if row["source_file"] == name]
        assert sum(state(row) == "text" for row in found) == case["documents"], name
        assert Counter(row["skip_rule"] for row in found if row["skip_rule"]) == case["skipped"], (
            name
        )
        errors = [row["error"] for row in found if row["error"]]
        assert len(errors) == sum(case["unreadable"].values()), (name, errors)
        for kind, count in case["unreadable"].items():
            assert sum(error.startswith(kind) for error in errors) == count, (name, errors)
        if heads := len(_RECORD.findall(unpacked((folder / name).read_bytes()))):
            assert len(found) == heads, name


def unpacked(content: bytes) -> bytes:
    """All gzip members of a file up to a defect, by nothing but zlib."""
    parts = []
    while content.startswith(b"\x1f\x8b"):
        decoder = zlib.decompressobj(31)
        parts.append(decoder.decompress(content))
        content = decoder.unused_data
    return b"".join(parts) or content


@pytest.mark.shared
def test_the_real_crawls_give_readable_pages(shared_data: Path) -> None:
    rows = rows_of(shared_data / "warc")
    assert_accounted(shared_data / "warc", rows)
    texts = [row["text"] for row in rows if row["text"] is not None]
    assert sum(text.count("\ufffd") for text in texts) < 1e-4 * sum(map(len, texts))
    # One file of a script engine is served as plain text, and is taken at its word. The crawl
    # that holds it is there as WARC and as ARC.
    assert len({text for text in texts if "<div" in text or "<script" in text}) <= 1


@pytest.mark.shared
def test_pages_in_eucjp_and_gbk_come_out_right(shared_data: Path) -> None:
    shop = rows_of(shared_data / "warc/chatnoir-resiliparse/clueweb-quirk.warc.gz")
    kana = [sum("\u3040" <= c <= "\u30ff" for c in row["text"] or "") for row in shop]
    assert sum(count > 100 for count in kana) >= 20


@pytest.mark.parametrize("damage", [b"PK\x03\x04", b"\x1f\x8b\x08\0", b"\x28\xb5\x2f\xfd", b"BZh9"])
def test_a_damage_that_looks_like_another_format_costs_one_record(
    read_dump: ReadDump, damage: bytes
) -> None:
    content = b"".join(record(http(), number=n, url=f"https://e.org/{n}") for n in range(5))
    rule = InputRule(match="*", format=Format.WARC)
    for stored in (damage + content, damage + content[len(damage) :]):
        rows = read_dump("a.warc", stored, (rule,))
        assert {row["url"] for row in rows if row["text"]} >= {
            f"https://e.org/{n}" for n in range(1, 5)
        }
        assert any(row["error"] for row in rows)


@pytest.mark.parametrize("name", ["a.warc.gz", "a.wet.gz"])
def test_a_first_member_that_is_broken_costs_no_other(read_dump: ReadDump, name: str) -> None:
    kind = "conversion" if "wet" in name else "response"
    block = b"Drink the tea." if "wet" in name else http()
    pages = [record(block, kind, url=f"https://e.org/{n}", number=n) for n in range(3)]
    stored = bytearray(members(pages))
    stored[10:30] = bytes(range(200, 220))
    rows = read_dump(name, bytes(stored))
    assert [state(row) for row in rows] == ["error", "text", "text"]
    assert "broken gzip member that starts at byte 0" in rows[0]["error"]
