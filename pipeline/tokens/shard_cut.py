"""A shard without some of its documents: their token ranges and nothing else go."""

import hashlib
import io
from collections.abc import Collection

import numpy as np
import pyarrow.fs
from numpy.typing import NDArray

from pipeline.durable import link_file, write_file
from pipeline.tokens.shard_writer import side_files
from pipeline.tokens.tokenizer import Tokenizer
from schemas.errors import ShardError
from schemas.shards import SIDE_FILES, Manifest, Shard


def cut_shard(
    files: pyarrow.fs.FileSystem,
    folder: str,
    target: str,
    shard: Shard,
    rows: Collection[int],
    manifest: Manifest,
    tokenizer: Tokenizer,
) -> Shard:
    """Write ``shard`` of ``folder`` below ``target`` without the documents in ``rows``.

    With no rows its files are linked (copied where that cannot be), checksums and all. The bytes
    of text that go are those that the tokenizer gives back: of one that does not keep every
    character (it normalises, or has unknown ones), about those of the text.

    Raises:
        ShardError: a file is not the one of the manifest.
    """
    if not rows:
        for suffix in SIDE_FILES:
            name = f"{shard.name}{suffix}"
            link_file(files, f"{folder}/{name}", f"{target}/{name}")
        return shard
    contents = {suffix: _read(files, folder, shard, suffix) for suffix in SIDE_FILES}
    flat = np.frombuffer(contents[".bin"], "<u2" if manifest.dtype == "uint16" else "<i4")
    offsets = _load(contents[".offsets.npy"]).astype(np.int64)
    sources = _load(contents[".sources.npy"])
    lengths = np.diff(offsets)
    stays = np.ones(shard.num_documents, bool)
    stays[list(rows)] = False
    per_source = np.bincount(sources[stays], lengths[stays], len(manifest.sources))
    lost = sum(
        len(tokenizer.decode(flat[offsets[row] : offsets[row + 1] - 1].tolist()).encode())
        for row in rows
    )
    num_utf8_bytes = shard.num_utf8_bytes - lost
    if num_utf8_bytes < 0 or not stays.any():
        num_utf8_bytes = shard.num_utf8_bytes * int(lengths[stays].sum()) // shard.num_tokens
    left = side_files(
        flat[np.repeat(stays, lengths)].tobytes(),
        lengths[stays],
        sources[stays],
        _load(contents[".weights.npy"])[stays],
        _load(contents[".doc_ids.npy"])[stays],
        manifest.dtype,
    )
    for suffix, content in left.items():
        write_file(files, f"{target}/{shard.name}{suffix}", content)
    return shard.model_copy(
        update={
            "num_tokens": int(lengths[stays].sum()),
            "num_documents": int(stays.sum()),
            "num_utf8_bytes": num_utf8_bytes,
            "tokens_per_source": {
                name: int(count)
                for name, count in sorted(zip(manifest.sources, per_source, strict=True))
                if count
            },
            "sha256": {
                suffix: hashlib.sha256(content).hexdigest() for suffix, content in left.items()
            },
        }
    )


def _read(files: pyarrow.fs.FileSystem, folder: str, shard: Shard, suffix: str) -> bytes:
    path = f"{folder}/{shard.name}{suffix}"
    with files.open_input_stream(path, compression=None) as stream:
        content = bytes(stream.read())
    if hashlib.sha256(content).hexdigest() != shard.sha256[suffix]:
        raise ShardError(f"{path}: not the file of the manifest; restore it or build again")
    return content


def _load(content: bytes) -> NDArray[np.generic]:
    array: NDArray[np.generic] = np.load(io.BytesIO(content), allow_pickle=False)
    return array
