"""Token shards of one split, opened as one long stream of tokens.

The stream is the concatenation of the split's shards in manifest order. Files are memory-mapped
when first touched; a byte that differs from the manifest is refused with the file's name.
"""

import hashlib
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from schemas.build import find_shard_manifest
from schemas.errors import ShardError
from schemas.shards import (
    SIDE_FILES,
    TOKENIZER_NAME,
    Manifest,
    Shard,
    Split,
    read_manifest,
)
from trainer.config import Verify

# Python keeps one file descriptor per memory map, and the usual limit is 1024.
_MAX_OPEN_MAPS = 256


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
    """

    def __init__(
        self, manifest_path: str | Path, split: Split, verify: Verify = "first_use"
    ) -> None:
        """Check names, sizes and the tokenizer; with ``verify="open"`` every checksum too.

        Raises:
            ShardError: names the file that is missing or differs from the manifest.
        """
        path = find_shard_manifest(manifest_path)
        self.folder = path.parent
        self.manifest: Manifest = read_manifest(path)
        self._shards = [s for s in self.manifest.shards if s.split == split and s.num_tokens]
        self._verify = verify
        self._verified: set[str] = set()
        self._maps: OrderedDict[str, NDArray[Any]] = OrderedDict()
        sizes = [shard.num_tokens for shard in self._shards]
        self._bounds: NDArray[np.int64] = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        self.num_tokens = int(self._bounds[-1])
        self._dtype = np.dtype(self.manifest.dtype).newbyteorder("<")
        _check_digest(self.folder, TOKENIZER_NAME, self.manifest.tokenizer.sha256)
        for shard in self._shards:
            self._check_size(shard)
        if verify == "open":
            for shard in self._shards:
                self._check_digests(shard)

    def gather(self, starts: NDArray[np.int64], length: int) -> NDArray[np.int64]:
        """``length`` tokens from each start, int64 ``(len(starts), length)``.

        Raises:
            ShardError: a shard is damaged, or holds an id outside the vocabulary.
            IndexError: a stretch reaches outside the stream.
        """
        starts = np.asarray(starts, np.int64)
        rows = np.empty((len(starts), length), np.int64)
        first, last = self._shards_between(starts, length)
        for index in np.unique(first).tolist():
            tokens = self._map(self._shards[index], ".bin")
            whole = np.flatnonzero((first == index) & (last == index))
            if whole.size:
                windows = sliding_window_view(tokens, length)
                rows[whole] = windows[starts[whole] - self._bounds[index]]
        for row in np.flatnonzero(first != last):
            rows[row] = self._read_across(int(starts[row]), length)
        vocabulary_size = self.manifest.tokenizer.vocabulary_size
        if rows.size and (rows.max() >= vocabulary_size or rows.min() < 0):
            wrong = int(np.argmax(((rows < 0) | (rows >= vocabulary_size)).any(axis=1)))
            where = self.locate(int(starts[wrong]), length)[0]
            raise ShardError(f"{where}: token id outside the vocabulary of {vocabulary_size}")
        return rows

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
        positions = (np.asarray(starts, np.int64)[:, None] + np.arange(length)).ravel()
        weights = np.empty(positions.shape, np.float32)
        sources = np.empty(positions.shape, np.uint16)
        numbers = np.searchsorted(self._bounds, positions, side="right") - 1
        for number in np.unique(numbers).tolist():
            here = np.flatnonzero(numbers == number)
            shard = self._shards[number]
            document = self._document(shard, positions[here] - self._bounds[number])
            weights[here] = self._map(shard, ".weights.npy")[document]
            sources[here] = self._map(shard, ".sources.npy")[document]
            if not (np.isfinite(weights[here]) & (weights[here] >= 0)).all():
                raise ShardError(f"{shard.name}.weights.npy: a loss weight is not >= 0")
            if sources[here].max() >= len(self.manifest.sources):
                raise ShardError(f"{shard.name}.sources.npy: a source that the manifest lacks")
        shape = (len(starts), length)
        return weights.reshape(shape), sources.reshape(shape)

    def locate(self, start: int, length: int) -> list[Location]:
        """The shards and documents that a stretch of the stream touches."""
        first, last = self._shards_between(np.array([start]), length)
        found = []
        for number in range(int(first[0]), int(last[0]) + 1):
            low = max(start, int(self._bounds[number])) - self._bounds[number]
            high = min(start + length, int(self._bounds[number + 1])) - 1 - self._bounds[number]
            ends = self._document(self._shards[number], np.array([low, high]))
            found.append(Location(self._shards[number].name, int(ends[0]), int(ends[1])))
        return found

    def sources_of(self, place: Location) -> list[str]:
        """Names of the sources of a range of documents, in the order of the manifest."""
        shard = next(shard for shard in self._shards if shard.name == place.shard)
        numbers = self._map(shard, ".sources.npy")[place.first_document : place.last_document + 1]
        return [self.manifest.sources[number] for number in np.unique(numbers).tolist()]

    def _shards_between(
        self, starts: NDArray[np.int64], length: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        if starts.size and (starts.min() < 0 or starts.max() + length > self.num_tokens):
            raise IndexError(f"tokens outside range({self.num_tokens})")
        first = np.searchsorted(self._bounds, starts, side="right") - 1
        last = np.searchsorted(self._bounds, starts + length - 1, side="right") - 1
        return first, last

    def _read_across(self, start: int, length: int) -> NDArray[np.int64]:
        parts, end = [], start + length
        number = int(np.searchsorted(self._bounds, start, side="right")) - 1
        while start < end:
            stop = min(end, int(self._bounds[number + 1]))
            tokens = self._map(self._shards[number], ".bin")
            parts.append(tokens[start - self._bounds[number] : stop - self._bounds[number]])
            start, number = stop, number + 1
        return np.concatenate(parts).astype(np.int64)

    def _document(self, shard: Shard, positions: NDArray[np.int64]) -> NDArray[np.int64]:
        offsets = self._map(shard, ".offsets.npy")
        return np.searchsorted(offsets, positions.astype(np.uint64), side="right") - 1

    def _map(self, shard: Shard, suffix: str) -> NDArray[Any]:
        """Memory map of one file; its shard is verified before its first use."""
        name = shard.name + suffix
        if name in self._maps:
            self._maps.move_to_end(name)
            return self._maps[name]
        if self._verify != "never" and shard.name not in self._verified:
            self._check_digests(shard)
        path = self.folder / name
        try:
            if suffix == ".bin":
                array: NDArray[Any] = np.memmap(path, self._dtype, mode="r")
            else:
                array = np.load(path, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError) as error:
            raise ShardError(f"{name}: cannot be read: {error}") from None
        expected = {
            ".bin": shard.num_tokens,
            ".offsets.npy": shard.num_documents + 1,
            ".weights.npy": shard.num_documents,
            ".sources.npy": shard.num_documents,
        }[suffix]
        if array.shape != (expected,):
            raise ShardError(f"{name}: shape {array.shape}, the manifest says ({expected},)")
        self._maps[name] = array
        if len(self._maps) > _MAX_OPEN_MAPS:
            self._maps.popitem(last=False)
        return array

    def _check_size(self, shard: Shard) -> None:
        expected = shard.num_tokens * self._dtype.itemsize
        try:
            found = (self.folder / f"{shard.name}.bin").stat().st_size
        except OSError:
            raise ShardError(f"{shard.name}.bin: no such file beside the manifest") from None
        if found != expected:
            raise ShardError(f"{shard.name}.bin: {found} bytes, the manifest says {expected}")

    def _check_digests(self, shard: Shard) -> None:
        for suffix in SIDE_FILES:
            if suffix not in shard.sha256:
                raise ShardError(f"{shard.name}{suffix}: the manifest has no checksum of it")
            _check_digest(self.folder, f"{shard.name}{suffix}", shard.sha256[suffix])
        self._verified.add(shard.name)


def _check_digest(folder: Path, name: str, expected: str) -> None:
    try:
        with (folder / name).open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        raise ShardError(f"{name}: no such file beside the manifest") from None
    except OSError as error:
        raise ShardError(f"{name}: cannot be read: {error}") from None
    if found != expected:
        raise ShardError(f"{name}: sha256 {found[:12]}, the manifest says {expected[:12]}")
