"""Files are whole or absent, whoever writes and whenever a writer dies."""

import os
import threading
from pathlib import Path

import pyarrow.fs
import pytest

from pipeline.durable import link_file, sync_folder, write_file

FILES = pyarrow.fs.LocalFileSystem()


def test_a_writer_that_dies_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "a" / "b"
    write_file(FILES, str(path), b"old")

    def die(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", die)
    with pytest.raises(OSError, match="No space left"):
        write_file(FILES, str(path), b"new")
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in path.parent.iterdir()] == ["b"]


def test_content_is_synced_before_it_gets_its_name(tmp_path, monkeypatch):
    done = []
    monkeypatch.setattr(os, "fsync", lambda handle: done.append("sync"))
    replace = Path.replace
    monkeypatch.setattr(Path, "replace", lambda *to: (done.append("rename"), replace(*to))[1])
    write_file(FILES, str(tmp_path / "x"), b"1")
    assert done == ["sync", "rename", "sync"]


def test_writers_of_one_file_do_not_mix(tmp_path):
    contents = [bytes([letter]) * 200_000 for letter in range(65, 71)]
    path = tmp_path / "x"

    def write(content):
        for _ in range(5):
            write_file(FILES, str(path), content)
            assert path.read_bytes() in contents

    threads = [threading.Thread(target=write, args=(content,)) for content in contents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert path.read_bytes() in contents
    assert [entry.name for entry in tmp_path.iterdir()] == ["x"]


def test_a_link_is_the_same_file_and_replaces_what_is_there(tmp_path, monkeypatch):
    (tmp_path / "a").write_bytes(b"1")
    target = tmp_path / "sub" / "b"
    link_file(FILES, str(tmp_path / "a"), str(target))
    link_file(FILES, str(tmp_path / "a"), str(target))
    assert target.stat().st_ino == (tmp_path / "a").stat().st_ino

    def refuse(self, other):
        raise OSError(18, "cross-device link")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    link_file(FILES, str(tmp_path / "a"), str(target))
    assert target.read_bytes() == b"1"
    assert target.stat().st_ino != (tmp_path / "a").stat().st_ino
    sync_folder(str(tmp_path))
