import bz2
import gzip
import io
import os
import threading
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from pipeline.sources import recognise
from pipeline.sources.inputs import Format, InputFile, InputRule, Inventory
from pipeline.sources.recognise import scan
from schemas.build import InputFact
from schemas.documents import Source
from schemas.errors import ConfigError
from tests.pipeline.sources.conftest import ReadDump, rows_of, state
from tests.pipeline.sources.warc_writer import http, members, record

LINE = b'{"text": "a", "title": "t"}\n'
WIKI = b'<mediawiki xml:lang="en"><page><title>A</title></page></mediawiki>'
TABLE = io.BytesIO()
pq.write_table(pa.table({"content": ["a"]}), TABLE)
ZSTD = zstandard.ZstdCompressor().compress


def scanned(folder: Path, files: dict[str, bytes], *rules: InputRule) -> Inventory:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return scan(str(folder), rules)


def one(folder: Path, name: str, content: bytes, *rules: InputRule) -> InputFile:
    (file,) = scanned(folder, {name: content}, *rules).files
    return file


@pytest.mark.parametrize(
    ("name", "content", "format", "source"),
    [
        ("a.warc.gz", members([record(http())]), Format.WARC, Source.WEB),
        ("a.warc", record(http(), version="1.0"), Format.WARC, Source.WEB),
        ("a.warc.wet.gz", members([record(b"x", "conversion")]), Format.WET, Source.WEB),
        ("a", b"PK\x03\x04archive/a.warcWARC/1.1", Format.WARC, Source.WEB),
        ("a.arc.gz", gzip.compress(b"filedesc://x 0.0.0.0 20140216 t 0"), Format.WARC, Source.WEB),
        ("a.xml", b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- c --><rss/>", Format.FEED, Source.NEWS),
        ("a.xml", "<?xml version='1.0'?><feed/>".encode("utf-16"), Format.FEED, Source.NEWS),
        ("a", b"<rdf:RDF xmlns='x'>", Format.FEED, Source.NEWS),
        ("a.xml", WIKI, Format.MEDIAWIKI, Source.WIKI),
        ("a.xml.bz2", bz2.compress(WIKI), Format.MEDIAWIKI, Source.WIKI),
        ("a.zst", ZSTD(b'{"body": "x", "subreddit": "y"}\n'), Format.REDDIT, Source.SOCIAL),
        ("a.jsonl", LINE, Format.JSONL, Source.TEXT),
        ("a.json", LINE, Format.JSONL, Source.TEXT),
        ("My-News/a.jsonl.zst", ZSTD(LINE), Format.JSONL, Source.NEWS),
        ("web/books/a.jsonl", LINE, Format.JSONL, Source.BOOK),
        ("a.jsonl", b'{"maintext": "x", "date_publish": "y"}\n', Format.JSONL, Source.NEWS),
        ("a.parquet", TABLE.getvalue(), Format.PARQUET, Source.TEXT),
        ("wiki/a.parquet", TABLE.getvalue(), Format.PARQUET, Source.WIKI),
        ("a.txt", b"words", Format.PLAIN_TEXT, Source.TEXT),
        ("books/a.txt", "第一章".encode(), Format.GUTENBERG, Source.BOOK),
        ("a.txt", b"The Project Gutenberg EBook of A", Format.GUTENBERG, Source.BOOK),
        (
            "a.txt",
            b"word " * 40_000 + b"End of Project  Gutenberg's A, by B",
            Format.GUTENBERG,
            Source.BOOK,
        ),
    ],
)
def test_kinds(tmp_path: Path, name: str, content: bytes, format: Format, source: Source) -> None:
    file = one(tmp_path, name, content)
    assert (file.format, file.source, file.mismatch) == (format, source, None)
    assert (file.path, file.size) == (name, len(content))
    InputFact(path=file.path, format=file.format, source=file.source, size=1, sha256="x")


@pytest.mark.parametrize(
    ("name", "content", "format"),
    [
        ("a.warc.gz", gzip.compress(LINE), Format.JSONL),
        ("a.txt", record(http()), Format.WARC),
        ("a.warc.gz", record(http()), Format.WARC),
        ("a.parquet", LINE, Format.JSONL),
        ("a.jsonl.zst", gzip.compress(LINE), Format.JSONL),
        ("a.csv", TABLE.getvalue(), Format.PARQUET),
    ],
)
def test_content_decides_over_the_name(
    tmp_path: Path, name: str, content: bytes, format: Format
) -> None:
    file = one(tmp_path, name, content)
    assert (file.format, file.mismatch) == (format, None)


@pytest.mark.parametrize(
    ("name", "content", "format"),
    [
        ("a.warc.gz", b"hello", Format.WARC),
        ("a.warc.gz", gzip.compress(b"hello"), Format.WARC),
        ("a.warc", b"<html></html>", Format.WARC),
        ("a.arc", b"no dump", Format.WARC),
        ("a.warc.gz", b"PK\x03\x04zip", Format.WARC),
        ("a.warc.wet.gz", b"", Format.WET),
        ("a.epub", b"", Format.EPUB),
        ("a.epub", b"no zip", Format.EPUB),
        ("a.parquet", b"hello", Format.PARQUET),
        ("a.parquet", b"PAR1 hello", Format.PARQUET),
        ("a.parquet", TABLE.getvalue()[:-5], Format.PARQUET),
        ("a.jsonl", b"", Format.JSONL),
        ("a.jsonl.gz", b"hello", Format.JSONL),
        ("a.jsonl", b"\x00\x01", Format.JSONL),
        ("RC_2005-12.zst", b"hello", Format.REDDIT),
        ("social/a.zst", b"hello", Format.REDDIT),
        ("a.zst", b"\x28\xb5\x2f\xfdbroken", Format.JSONL),
        ("enwiki-pages-articles.xml.bz2", b"hello", Format.MEDIAWIKI),
        ("wiki/a.xml", b"", Format.MEDIAWIKI),
        ("a.xml", b"", Format.FEED),
        ("site.Posts.xml", b"", Format.STACKEXCHANGE),
        ("books/a.txt", b"", Format.GUTENBERG),
        ("a.txt.gz", b"\x1f\x8b\x08broken", Format.PLAIN_TEXT),
    ],
)
def test_a_broken_promise_is_one_unreadable_record(
    tmp_path: Path, name: str, content: bytes, format: Format
) -> None:
    file = one(tmp_path, name, content)
    assert file.format is format
    assert file.mismatch is not None and "\n" not in file.mismatch
    (row,) = rows_of(tmp_path)
    assert row["error"] == file.mismatch


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("README.md", b"# words", "documentation"),
        ("a.csv", b"a,b\n1,2\n", "no column of texts among a, b"),
        ("a.tsv", b"1\t2\n", "no column of texts among 1, 2"),
        ("a.html.gz", gzip.compress(b"<!DOCTYPE html><html>"), "HTML page"),
        ("a.zip", b"PK\x03\x04", "a zip archive that is no EPUB"),
        ("a.docx", b"", "empty file"),
        (
            "a.warc.wat",
            record(b"x", "warcinfo", None)
            + record(b"{}", "metadata").replace(b"application/http", b"application/json"),
            "WAT is not supported yet",
        ),
        ("Users.xml", b"<users>\n<row/>", "users of StackExchange"),
        ("a.xml", b"<svg></svg>", "root <svg>"),
        ("a.jsonl", b'{"question": 1}\n', "no column of texts among question"),
        ("a.json", b'{\n  "text": "x"\n}', "not one object per line"),
        ("a.json", b"[1]", "JSON array"),
        (".hidden", LINE, "hidden"),
        (".git/a.jsonl", LINE, "hidden"),
        ("_SUCCESS", b"", "marker"),
        ("a.bin", b"\0\1\2", "binary"),
        ("LICENSE", b"words", "text of no known kind"),
    ],
)
def test_what_is_no_dump_is_listed_with_the_reason(
    tmp_path: Path, name: str, content: bytes, reason: str
) -> None:
    inventory = scanned(tmp_path, {name: content})
    assert inventory.files == ()
    (line,) = inventory.unrecognised
    assert line.startswith(f"{name} (") and reason in line


def test_what_is_compressed_twice_is_told(read_dump: ReadDump) -> None:
    content = gzip.compress(bz2.compress(b'{"text": "one"}\n'))
    (row,) = read_dump("a.jsonl.bz2.gz", content)
    assert row["error"] == "not jsonl: bzip2 inside of gzip: unpack it once"


def test_a_broken_first_line_does_not_cost_the_file(read_dump: ReadDump) -> None:
    rows = read_dump("a.jsonl", b'{"text": "broken\n' + LINE)
    assert [row["text"] for row in rows] == [None, "a"]


def test_later_lines_may_hold_the_text(tmp_path: Path) -> None:
    file = one(tmp_path, "a.jsonl", b'{"meta": 1}\n' + LINE)
    assert file.columns == {"text": "text"}
    (_, row) = rows_of(tmp_path)
    assert (row["text"], row["title"]) == ("a", "t")


def test_the_first_rule_that_matches_wins(tmp_path: Path) -> None:
    rules = (
        InputRule(match="skip/*", ignore=True),
        InputRule(match="*.log", format=Format.JSONL, source=Source.NEWS, text_column="m"),
        InputRule(match="*", source=Source.WEB),
    )
    files = {"skip/a.jsonl": LINE, "x/b.log": b'{"m": "x"}\n', "c.jsonl": LINE}
    inventory = scanned(tmp_path, files, *rules)
    assert inventory.unrecognised == ("skip/a.jsonl (ignored by a rule)",)
    assert [(file.path, file.source) for file in inventory.files] == [
        ("c.jsonl", Source.WEB),
        ("x/b.log", Source.NEWS),
    ]
    assert inventory.files[1].columns == {"text": "m"}


def test_a_rule_makes_a_text_of_anything(tmp_path: Path) -> None:
    rule = InputRule(match="*.md", format=Format.PLAIN_TEXT)
    assert one(tmp_path, "a.md", b"# words", rule).mismatch is None


def test_a_column_that_is_not_there_is_a_mistake_of_the_rule(tmp_path: Path) -> None:
    rule = InputRule(match="*", text_column="no")
    with pytest.raises(ConfigError, match=r"a\.parquet: no column no for text; columns: content"):
        scanned(tmp_path, {"a.parquet": TABLE.getvalue()}, rule)


def test_a_key_that_no_line_has_is_a_mistake_of_the_rule(tmp_path: Path) -> None:
    rule = InputRule(match="*", text_column="body")
    lines = b'{"id": 1}\n{"id": 2, "body": "x"}\n'
    assert one(tmp_path / "late", "a.jsonl", lines, rule).columns["text"] == "body"
    with pytest.raises(ConfigError, match=r"a\.jsonl: no column body for text; columns: id, text"):
        scanned(tmp_path / "none", {"a.jsonl": b'{"id": 1}\n{"text": "x"}\n'}, rule)


def test_a_column_beside_the_text_is_trusted_to_come(tmp_path: Path) -> None:
    rule = InputRule(match="*", url_column="source_url", id_column="number")
    file = one(tmp_path, "a.jsonl", LINE * 2, rule)
    assert file.columns == {"text": "text", "url": "source_url", "key": "number"}
    with pytest.raises(ConfigError, match=r"a\.csv: no column number for key; columns: text"):
        scanned(tmp_path / "tables", {"a.csv": b"text,day\nwords,1\n"}, rule)
    with pytest.raises(ConfigError, match=r"a\.parquet: no column number for key"):
        scanned(tmp_path / "parquet", {"a.parquet": TABLE.getvalue()}, rule)


def test_a_rule_that_matches_no_file_is_listed(tmp_path: Path) -> None:
    inventory = scanned(tmp_path, {"a.jsonl": LINE}, InputRule(match="crawl/*", ignore=True))
    assert inventory.unrecognised == ("crawl/* (a rule that matches no file)",)


def test_paths_are_sorted_and_do_not_depend_on_creation(tmp_path: Path) -> None:
    names = ["b/c.jsonl", "a.jsonl", "b.jsonl", "B/d.jsonl", "字/e.jsonl"]
    one_way = scanned(tmp_path / "x", {name: LINE for name in names})
    other = scanned(tmp_path / "y", {name: LINE for name in reversed(names)})
    paths = [file.path for file in one_way.files]
    assert paths == sorted(names) == [file.path for file in other.files]


def test_a_single_file_is_its_own_inventory(tmp_path: Path) -> None:
    scanned(tmp_path, {"d/a.jsonl": LINE, "d/b.jsonl": LINE})
    inventory = scan(str(tmp_path / "d" / "a.jsonl"), ())
    assert [file.path for file in inventory.files] == ["a.jsonl"]
    assert inventory.root == str((tmp_path / "d").resolve())


def test_a_missing_folder_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^input .*/nowhere: no such file or folder$"):
        scan(str(tmp_path / "nowhere"), ())


def test_a_name_that_is_no_utf8_is_listed(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"caf\xe9.jsonl")).write_bytes(LINE)
    inventory = scan(str(tmp_path), ())
    assert inventory.files == ()
    assert inventory.unrecognised == ("caf\\udce9.jsonl (its name is not UTF-8)",)


def test_links_are_followed_once(tmp_path: Path) -> None:
    scanned(tmp_path, {"real/a.jsonl": LINE})
    (tmp_path / "real" / "up").symlink_to(tmp_path)
    (tmp_path / "linked.jsonl").symlink_to(tmp_path / "real" / "a.jsonl")
    assert [file.path for file in scan(str(tmp_path), ()).files] == ["linked.jsonl", "real/a.jsonl"]


@pytest.mark.shared
def test_the_shared_data(shared_data: Path) -> None:
    inventory = scan(str(shared_data), ())
    files = {file.path: file for file in inventory.files}
    unrecognised = {line.split(" (")[0]: line for line in inventory.unrecognised}
    assert len(files) + len(unrecognised) == sum(1 for p in shared_data.rglob("*") if p.is_file())
    assert files["langid/langid.parquet"].format is Format.PARQUET
    assert files["toxicity/toxicity.parquet"].columns["text"] == "text"
    assert files["books/txt/24264-0.txt"].format is Format.GUTENBERG
    assert files["training/tinyshakespeare/input.txt"].format is Format.PLAIN_TEXT
    assert files["social/AskMen_submissions.zst"].format is Format.REDDIT
    assert "README.md" in unrecognised
    assert not [path for path in files if path.endswith((".html.gz", ".tsv"))]
    kinds = {path: file.format for path, file in files.items()}
    assert sum(kind is Format.FEED for kind in kinds.values()) == 49
    assert sum(kind is Format.MEDIAWIKI for kind in kinds.values()) == 3
    crawls = [p for p in shared_data.glob("warc/**/*.warc*") if p.suffix != ".wat"]
    for path in crawls:
        name = path.relative_to(shared_data).as_posix()
        assert name.endswith(".wat.gz") or kinds[name] in (Format.WARC, Format.WET), name


def test_only_lines_as_they_are_stored_may_be_split(tmp_path: Path) -> None:
    found = scanned(
        tmp_path,
        {
            "a.jsonl": LINE,
            "b.jsonl.gz": gzip.compress(LINE),
            "c.csv": b"title,text\nA,b\n",
            "d.jsonl": b"PK\3\4",
            "RC_2010-01": b'{"subreddit": "a", "body": "b"}\n',
            "e.txt": b"a\nb\n",
            "lines/f.txt": b"a\nb\n",
        },
        InputRule(match="lines/*", format=Format.PLAIN_TEXT, unit="line"),
    )
    splittable = [file.path for file in found.files if file.is_splittable]
    assert splittable == ["RC_2010-01", "a.jsonl", "lines/f.txt"]


def test_many_files_are_told_in_their_order(tmp_path: Path) -> None:
    suffixes = {number: "jsonl" if number % 3 else "bin" for number in range(1300)}
    found = scanned(
        tmp_path,
        {
            f"{number:04}.{suffix}": LINE if suffix == "jsonl" else b"\0" * 9
            for number, suffix in suffixes.items()
        },
    )
    names = [f"{number:04}.{suffix}" for number, suffix in suffixes.items()]
    assert [file.path for file in found.files] == [name for name in names if "jsonl" in name]
    told = [line.partition(" ")[0] for line in found.unrecognised]
    assert told == [name for name in names if "bin" in name]


def test_of_several_mistakes_the_first_is_told(tmp_path: Path) -> None:
    rule = InputRule(match="*", text_column="absent")
    for _ in range(5):
        with pytest.raises(ConfigError, match=r"^00\.jsonl: no column absent"):
            scanned(tmp_path, {f"{number:02}.jsonl": LINE for number in range(40)}, rule)


def test_files_are_opened_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two wait for each other, which one after the other could not."""
    meeting = threading.Barrier(2, timeout=20)
    read_ends = recognise.read_ends

    def meet(*arguments: Any) -> Any:
        meeting.wait()
        return read_ends(*arguments)

    monkeypatch.setattr(recognise, "read_ends", meet)
    assert len(scanned(tmp_path, {"a.jsonl": LINE, "b.jsonl": LINE}).files) == 2


def test_a_text_or_table_is_not_lost_by_its_first_character_or_one_nul(
    read_dump: ReadDump,
) -> None:
    prose = b"It was a dark night, and the tea was cold.\n"
    read_dump("a.txt", b"[Illustration]\n\n" + prose)
    read_dump("books/b.txt", b"<i>TEA</i>\n\n" + prose)
    read_dump("c.txt", prose + b"one stray \0 here\n")
    read_dump("d.csv", b"id,text\n1,one stray \0 here\n2,two\n")
    rows = read_dump("e.csv", b"<id>,text\n1,one\n2,two\n")
    texts = {row["source_file"]: row["text"] for row in rows}
    assert texts["a.txt"].startswith("[Illustration]")
    assert "TEA" in texts["books/b.txt"]
    assert texts["c.txt"].startswith("It was a dark night")
    tables = [row["text"] for row in rows if row["format"] == "csv_text"]
    assert tables == ["one stray \0 here", "two", "one", "two"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.warc", b"".join(record(http(), number=n, url=f"https://e.org/{n}") for n in range(3))),
        ("a.warc.gz", members([record(http(), number=n) for n in range(3)])),
        (
            "enwiki-pages-articles.xml",
            b"<mediawiki><siteinfo/>"
            + b"<page>\n<title>T</title><revision><text>Some words.</text></revision></page>" * 2
            + b"</mediawiki>",
        ),
        ("a.rss", b"<rss><item><title>a b</title></item><item><title>c d</title></item></rss>"),
        (
            "Posts.xml",
            b'<posts>\n  <row Id="1" PostTypeId="1" Title="T" Body="a b" />\n'
            b'  <row Id="2" PostTypeId="1" Title="U" Body="c d" />\n</posts>',
        ),
    ],
)
def test_a_damaged_beginning_does_not_hide_a_dump(
    tmp_path: Path, name: str, content: bytes
) -> None:
    for damage in (b"x", b"\0\1\2\3"):
        (tmp_path / name).write_bytes(damage + content[len(damage) :])
        rows = rows_of(tmp_path)
        assert [state(row) for row in rows].count("text") >= 2, damage
