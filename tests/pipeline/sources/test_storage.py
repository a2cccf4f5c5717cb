import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.sources.inputs import Format, InputParams, InputRule
from pipeline.sources.readers import read_file
from pipeline.sources.recognise import scan
from pipeline.sources.storage import list_files, open_file
from schemas.documents import Source
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


def test_a_file_may_be_read_from_a_place_on(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"0123456789")
    for root in (str(tmp_path), tmp_path.as_uri()):
        with open_file(root, "a", 4) as stored:
            assert stored.read() == b"456789" and stored.tell() == 6
            assert stored.seek(0) == 0 and stored.read(2) == b"45"
            assert stored.seek(1, 1) == 3 and stored.read(1) == b"7"
            assert stored.seek(-1, 2) == 5 and stored.read() == b"9"
            assert stored.seek(99) == 6 and stored.read() == b""


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
    (tmp_path / "gone.dat").symlink_to("gone")
    inventory = scan(str(tmp_path), [])
    assert inventory.unrecognised == ("gone.dat (a link to nothing)",)
    # Where the name says what it was to be, a record says that it is lost.
    lost = {file.path: file for file in inventory.files if file.mismatch is not None}
    assert {path: (file.format, file.mismatch) for path, file in lost.items()} == {
        "dangling.warc.gz": (Format.WARC, "a link to nothing"),
        "loop.txt": (Format.PLAIN_TEXT, "a link to nothing"),
        "pipe.jsonl": (Format.JSONL, "not a regular file"),
    }
    for file in lost.values():
        (batch,) = read_file(str(tmp_path), file, InputParams())
        assert batch.column("error").to_pylist() == [file.mismatch]
    named = InputRule(match="gone*", format=Format.CSV, source=Source.NEWS)
    (file,) = (file for file in scan(str(tmp_path), [named]).files if file.path == "gone.dat")
    assert (file.format, file.source) == (Format.CSV, Source.NEWS)


_NOBODY = 65534


def _be(user: int) -> None:
    if os.getuid() == 0:  # nothing is forbidden to root; others have no choice
        os.seteuid(user)


@pytest.fixture
def as_nobody() -> Iterator[Path]:
    """A folder, and no right to read what is forbidden."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder
        _be(os.getuid())
        for path in (folder, *folder.rglob("*")):
            path.chmod(0o755)


def test_what_may_not_be_read_is_told_by_its_name(as_nobody: Path) -> None:
    folder = as_nobody
    for name in ("closed", "listed"):
        (folder / name).mkdir()
        (folder / name / "a.txt").write_text("x")
    (folder / "secret.txt").write_text("x")
    (folder / "secret.txt").chmod(0)
    told = {"closed": "closed: Permission denied", "listed": "listed/a.txt: Permission denied"}
    for name, mode in (("closed", 0), ("listed", 0o444)):
        (folder / name).chmod(mode)
        _be(_NOBODY)
        with pytest.raises(ConfigError, match=f"input {folder}: cannot be listed: .*{told[name]}$"):
            list_files(str(folder))
        _be(os.getuid())
        (folder / name).chmod(0o755)
    _be(_NOBODY)
    with pytest.raises(ConfigError, match=r"^secret\.txt: cannot be read: Permission denied$"):
        scan(str(folder), [])
    assert scan(str(folder), [InputRule(match="secret*", ignore=True)]).files


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
