"""Dumps where they lie: a local folder, or any file system that Arrow knows (s3://, hdfs://)."""

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

import pyarrow as pa
import pyarrow.fs

from schemas.errors import ConfigError, DataError
from schemas.object_store import connect, is_remote, split_query


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One file below a root, as the file system lists it."""

    path: str
    """Relative to the root, with forward slashes."""
    size: int
    modified_ns: int
    problem: str | None = None
    """Why it cannot be opened: a dangling link, a pipe."""


def list_files(root: str) -> tuple[str, list[StoredFile]]:
    """Folder that paths are relative to, and the files in it, sorted by path.

    ``root`` may be one file: then the folder is its parent.

    Raises:
        ConfigError: nothing is there, or it cannot be listed.
    """
    try:
        folder, files = _list_remote(root) if is_remote(root) else _list_local(root)
    except (OSError, pa.ArrowInvalid) as error:
        reason = getattr(error, "strerror", None) or " ".join(str(error).split())
        inner = getattr(error, "filename", None)
        where = f"{inner}: " if inner is not None and str(inner) != root else ""
        raise ConfigError(f"input {root}: cannot be listed: {where}{reason}") from None
    return folder, sorted(files, key=lambda file: file.path)


def open_file(root: str, path: str, start: int = 0) -> BinaryIO:
    """Open a stored file for reading from ``start`` on, which becomes its place 0; it can seek.
    Where the storage fails while it is read, DataError is raised: nobody is to take that for
    broken content.

    Raises:
        OSError: it cannot be opened.
    """
    if not is_remote(root):
        place = Path(root) / path
        # One that grows while it is read has its end where it was: a log would have none.
        return cast(BinaryIO, _Watched(place.open("rb"), path, place.stat().st_size, start))
    files, folder = connect(root)
    stored = files.open_input_file(f"{folder}/{path}")
    return cast(BinaryIO, _Watched(stored, path, stored.size(), start))


def storage_failure(path: str, error: OSError) -> DataError:
    """What is raised where the storage does not give a file, or not all of it."""
    reason = " ".join(str(error.strerror or error).split())
    return DataError(f"{path}: the storage fails: {reason}; run the same command again")


class _Watched(io.RawIOBase):
    """A stored file, of which every OSError becomes DataError."""

    def __init__(self, stored: BinaryIO, path: str, size: int, start: int) -> None:
        self._stored = stored
        self._path = path
        self._start = start
        self._size = size - start
        if start:
            self.seek(0)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def read(self, size: int | None = -1) -> bytes:
        with self._watch():
            left = max(0, self._size - self.tell())
            return self._stored.read(left if size is None or size < 0 else min(size, left))

    def readinto(self, buffer: "memoryview") -> int:  # type: ignore[override]
        piece = self.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if whence == io.SEEK_END:
            offset, whence = self._size + offset, io.SEEK_SET
        if whence == io.SEEK_SET:
            offset = min(offset, self._size)  # Arrow refuses to go behind the end
            offset += self._start
        return self._stored.seek(offset, whence) - self._start

    def tell(self) -> int:
        return self._stored.tell() - self._start

    def close(self) -> None:
        self._stored.close()
        super().close()

    @contextmanager
    def _watch(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise storage_failure(self._path, error) from None


def _list_local(root: str) -> tuple[str, list[StoredFile]]:
    place = Path(root)
    if place.is_file():
        return str(place.parent.resolve()), [_stored(place, place.name)]
    if not place.is_dir():
        what = "neither a file nor a folder" if place.exists() else "no such file or folder"
        raise ConfigError(f"input {root}: {what}")
    folder = place.resolve()
    found = [_stored(path, path.relative_to(folder).as_posix()) for path in _walk(folder)]
    return str(folder), found


def _walk(folder: Path) -> Iterator[Path]:
    def fail(error: OSError) -> None:
        raise error

    seen: set[str] = set()
    # Links are followed: dumps are often linked into place. A link back up is entered once.
    for parent, children, names in os.walk(folder, followlinks=True, onerror=fail):
        real = os.path.realpath(parent)
        if real in seen:
            children.clear()
            continue
        seen.add(real)
        children.sort()
        yield from (Path(parent) / name for name in names)


def _stored(place: Path, path: str) -> StoredFile:
    if not place.is_file():
        problem = "not a regular file" if place.exists() else "a link to nothing"
        return StoredFile(path=path, size=0, modified_ns=0, problem=problem)
    status = place.stat()
    return StoredFile(path=path, size=status.st_size, modified_ns=status.st_mtime_ns)


def _list_remote(root: str) -> tuple[str, list[StoredFile]]:
    place, options = split_query(root)
    files, folder = connect(place + options)
    info = files.get_file_info(folder)
    if info.type == pa.fs.FileType.NotFound:
        raise ConfigError(f"input {root}: no such file or folder")
    if info.type == pa.fs.FileType.File:
        parent = place.rpartition("/")[0] + options
        return parent, [StoredFile(info.base_name, info.size, info.mtime_ns)]
    return place + options, [
        StoredFile(entry.path.removeprefix(folder).lstrip("/"), entry.size, entry.mtime_ns)
        for entry in files.get_file_info(pa.fs.FileSelector(folder, recursive=True))
        if entry.type == pa.fs.FileType.File
    ]
