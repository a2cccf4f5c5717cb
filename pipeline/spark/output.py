"""The folder of a corpus: to whom it belongs, and which of its builds is in force."""

import json
import os
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
from schemas.shards import canonical_json

MARKER = "corpus.json"


def check_output(output: str, name: str, input_root: str) -> None:
    """Refuse an output folder that is not ours to write to.

    Raises:
        ConfigError: it belongs to another corpus, holds other files, or lies inside the input.
    """
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


def claim_output(output: str, name: str) -> None:
    """Write down to which corpus the folder belongs."""
    if not exists(f"{output}/{MARKER}"):
        write_text(f"{output}/{MARKER}", canonical_json({"name": name}))


def discard_output(output: str) -> None:
    """Remove an output folder that was made in vain: one without any committed documents."""
    if not committed_batches(DOCUMENTS, output):
        delete_folder(output)


def point_latest(output: str, build: str) -> None:
    """Put a build in force: ``builds/latest`` is a link on a local disk, else a pointer file."""
    if "://" in output:
        write_text(f"{output}/builds/latest.json", canonical_json({"build": build}))
        return
    link = Path(output) / "builds" / "latest"
    draft = link.with_name(f".latest.{os.getpid()}")
    draft.symlink_to(build)
    draft.replace(link)


def _is_empty(folder: str) -> bool:
    files, path = filesystem(folder)
    if files.get_file_info(path).type != pyarrow.fs.FileType.Directory:
        raise ConfigError(f"output {folder} is a file; choose a folder")
    return not files.get_file_info(pyarrow.fs.FileSelector(path))
