"""Token shards of one split, opened as one long stream of tokens.

The stream is the concatenation of the split's shards in manifest order. Files are opened when
first touched; a byte that differs from the manifest is refused with the file's name.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import DTypeLike, NDArray

from schemas.errors import ConfigError, ShardError
from schemas.shards import Split
from trainer.config import CacheParams, Verify
from trainer.data_place import open_place
from trainer.kernels.gather import gather, mark_documents, spread_facts
from trainer.kernels.places import sum_places
from trainer.shard_files import ShardFiles, damaged

_WRONG = {
    1: (".weights.npy", "a loss weight is not >= 0"),
    2: (".sources.npy", "a source that the manifest lacks"),
    3: (".offsets.npy", "a document ends before it begins"),
}


@dataclass(frozen=True, slots=True)
class Location:
    """Where a stretch of tokens lies: a shard, and the range of its documents (both ends in)."""

    shard: str
    first_document: int
    last_document: int

    def __str__(self) -> str:
        return f"{self.shard} documents {self.first_document}-{self.last_document}"


class TokenStream:
    """The tokens of one split, by position.

    Attributes:
        manifest: what the shards say of themselves.
        num_tokens: length of the stream.
        bounds: int64 ``(S + 1,)``, position of the first token of each shard, and the end.
    """

    def __init__(
        self,
        manifest_path: str | Path,
        split: Split,
        verify: Verify = "first_use",
        cache: CacheParams | None = None,
    ) -> None:
        """Check names, sizes and the tokenizer; with ``verify="open"`` every checksum too.

        ``cache``: of shards that lie in an object store.

        Raises:
            ShardError: names the file that is missing or differs from the manifest.
            ConfigError: there is no manifest, or ``verify="open"`` is asked of remote shards.
        """
        self.folder, self.manifest, store = open_place(manifest_path, cache or CacheParams())
        if store is not None and verify == "open":
            raise ConfigError(
                "data.verify = 'open': would fetch all shards at once; allowed for an object "
                "store: first_use, never"
            )
        self._shards = [s for s in self.manifest.shards if s.split == split and s.num_tokens]
        sizes = [shard.num_tokens for shard in self._shards]
        self.bounds: NDArray[np.int64] = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        self.num_tokens = int(self.bounds[-1])
        self._num_documents = np.array([s.num_documents for s in self._shards], np.int64)
        self._keys = np.array([int(s.sha256[".bin"][:16], 16) for s in self._shards], np.uint64)
        self._dtype = np.dtype(self.manifest.dtype).newbyteorder("<")
        self._files = ShardFiles(self.folder, store, self._shards, self.bounds, self._dtype, verify)

    def gather(
        self, starts: NDArray[np.int64], length: int, dtype: DTypeLike = np.int64
    ) -> NDArray[np.int64]:
        """``length`` tokens from each start, int64 ``(len(starts), length)``.

        Raises:
            ShardError: a shard is damaged, or holds an id outside the vocabulary.
            IndexError: a stretch reaches outside the stream.
        """
        return self.read(starts, length, np.ones(len(starts), np.uint64), dtype)[0]

    def read(
        self,
        starts: NDArray[np.int64],
        length: int,
        marks: NDArray[np.uint64],
        dtype: DTypeLike = np.int64,
    ) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
        """Tokens as :meth:`gather` gives them, and the checksum of the places they are from.

        The checksum, uint64 ``(3,)``, is that of :mod:`trainer.kernels.places`, each row's hashes
        multiplied by its mark; it is computed where the tokens are copied.

        Raises:
            ShardError: a shard is damaged, or holds an id outside the vocabulary.
            IndexError: a stretch reaches outside the stream.
        """
        starts = np.ascontiguousarray(starts, np.int64)
        rows, sums = np.empty((len(starts), length), dtype), np.zeros(3, np.uint64)
        with self._files.reading(starts, length, (".bin",)):
            largest, unread = gather(
                self._files.descriptors,
                self._dtype.itemsize,
                self.bounds,
                starts,
                rows,
                self._keys,
                np.ascontiguousarray(marks, np.uint64),
                sums,
            )
        if unread >= 0:
            raise self._damaged(unread, ".bin", "cannot be read to its end")
        if largest >= self.manifest.tokenizer.vocabulary_size:
            self._refuse_ids(starts, rows)
        return rows, sums

    def places(
        self, starts: NDArray[np.int64], length: int, marks: NDArray[np.uint64]
    ) -> NDArray[np.uint64]:
        """The checksum that :meth:`read` must give for these stretches.

        Computed from the manifest alone; no shard is touched.
        """
        sums = np.zeros(3, np.uint64)
        starts = np.ascontiguousarray(starts, np.int64)
        sum_places(starts, length, self.bounds, self._keys, marks, sums)
        return sums

    def facts(
        self, starts: NDArray[np.int64], length: int
    ) -> tuple[NDArray[np.float32], NDArray[np.uint16]]:
        """Loss weight and source of the document of each of those tokens.

        float32 and uint16 of the shape that :meth:`gather` has; a source is a place in
        ``manifest.sources``.

        Raises:
            ShardError: a weight is negative or not finite, a source is unknown, or a shard is
                damaged.
        """
        starts = np.ascontiguousarray(starts, np.int64)
        weights = np.empty((len(starts), length), np.float32)
        sources = np.empty((len(starts), length), np.uint16)
        with self._files.reading(starts, length):
            number, wrong = spread_facts(
                self._files.addresses,
                self._num_documents,
                self.bounds,
                starts,
                weights,
                sources,
                len(self.manifest.sources),
            )
        if wrong:
            raise self._damaged(number, *_WRONG[wrong])
        return weights, sources

    def boundaries(
        self, starts: NDArray[np.int64], length: int, max_documents: int | None = None
    ) -> NDArray[np.int32]:
        """Where documents begin in those stretches, laid end to end: cumulative lengths.

        int32 ``(max_documents + 1,)``, the ``cu_seqlens`` of attention kernels for sequences of
        unequal length. Each stretch begins one of its own; what is left of the array holds the
        end, so that its shape never changes. ``max_documents`` is ``len(starts) * length``, which
        always suffices, unless given.

        Raises:
            ShardError: there are more documents than ``max_documents``, or a shard is damaged.
        """
        starts = np.ascontiguousarray(starts, np.int64)
        size = len(starts) * length if max_documents is None else max_documents
        marks = np.full(size + 1, len(starts) * length, np.int32)
        with self._files.reading(starts, length, (".offsets.npy",)):
            found = mark_documents(
                self._files.addresses[0],
                self._num_documents,
                self.bounds,
                starts,
                length,
                marks[:-1],
            )
        if found < 0:
            raise self._damaged(-1 - found, *_WRONG[3])
        if found > size:
            raise ShardError(f"{found} documents in {len(starts)} sequences, at most {size} fit")
        return marks

    def prefetch(self, starts: NDArray[np.int64], length: int) -> None:
        """Begin to fetch what these stretches need, where shards lie in an object store."""
        self._files.prefetch(starts, length)

    def locate(self, start: int, length: int) -> list[Location]:
        """The shards and documents that a stretch of the stream touches."""
        found = []
        with self._files.reading(np.array([start]), length, (".offsets.npy",)):
            ends = np.searchsorted(self.bounds, [start, start + length - 1], side="right")
            for number in range(ends[0] - 1, ends[1]):
                first, end = self.bounds[number : number + 2].tolist()
                places = [max(start, first) - first, min(start + length, end) - 1 - first]
                offsets = self._files.facts(number, ".offsets.npy")
                first, last = np.searchsorted(offsets, np.array(places, np.uint64), side="right")
                found.append(Location(self._shards[number].name, int(first) - 1, int(last) - 1))
        return found

    def sources_of(self, place: Location) -> list[str]:
        """Names of the sources of a range of documents, in the order of the manifest."""
        number = [shard.name for shard in self._shards].index(place.shard)
        with self._files.reading(self.bounds[number : number + 1], 1, (".sources.npy",)):
            sources = self._files.facts(number, ".sources.npy")
            numbers = np.unique(sources[place.first_document : place.last_document + 1])
        return [self.manifest.sources[number] for number in numbers.tolist()]

    def _refuse_ids(self, starts: NDArray[np.int64], rows: NDArray[np.int64]) -> None:
        vocabulary_size = self.manifest.tokenizer.vocabulary_size
        wrong = int(np.argmax(((rows < 0) | (rows >= vocabulary_size)).any(axis=1)))
        where = self.locate(int(starts[wrong]), rows.shape[1])[0]
        what = f"token id outside the vocabulary of {vocabulary_size}"
        raise damaged(self.folder / str(where), what)

    def _damaged(self, number: int, suffix: str, what: str) -> ShardError:
        return damaged(self.folder / f"{self._shards[number].name}{suffix}", what)
