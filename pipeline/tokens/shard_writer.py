"""Writes the files of one shard, each aside and then renamed, and returns its manifest entry.

Layouts: schemas/shards.py; the ``.idx`` follows Megatron-LM's IndexedDataset, version 1.
"""

import hashlib
import io
import struct
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow.fs
from numpy.typing import NDArray

from pipeline.durable import write_file
from schemas.documents import Source
from schemas.shards import Shard, Split

_MEGATRON_MAGIC = b"MMIDIDX\x00\x00"
_MEGATRON_CODES = {"int32": 4, "uint16": 8}


class ShardWriter:
    """Collects the documents of one shard in their final order."""

    def __init__(self, split: Split, number: int, dtype: str) -> None:
        """``number`` is the shard's place in its split; ``dtype`` is ``uint16`` or ``int32``."""
        self.split = split
        self.number = number
        self.name = f"{split}/shard-{number:05d}"
        self.dtype = dtype
        self._payload = io.BytesIO()
        self._lengths: list[int] = []
        self._sources: list[int] = []
        self._doc_ids: list[str] = []
        self._num_utf8_bytes = 0
        self._tokens_per_source: dict[str, int] = {}

    def add(self, doc_id: str, source: str, tokens: NDArray[Any], num_utf8_bytes: int) -> None:
        """Append one document; ``tokens``, integers, end with the end-of-text id."""
        self._payload.write(tokens.astype(f"<{np.dtype(self.dtype).str[1:]}", copy=False).tobytes())
        self._lengths.append(len(tokens))
        self._sources.append(Source(source).code)
        self._doc_ids.append(doc_id)
        self._num_utf8_bytes += num_utf8_bytes
        self._tokens_per_source[source] = self._tokens_per_source.get(source, 0) + len(tokens)

    def write(
        self, files: pyarrow.fs.FileSystem, folder: str, loss_weights: Mapping[str, float]
    ) -> Shard:
        """Write all files of the shard below ``folder`` and describe them."""
        names = [source.value for source in Source]
        contents = side_files(
            self._payload.getvalue(),
            np.array(self._lengths, np.int64),
            np.array(self._sources, np.int64),
            np.array([loss_weights.get(names[code], 1.0) for code in self._sources], np.float64),
            np.frombuffer(bytes.fromhex("".join(self._doc_ids)), np.uint8).reshape(-1, 16),
            self.dtype,
        )
        for suffix, content in contents.items():
            write_file(files, f"{folder}/{self.name}{suffix}", content)
        return Shard(
            name=self.name,
            split=self.split,
            num_tokens=sum(self._lengths),
            num_documents=len(self._lengths),
            num_utf8_bytes=self._num_utf8_bytes,
            tokens_per_source=dict(sorted(self._tokens_per_source.items())),
            sha256={
                suffix: hashlib.sha256(content).hexdigest() for suffix, content in contents.items()
            },
        )


def side_files(
    payload: bytes,
    lengths: NDArray[np.int64],
    sources: NDArray[np.generic],
    weights: NDArray[np.generic],
    doc_ids: NDArray[np.generic],
    dtype: str,
) -> dict[str, bytes]:
    """Content of every file of a shard, by suffix, from one value per document.

    ``payload`` are the tokens as they are stored, ``lengths`` counts them per document,
    ``doc_ids`` is uint8 (num_documents, 16).
    """
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    return {
        ".bin": payload,
        ".idx": megatron_index(lengths, dtype),
        ".offsets.npy": _npy(offsets.astype("<u8")),
        ".sources.npy": _npy(sources.astype("<u2")),
        ".weights.npy": _npy(weights.astype("<f4")),
        ".doc_ids.npy": _npy(doc_ids),
    }


def megatron_index(lengths: NDArray[np.int64], dtype: str) -> bytes:
    """Megatron-LM's ``.idx`` for documents of these lengths in tokens, one sequence each."""
    pointers = np.concatenate([[0], np.cumsum(lengths)[:-1]]) * np.dtype(dtype).itemsize
    header = _MEGATRON_MAGIC + struct.pack(
        "<QBQQ", 1, _MEGATRON_CODES[dtype], len(lengths), len(lengths) + 1
    )
    return b"".join(
        [
            header,
            lengths.astype("<i4").tobytes(),
            pointers[: len(lengths)].astype("<i8").tobytes(),
            np.arange(len(lengths) + 1).astype("<i8").tobytes(),
        ]
    )


def _npy(array: NDArray[np.generic]) -> bytes:
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, array, version=(1, 0), allow_pickle=False)
    return buffer.getvalue()
