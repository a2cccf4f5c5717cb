"""The files of shards, verified and opened when they are first needed."""

import hashlib
import io
import resource
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from threading import RLock
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from schemas.errors import ShardError
from schemas.shards import SIDE_FILES, Shard
from trainer.config import Verify
from trainer.fetching import Wanted
from trainer.kernels.places import first_closed
from trainer.shard_cache import ShardCache

# A process may have 65,530 maps (vm.max_map_count); three files of each shard are mapped.
_MAX_MAPS = 32_768
_MAX_OPEN = 16_384
_NPY_HEAD = 128  # bytes that numpy writes before an array of one dimension
_FACTS: dict[str, np.dtype[Any]] = {
    ".offsets.npy": np.dtype("<u8"),
    ".weights.npy": np.dtype("<f4"),
    ".sources.npy": np.dtype("<u2"),
}
FACT_FILES = tuple(_FACTS)


class ShardFiles:
    """The files of some shards, by the shard's number.

    Tokens are read by descriptor; side files are mapped, which keeps no descriptor.

    Attributes:
        descriptors: int32 ``(S,)``, of the tokens; -1 where they are not open.
        addresses: uint64 ``(3, S)``, where the first item of each of :data:`FACT_FILES` is in
            memory; 0 where it is not mapped.
    """

    def __init__(
        self,
        folder: Path,
        cache: ShardCache | None,
        shards: Sequence[Shard],
        bounds: NDArray[np.int64],
        dtype: np.dtype[Any],
        verify: Verify,
    ) -> None:
        """Check names and sizes; with ``verify="open"`` every checksum too.

        ``cache``: fetches files and verifies them; without one they are in ``folder``.
        ``bounds``: int64 ``(S + 1,)``, where the shards begin in the stream, and its end.

        Raises:
            ShardError: names the file that is missing or differs from the manifest.
        """
        self._folder, self._shards, self._verify, self._cache = folder, shards, verify, cache
        self.lock = RLock()  # no file is closed while another thread reads it
        self._verified: set[int] = set()
        self._bounds, self._dtype = bounds, dtype
        self._numbers = {shard.name: number for number, shard in enumerate(shards)}
        self._open: dict[int, BinaryIO] = {}
        self._maps: dict[tuple[int, str], NDArray[Any]] = {}
        self._max_open = _allow_open(min(_MAX_OPEN, len(shards)))
        self.descriptors = np.full(len(shards), -1, np.int32)
        self.addresses = np.zeros((len(_FACTS), len(shards)), np.uint64)
        if cache is not None:
            cache.on_removal = self._close
            return
        for shard in shards:
            self._check_size(shard)
        if verify == "open":
            for number in range(len(shards)):
                self._check_digests(number)

    @contextmanager
    def reading(
        self, starts: NDArray[np.int64], length: int, suffixes: Sequence[str] = FACT_FILES
    ) -> Iterator[None]:
        """Within the block, files under some stretches of the stream are there and open.

        ``suffixes``: ``.bin``, or side files.

        Raises:
            ShardError: a shard is damaged, or cannot be fetched.
            ConfigError: the shards are larger than the cache may be.
            IndexError: a stretch reaches outside the stream.
        """
        wanted = self._wanted(starts, length, suffixes) if self._cache else ()
        with self._cache.hold(wanted) if self._cache else nullcontext(), self.lock:
            for suffix in suffixes:
                if suffix == ".bin":
                    self._need_tokens(starts, length)
                else:
                    self._need_facts(starts, length, suffix)
            yield
            self._release()

    def prefetch(self, starts: NDArray[np.int64], length: int) -> None:
        """Fetch what these stretches need, while others are read."""
        if self._cache is not None:
            self._cache.prefetch(self._wanted(starts, length, (".bin", *FACT_FILES)))

    def _wanted(
        self, starts: NDArray[np.int64], length: int, suffixes: Sequence[str]
    ) -> list[Wanted]:
        first = np.searchsorted(self._bounds, starts, side="right") - 1
        last = np.searchsorted(self._bounds, starts + length - 1, side="right") - 1
        if first.size and (first.min() < 0 or last.max() >= len(self._shards)):
            raise IndexError(f"tokens outside range({self._bounds[-1]})")
        under = {n for one, end in zip(first, last, strict=True) for n in range(one, end + 1)}
        return [
            self._describe(self._shards[number], suffix)
            for number in sorted(under)
            for suffix in suffixes
        ]

    def _describe(self, shard: Shard, suffix: str) -> Wanted:
        name = f"{shard.name}{suffix}"
        if suffix == ".bin":
            size = shard.num_tokens * self._dtype.itemsize
        else:
            items = shard.num_documents + (suffix == ".offsets.npy")
            size = _NPY_HEAD + items * _FACTS[suffix].itemsize
        if self._verify == "never":
            return Wanted(name, size)
        if suffix not in shard.sha256:
            raise ShardError(f"{name}: the manifest has no checksum of it")
        return Wanted(name, size, shard.sha256[suffix])

    def _close(self, name: str) -> None:
        """The cache removes a file, of another split where an earlier process left it."""
        base, dot, rest = name.partition(".")
        number, suffix = self._numbers.get(base, -1), dot + rest
        with self.lock:
            if suffix == ".bin" and number in self._open:
                self.descriptors[number] = -1
                self._open.pop(number).close()
            elif (number, suffix) in self._maps:
                self.addresses[FACT_FILES.index(suffix), number] = 0
                del self._maps[number, suffix]

    def _path(self, name: str) -> Path:
        return self._folder / name if self._cache is None else self._cache.path(name)

    def _need_tokens(self, starts: NDArray[np.int64], length: int) -> None:
        for number in self._closed(self.descriptors, -1, starts, length):
            self._verify_first(number)
            name = f"{self._shards[number].name}.bin"
            try:
                file = self._path(name).open("rb", buffering=0)
            except OSError as error:
                raise damaged(self._path(name), f"cannot be read: {_said(error)}") from None
            self._open[number] = file
            self.descriptors[number] = file.fileno()

    def _need_facts(self, starts: NDArray[np.int64], length: int, suffix: str) -> None:
        table = self.addresses[FACT_FILES.index(suffix)]
        for number in self._closed(table, 0, starts, length):
            self.facts(number, suffix)

    def _closed(
        self, table: NDArray[Any], closed: int, starts: NDArray[np.int64], length: int
    ) -> Iterator[int]:
        while (number := first_closed(table, closed, self._bounds, starts, length)) >= 0:
            yield number
        if number == -2:
            raise IndexError(f"tokens outside range({self._bounds[-1]})")

    def _release(self) -> None:
        """Close the oldest where there are too many."""
        while len(self._open) > self._max_open:
            number = next(iter(self._open))
            self.descriptors[number] = -1
            self._open.pop(number).close()
        while len(self._maps) > _MAX_MAPS:
            number, suffix = next(iter(self._maps))
            self.addresses[FACT_FILES.index(suffix), number] = 0
            del self._maps[number, suffix]

    def facts(self, number: int, suffix: str) -> NDArray[Any]:
        """A side file of a shard, mapped; to be asked for within :meth:`reading`.

        Raises:
            ShardError: it is damaged.
        """
        found = self._maps.get((number, suffix))
        if found is None:
            self._verify_first(number)
            found = self._maps[number, suffix] = self._map(number, suffix)
            self.addresses[FACT_FILES.index(suffix), number] = found.ctypes.data
        return found

    def _verify_first(self, number: int) -> None:
        if self._cache is not None:  # which has verified it
            return
        if self._verify != "never" and number not in self._verified:
            self._check_digests(number)

    def _map(self, number: int, suffix: str) -> NDArray[Any]:
        shard = self._shards[number]
        name = f"{shard.name}{suffix}"
        try:
            with pa.memory_map(str(self._path(name))) as file:
                array = _npy(file.read_buffer(), _FACTS[suffix])
        except (OSError, ValueError) as error:
            raise damaged(self._path(name), f"cannot be read: {_said(error)}") from None
        shape = (shard.num_documents + (suffix == ".offsets.npy"),)
        if array.shape != shape:
            what = f"shape {array.shape}, the manifest says {shape}"
            raise damaged(self._path(name), what)
        if suffix == ".offsets.npy" and array[-1] != shard.num_tokens:
            what = f"ends at {array[-1]}, the manifest says {shard.num_tokens}"
            raise damaged(self._path(name), what)
        return array

    def _check_size(self, shard: Shard) -> None:
        expected = shard.num_tokens * self._dtype.itemsize
        path = self._folder / f"{shard.name}.bin"
        try:
            found = path.stat().st_size
        except OSError as error:
            raise damaged(path, _said(error)) from None
        if found != expected:
            raise damaged(path, f"{found} bytes, the manifest says {expected}")

    def _check_digests(self, number: int) -> None:
        shard = self._shards[number]
        for suffix in SIDE_FILES:
            if suffix not in shard.sha256:
                raise ShardError(f"{shard.name}{suffix}: the manifest has no checksum of it")
            check_digest(self._folder / f"{shard.name}{suffix}", shard.sha256[suffix])
        self._verified.add(number)


def _allow_open(wanted: int) -> int:
    """How many files may be open, of ``wanted``; the process's limit is raised where it may be."""
    limit, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit < 2 * wanted:
        limit = min(most, 2 * wanted) if most != resource.RLIM_INFINITY else 2 * wanted
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, most))
    return min(wanted, limit // 2)


def _npy(buffer: pa.Buffer, dtype: np.dtype[Any]) -> NDArray[Any]:
    """The array in a mapped ``.npy`` file, not copied."""
    head = io.BytesIO(buffer.slice(0, min(buffer.size, 4096)).to_pybytes())
    version = np.lib.format.read_magic(head)
    if version != (1, 0):
        raise ValueError(f"version {version} of the npy format")
    shape, _, found = np.lib.format.read_array_header_1_0(head)
    if found != dtype:
        raise ValueError(f"numbers are {found}, not {dtype}")
    return np.frombuffer(buffer, dtype, offset=head.tell()).reshape(shape)


def check_digest(path: Path, expected: str, who: str = "the manifest") -> None:
    """Compare a file with its checksum; ``who`` states it.

    Raises:
        ShardError: names the file that is missing, unreadable or differs.
    """
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise damaged(path, _said(error)) from None
    if found != expected:
        raise damaged(path, f"sha256 {found[:12]}, {who} says {expected[:12]}")


def damaged(path: Path, what: str) -> ShardError:
    """The error for a file that is not what the manifest says, and what to do about it."""
    return ShardError(f"{path}: {what}; copy the shards again, or build the corpus again")


def _said(error: OSError | ValueError) -> str:
    """What an error says, without the path that :func:`damaged` names."""
    if isinstance(error, FileNotFoundError):
        return "no such file, though the manifest names it"
    return str(getattr(error, "strerror", None) or error)
