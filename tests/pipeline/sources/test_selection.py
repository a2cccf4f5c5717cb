"""What the options of a data source select."""

import gzip
import json
import os
from pathlib import Path

import pytest

from pipeline.sources.inputs import Format
from pipeline.sources.selection import _common_folder, select_files
from schemas.documents import Source
from schemas.errors import ConfigError

LINE = '{"text": "The mill turns slowly.", "id": "1"}\n'


@pytest.fixture
def dumps(tmp_path: Path) -> Path:
    for name in ("news/0.jsonl", "news/1.jsonl", "news/2.jsonl", "old/news/0.jsonl", "a[1].jsonl"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(LINE)
    (tmp_path / "crawl.warc.gz").write_bytes(gzip.compress(b"WARC/1.0\r\n"))
    return tmp_path


def test_options_select_files(dumps: Path) -> None:
    everything = select_files(None, {"path": str(dumps)})
    assert len(everything.files) == 6
    assert len(select_files(Format.JSONL, {"path": str(dumps)}).files) == 6
    some = select_files(Format.JSONL, {"path": f"{dumps}/news/[01].jsonl", "source": "book"})
    assert [file.path for file in some.files] == ["0.jsonl", "1.jsonl"]
    assert {file.source for file in some.files} == {Source.BOOK}
    assert select_files(None, {"path": str(dumps), "batch_rows": "7"}).params.batch_rows == 7
    bounded = select_files(None, {"path": str(dumps), "max_unfold_ratio": "9"}).params
    assert bounded.unfold_limit.ratio == 9


def test_why_nothing_is_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"zzz": {"y": "hello"}}\n')
    with pytest.raises(ConfigError, match=r"no file of format jsonl there; a\.jsonl \(.*column"):
        select_files(Format.JSONL, {"path": str(tmp_path)})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "option path is missing"),
        ({"path": "/no/such/place"}, "no such file or folder"),
        ({"path": "jobs/*.nothing"}, "no file of format"),
        (
            {"path": ".", "textcolumn": "a"},
            "unknown option textcolumn; known: path, paths, source, .*text_c",
        ),
        ({"path": ".", "source": "moon"}, "options of warc: source = 'moon': .*'web'"),
        ({"path": ".", "batch_rows": "0"}, "options of warc: batch_rows = 0: .*greater"),
        ({"path": ".", "batch_rows": "1k"}, "options of warc: batch_rows = '1k': .*integer"),
        ({"path": ".", "unit": "word"}, "options of warc: unit = 'word': .*'block'"),
        ({"path": ".", "unit": "line"}, "options of warc: unit = 'line': a key for .* plain_text"),
        ({"path": ".", "id_column": "a"}, "options of warc: id_column = 'a': .*, not for warc"),
        ({"path": ".", "text_column": ""}, "options of warc: text_column = '': the name"),
        ({"path": ".", "redirects": "perhaps"}, "true or false wanted"),
    ],
)
def test_wrong_options_are_told(options: dict[str, str], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        select_files(Format.WARC, options)


def paths_of(format: Format | None, *paths: str) -> list[str]:
    selection = select_files(format, {"paths": json.dumps(paths)})
    assert all((Path(selection.root) / file.path).is_file() for file in selection.files)
    return [file.path for file in selection.files]


def test_a_list_of_paths_is_seen_from_the_folder_that_holds_all(dumps: Path) -> None:
    names = paths_of(None, f"{dumps}/news/[01].jsonl", f"{dumps}/old")
    assert names == ["news/0.jsonl", "news/1.jsonl", "old/news/0.jsonl"]
    # A file that is named twice is read once.
    twice = paths_of(None, f"{dumps}/news", f"{dumps}/news/1.jsonl", f"{dumps}/news/*")
    assert twice == ["0.jsonl", "1.jsonl", "2.jsonl"]
    assert paths_of(None, f"{dumps}/old/news/0.jsonl", f"{dumps}/new?") == [
        "old/news/0.jsonl", "news/0.jsonl", "news/1.jsonl", "news/2.jsonl",
    ]  # fmt: skip
    # Folders whose names begin alike hold nothing in common.
    (dumps / "new").mkdir()
    (dumps / "new" / "x.jsonl").write_text(LINE)
    assert paths_of(None, f"{dumps}/new", f"{dumps}/news/0.jsonl") == [
        "new/x.jsonl",
        "news/0.jsonl",
    ]


def test_a_list_of_relative_paths(dumps: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(dumps)
    assert paths_of(None, "news/0.jsonl", "./old", "news") == [
        "news/0.jsonl", "old/news/0.jsonl", "news/1.jsonl", "news/2.jsonl",
    ]  # fmt: skip


def test_one_place_of_a_list_that_holds_nothing_is_told(dumps: Path) -> None:
    with pytest.raises(ConfigError, match=r"input .*/nope: no such file or folder"):
        paths_of(None, f"{dumps}/news", f"{dumps}/nope")
    with pytest.raises(ConfigError, match=r"x\*: no file of format any there$"):
        paths_of(None, f"{dumps}/news", f"{dumps}/x*")


def test_storages_are_not_mixed(dumps: Path) -> None:
    with pytest.raises(ConfigError, match="each storage by themselves"):
        _common_folder([str(dumps), "s3://bucket/a"])
    with pytest.raises(ConfigError, match="each storage by themselves"):
        _common_folder(["s3://one/a", "s3://other/a"])
    with pytest.raises(ConfigError, match="each storage by themselves"):
        _common_folder(["s3://one/a?region=x", "s3://one/b"])
    assert _common_folder(["s3://one/a?region=x", "s3://one/b?region=x"]) == "s3://one?region=x"
    assert _common_folder(["s3://one/a/b", "s3://one/a/c"]) == "s3://one/a"


def test_a_pattern_may_name_folders(dumps: Path) -> None:
    some = select_files(Format.JSONL, {"path": f"{dumps}/new*"})
    assert [file.path for file in some.files] == ["news/0.jsonl", "news/1.jsonl", "news/2.jsonl"]


def test_a_file_whose_name_looks_like_a_pattern(dumps: Path) -> None:
    (one,) = select_files(None, {"path": f"{dumps}/a[1].jsonl"}).files
    assert one.path == "a[1].jsonl"


def test_files_beside_those_that_are_named_are_not_opened(dumps: Path) -> None:
    os.mkfifo(dumps / "news" / "pipe.jsonl")
    (dumps / "news" / "other.jsonl").write_text('{"zzz": {"y": "hello"}}\n')
    options = {"path": f"{dumps}/news/[01].jsonl", "text_column": "text"}
    assert len(select_files(Format.JSONL, options).files) == 2
