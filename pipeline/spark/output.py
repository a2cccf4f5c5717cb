"""The folder of a corpus: to whom it belongs, and which of its builds is in force."""

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import pyarrow.fs

from pipeline.spark.tables import (
    committed_batches,
    delete_folder,
    exists,
    filesystem,
    read_text,
    write_text,
)
from schemas.documents import DOCUMENTS
from schemas.errors import ConfigError
from schemas.folder_lock import locked
from schemas.shards import canonical_json

MARKER = "corpus.json"
_GLOB_CHARACTERS = "*?[]{}\\"


def check_output(output: str, name: str, input_root: str) -> None:
    """Refuse an output folder that is not ours to write to.

    Raises:
        ConfigError: it belongs to another corpus, holds other files, or lies inside the input.
    """
    odd = sorted(set(output) & set(_GLOB_CHARACTERS))
    if odd:
        raise ConfigError(
            f"output {output}: Spark takes {' '.join(odd)} in a path for wildcards; choose another"
        )
    if "://" not in output and "://" not in input_root:
        inside, outside = Path(output).resolve(), Path(input_root).resolve()
        if inside == outside or outside in inside.parents:
            raise ConfigError(f"output {output} lies inside the input {input_root}; choose another")
    marker = f"{output}/{MARKER}"
    if exists(marker):
        try:
            owner = json.loads(read_text(marker))["name"]
        except (ValueError, KeyError, TypeError):
            raise ConfigError(f"{marker}: damaged; choose another output folder") from None
        if owner != name:
            raise ConfigError(
                f"output {output} belongs to the corpus {owner!r}, not to {name!r}; choose another "
                "output, or give both the same name = ... in the configuration"
            )
    elif exists(output) and not _is_empty(output):
        raise ConfigError(f"output {output} is not empty and is no corpus; choose another folder")
    if "://" not in output:
        _check_writable(Path(output))


@contextmanager
def claim_output(output: str, name: str) -> Iterator[None]:
    """Write down to which corpus the folder belongs, and keep other builds out meanwhile.

    A folder that this call made is removed again when it ends with an error before any documents
    are committed. The lock is the operating system's: it ends with the process, however that
    ends. On an object store there is none.

    Raises:
        DataError: another build of this corpus is running.
    """
    is_new = not exists(f"{output}/{MARKER}")
    if is_new:
        write_text(f"{output}/{MARKER}", canonical_json({"name": name}))
    with nullcontext() if "://" in output else locked(Path(output), "build"):
        try:
            yield
        except BaseException:
            if is_new and not committed_batches(DOCUMENTS, output):
                delete_folder(output)
            raise


def _check_writable(output: Path) -> None:
    place = next(folder for folder in (output, *output.parents) if folder.exists())
    if not place.is_dir():
        raise ConfigError(f"output {output}: {place} is a file; choose a folder")
    try:
        with tempfile.TemporaryFile(dir=place):
            pass
    except OSError as error:
        raise ConfigError(f"output {output}: cannot write to {place}: {error.strerror}") from None


def point_latest(output: str, build: str) -> None:
    """Put a build in force: ``builds/latest`` is a link on a local disk, else a pointer file."""
    if "://" in output:
        write_text(f"{output}/builds/latest.json", canonical_json({"build": build}))
        return
    link = Path(output) / "builds" / "latest"
    draft = link.with_name(f".latest.{os.getpid()}")
    draft.unlink(missing_ok=True)  # of a build that was killed and had this number
    draft.symlink_to(build)
    draft.replace(link)


def latest_build(output: str) -> str | None:
    """Name of the build in force, or ``None``."""
    if "://" in output:
        pointer = f"{output}/builds/latest.json"
        return str(json.loads(read_text(pointer))["build"]) if exists(pointer) else None
    link = Path(output) / "builds" / "latest"
    return link.readlink().name if link.is_symlink() else None


def _is_empty(folder: str) -> bool:
    files, path = filesystem(folder)
    if files.get_file_info(path).type != pyarrow.fs.FileType.Directory:
        raise ConfigError(f"output {folder} is a file; choose a folder")
    return not files.get_file_info(pyarrow.fs.FileSelector(path))
