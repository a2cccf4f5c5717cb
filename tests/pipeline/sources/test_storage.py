import os
from pathlib import Path

import pytest

from pipeline.sources.recognise import scan
from pipeline.sources.storage import list_files, open_file
from schemas.errors import ConfigError


def write(folder: Path) -> None:
    for name in ("b.txt", "a/c.txt", "a/b.txt"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(name.encode())


def test_a_local_folder_and_its_uri_list_the_same(tmp_path: Path) -> None:
    write(tmp_path)
    root, files = list_files(str(tmp_path))
    assert [file.path for file in files] == ["a/b.txt", "a/c.txt", "b.txt"]
    assert all(file.size == len(file.path) and file.modified_ns > 0 for file in files)
    remote, remote_files = list_files(tmp_path.as_uri())
    assert [(file.path, file.size) for file in remote_files] == [
        (file.path, file.size) for file in files
    ]
    for place in (root, remote):
        with open_file(place, "a/c.txt") as stream:
            assert stream.read(1) == b"a"
            stream.seek(2)
            assert stream.read() == b"c.txt"


def test_a_file_lies_in_its_folder(tmp_path: Path) -> None:
    write(tmp_path)
    for place in (str(tmp_path / "b.txt"), (tmp_path / "b.txt").as_uri()):
        root, files = list_files(place)
        assert [file.path for file in files] == ["b.txt"]
        with open_file(root, "b.txt") as stream:
            assert stream.read() == b"b.txt"


def test_what_is_not_there_is_told_in_one_line(tmp_path: Path) -> None:
    for place in (str(tmp_path / "no"), (tmp_path / "no").as_uri()):
        with pytest.raises(ConfigError, match="no such file or folder"):
            list_files(place)


def test_what_cannot_be_opened_is_listed_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "dangling.warc.gz").symlink_to("gone")
    (tmp_path / "loop.txt").symlink_to("loop.txt")
    os.mkfifo(tmp_path / "pipe.jsonl")
    (tmp_path / "sound.txt").write_text("x")
    _, files = list_files(str(tmp_path))
    assert {file.path: file.problem for file in files} == {
        "dangling.warc.gz": "a link to nothing",
        "loop.txt": "a link to nothing",
        "pipe.jsonl": "not a regular file",
        "sound.txt": None,
    }
    inventory = scan(str(tmp_path), [])
    assert "pipe.jsonl (not a regular file)" in inventory.unrecognised


def test_options_of_a_uri_stay_at_its_end(tmp_path: Path) -> None:
    write(tmp_path)
    options = "?endpoint=http://host:1/"
    for uri in (f"{tmp_path.as_uri()}/{options}", f"{tmp_path.as_uri()}/b.txt{options}"):
        root, files = list_files(uri)
        assert root == tmp_path.as_uri() + options
        assert "b.txt" in [file.path for file in files]
        with open_file(root, "b.txt") as stream:
            assert stream.read() == b"b.txt"


def test_an_unknown_scheme_is_told_in_one_line() -> None:
    with pytest.raises(ConfigError, match=r"input nowhere://x: cannot be listed: [^\n]+$"):
        list_files("nowhere://x")


def test_a_file_that_grows_ends_where_it_did(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b"0123456789")
    with open_file(str(tmp_path), "log") as stored, (tmp_path / "log").open("ab") as log:
        assert stored.read(4) == b"0123"
        log.write(b"more")
        log.flush()
        assert stored.read(4) == b"4567"
        assert stored.read() == b"89"
        assert stored.read(1) == b""
        assert stored.seek(-3, 2) == 7
        assert stored.read(9) == b"789"


def test_a_device_and_a_pipe_are_no_input(tmp_path: Path) -> None:
    (tmp_path / "zero.jsonl").symlink_to("/dev/zero")
    os.mkfifo(tmp_path / "pipe.jsonl")
    _, files = list_files(str(tmp_path))
    assert [file.problem for file in files] == ["not a regular file"] * 2
    with pytest.raises(ConfigError, match="neither a file nor a folder"):
        list_files(str(tmp_path / "pipe.jsonl"))
