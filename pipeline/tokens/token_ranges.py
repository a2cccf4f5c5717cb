"""Which tokens are whose: from a place in the shards to its document, and back.

Reads the side files of the shards alone (16 bytes of id and 8 of offset per document), never
the tokens.
"""

import hashlib
import io
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pyarrow.fs
from numpy.typing import NDArray

from schemas.errors import ConfigError, ShardError
from schemas.shards import Manifest, Shard


@dataclass(frozen=True, slots=True)
class TokenRange:
    """The tokens of one document, its end-of-text id included."""

    doc_id: str
    split: str
    shard: str
    row: int
    """Place of the document in its shard."""
    start: int
    """First token, counted from the start of the shard."""
    stop: int
    position: int
    """First token, counted from the start of the split's stream."""

    def __str__(self) -> str:
        length = self.stop - self.start
        return (
            f"{self.shard}[{self.start}:{self.stop}] = "
            f"{self.split}[{self.position}:{self.position + length}]"
        )


class TokenRanges:
    """The documents of a set of shards, by place and by id."""

    def __init__(self, files: pyarrow.fs.FileSystem, folder: str, manifest: Manifest) -> None:
        """``folder`` holds the shards of ``manifest``."""
        self._files = files
        self._folder = folder
        self._shards = {shard.name: shard for shard in manifest.shards}
        self._first: dict[str, int] = {}
        totals: dict[str, int] = {}
        for shard in manifest.shards:
            self._first[shard.name] = totals.get(shard.split, 0)
            totals[shard.split] = self._first[shard.name] + shard.num_tokens
        self._totals = totals

    def at(self, name: str, token: int) -> TokenRange:
        """The document that holds a token: ``name`` is a shard, or a split and then ``token``
        counts from the start of its stream.

        Raises:
            ConfigError: no such shard or split, or it has fewer tokens.
        """
        if name in self._totals and 0 <= token < self._totals[name]:
            shard = next(
                shard
                for shard in self._shards.values()
                if shard.split == name and 0 <= token - self._first[shard.name] < shard.num_tokens
            )
            return self.at(shard.name, token - self._first[shard.name])
        if name not in self._shards:
            known = f"has {self._totals[name]} tokens" if name in self._totals else "is not there"
            raise ConfigError(f"{name}:{token}: {name} {known}")
        shard = self._shards[name]
        if not 0 <= token < shard.num_tokens:
            raise ConfigError(f"{name}:{token}: {name} has {shard.num_tokens} tokens")
        offsets = self._offsets(shard)
        row = int(np.searchsorted(offsets, token, side="right")) - 1
        doc_id = self._doc_ids(shard)[row].tobytes().hex()
        return self._range(shard, row, doc_id, offsets)

    def documents(self, name: str, first: int, last: int) -> list[TokenRange]:
        """Documents of a shard by their places in it, both ends in, as a training run names them.

        Raises:
            ConfigError: no such shard, or it has fewer documents.
        """
        shard = self._shards.get(name)
        if shard is None or not first <= last < shard.num_documents:
            known = f"has {shard.num_documents} documents" if shard else "is not there"
            raise ConfigError(f"{name} documents {first}-{last}: {name} {known}")
        offsets, ids = self._offsets(shard), self._doc_ids(shard)
        return [
            self._range(shard, row, ids[row].tobytes().hex(), offsets)
            for row in range(first, last + 1)
        ]

    def of(self, doc_ids: Collection[str]) -> list[TokenRange]:
        """All ranges of these documents, in the order of the shards."""
        wanted = set(doc_ids)
        heads = np.array(sorted({int(doc_id[:16], 16) for doc_id in wanted}), np.uint64)
        found = []
        for shard in self._shards.values():
            ids = self._doc_ids(shard)
            rows = np.flatnonzero(np.isin(ids[:, :8].copy().view(">u8")[:, 0], heads))
            hits = [(int(row), ids[row].tobytes().hex()) for row in rows]
            hits = [(row, doc_id) for row, doc_id in hits if doc_id in wanted]
            if hits:
                offsets = self._offsets(shard)
                found += [self._range(shard, row, doc_id, offsets) for row, doc_id in hits]
        return found

    def _range(
        self, shard: Shard, row: int, doc_id: str, offsets: NDArray[np.uint64]
    ) -> TokenRange:
        start, stop = int(offsets[row]), int(offsets[row + 1])
        first = self._first[shard.name]
        return TokenRange(doc_id, shard.split, shard.name, row, start, stop, first + start)

    def _offsets(self, shard: Shard) -> NDArray[np.uint64]:
        return self._load(shard, ".offsets.npy", (shard.num_documents + 1,)).view(np.uint64)

    def _doc_ids(self, shard: Shard) -> NDArray[np.uint8]:
        return self._load(shard, ".doc_ids.npy", (shard.num_documents, 16)).view(np.uint8)

    def _load(self, shard: Shard, suffix: str, shape: tuple[int, ...]) -> NDArray[np.generic]:
        path = f"{self._folder}/{shard.name}{suffix}"
        try:
            with self._files.open_input_stream(path, compression=None) as stream:
                content = bytes(stream.read())
            # A wrong id would hide a document from whoever asks for it, or takes it down.
            if hashlib.sha256(content).hexdigest() != shard.sha256.get(suffix):
                raise ShardError(f"{path}: not the file of the manifest; restore it or build again")
            array: NDArray[np.generic] = np.load(io.BytesIO(content), allow_pickle=False)
        except FileNotFoundError:
            raise ShardError(f"{path}: no such file") from None
        except (OSError, ValueError) as error:
            raise ShardError(f"{path}: {error}") from None
        if array.shape != shape:
            raise ShardError(f"{path}: shape {array.shape}, the manifest says {shape}")
        return array
