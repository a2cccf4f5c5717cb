"""Files that are there whole or not at all, also after a power cut."""

import os
import uuid
from pathlib import Path

import pyarrow.fs


def write_file(files: pyarrow.fs.FileSystem, path: str, content: bytes) -> None:
    """Write aside, fsync, rename, fsync the folder.

    Two writers of one path (a speculative twin of a task) have a draft each: the later rename
    wins. A draft that a killed writer left is never read: its name starts with a dot.
    """
    folder = path.rpartition("/")[0]
    files.create_dir(folder, recursive=True)
    draft = f"{folder}/.{uuid.uuid4().hex}"
    if not isinstance(files, pyarrow.fs.LocalFileSystem):
        with files.open_output_stream(draft, compression=None) as stream:
            stream.write(content)
        files.move(draft, path)
        return
    try:
        with Path(draft).open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(draft).replace(path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise
    sync_folder(folder)


def link_file(files: pyarrow.fs.FileSystem, path: str, target: str) -> None:
    """Make ``target`` the same file as ``path`` where the storage can, else a copy of it."""
    files.create_dir(target.rpartition("/")[0], recursive=True)
    if isinstance(files, pyarrow.fs.LocalFileSystem):
        Path(target).unlink(missing_ok=True)
        try:
            Path(target).hardlink_to(path)
            return
        except OSError:  # another disk, or a file system without links
            pass
    files.copy_file(path, target)


def sync_folder(folder: str) -> None:
    """Make the names in a local folder last."""
    handle = os.open(folder or ".", os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
