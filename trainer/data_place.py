"""Where shards lie: beside a local manifest, or in an object store with a cache before it."""

import os
import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.fs

from schemas.build import find_shard_manifest, shards_of
from schemas.errors import ConfigError, ShardError
from schemas.object_store import connect, is_remote, split_query
from schemas.redaction import redact
from schemas.shards import (
    MANIFEST_NAME,
    TOKENIZER_NAME,
    Manifest,
    parse_manifest,
    read_manifest,
)
from trainer.config import CacheParams
from trainer.fetching import Patience, Wanted, fetch
from trainer.shard_cache import ShardCache
from trainer.shard_files import check_digest


def open_place(
    manifest_path: str | Path, params: CacheParams
) -> tuple[Path, Manifest, ShardCache | None]:
    """Local folder with the tokenizer, the manifest, and the cache where the shards are remote.

    ``manifest_path`` is the manifest, the folder that holds it, or a corpus folder; a path or a
    URI that Arrow knows (``s3://bucket/corpus?region=...``).

    Raises:
        ConfigError: nothing of the kind is there, or the URI cannot be understood.
        ShardError: the manifest or the tokenizer cannot be trusted, or not be had.
    """
    if not is_remote(str(manifest_path)):
        path, stated = find_shard_manifest(manifest_path)
        manifest = read_manifest(path)
        if stated is not None:
            check_digest(path, stated, "the build")
        check_digest(path.parent / TOKENIZER_NAME, manifest.tokenizer.sha256)
        return path.parent, manifest, None
    uri, options = split_query(str(manifest_path))
    try:
        files, path_there = connect(uri + options)
    except (OSError, pa.ArrowInvalid) as error:
        reason = " ".join(str(error).split())
        raise ConfigError(f"data.manifest = {uri}: {reason}") from None
    patience = Patience(params.attempts, params.stall_seconds)
    root, text = _find(files, path_there, uri, patience)
    manifest = parse_manifest(text, redact(uri))
    folder = _cache_folder(params) / manifest.identity()[:16]
    folder.mkdir(parents=True, exist_ok=True)
    wanted = Wanted(TOKENIZER_NAME, sha256=manifest.tokenizer.sha256)
    fetch(files, f"{root}/{TOKENIZER_NAME}", wanted, folder / TOKENIZER_NAME, patience)
    cache = ShardCache(files, root, folder, params.max_bytes, params.num_threads, patience)
    return folder, manifest, cache


def _find(files: pyarrow.fs.FileSystem, path: str, uri: str, patience: Patience) -> tuple[str, str]:
    """Path of the folder of the manifest that ``path`` stands for, and the manifest's text."""
    if path.endswith(".json"):
        return path.rpartition("/")[0], _read(files, path, patience)
    build = f"{path}/builds/latest/{MANIFEST_NAME}"
    try:
        if _is_file(files, f"{path}/{MANIFEST_NAME}"):
            return path, _read(files, f"{path}/{MANIFEST_NAME}", patience)
        if _is_file(files, build):
            shards, stated = shards_of(_read(files, build, patience))
            place = f"{path}/{shards}"
            return place.rpartition("/")[0], _read(files, place, patience, stated)
    except (ValueError, LookupError, TypeError):
        raise ShardError(f"{uri}: not a build manifest; build the corpus again") from None
    except OSError as error:
        raise ShardError(f"{uri}: the storage fails: {' '.join(str(error).split())}") from None
    raise ConfigError(f"{uri}: no shard manifest there; build the corpus first (make corpus)")


def _is_file(files: pyarrow.fs.FileSystem, path: str) -> bool:
    return bool(files.get_file_info(path).type == pyarrow.fs.FileType.File)


def _read(
    files: pyarrow.fs.FileSystem, path: str, patience: Patience, sha256: str | None = None
) -> str:
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / MANIFEST_NAME
        fetch(files, path, Wanted(MANIFEST_NAME, sha256=sha256), target, patience)
        return target.read_text(encoding="utf-8")


def _cache_folder(params: CacheParams) -> Path:
    if params.folder is not None:
        return Path(params.folder)
    home = os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()
    return Path(home) / "corpusmill" / "shards"
