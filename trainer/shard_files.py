"""The files of shards, verified and mapped into memory when they are first needed."""

import hashlib
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from schemas.errors import ShardError
from schemas.shards import SIDE_FILES, Shard
from trainer.config import Verify

# A process may have 65,530 maps (vm.max_map_count); four files of each shard are used.
_MAX_MAPS = 32_768
_FACTS: dict[str, np.dtype[Any]] = {
    ".offsets.npy": np.dtype("<u8"),
    ".weights.npy": np.dtype("<f4"),
    ".sources.npy": np.dtype("<u2"),
}
FACT_FILES = tuple(_FACTS)


class ShardFiles:
    """Maps of the files of some shards, by the shard's number.

    A map keeps no file descriptor, so that thousands of shards may be open.

    Attributes:
        addresses: uint64 ``(4, S)``, where the first item of a file is in memory, 0 where it is
            not mapped: of the tokens, then of each of :data:`FACT_FILES`.
    """

    def __init__(
        self, folder: Path, shards: Sequence[Shard], dtype: np.dtype[Any], verify: Verify
    ) -> None:
        """Check names and sizes; with ``verify="open"`` every checksum too.

        Raises:
            ShardError: names the file that is missing or differs from the manifest.
        """
        self._folder, self._shards, self._verify = folder, shards, verify
        self._verified: set[int] = set()
        self._dtypes: dict[str, np.dtype[Any]] = {".bin": dtype, **_FACTS}
        self._maps: dict[tuple[int, str], NDArray[Any]] = {}
        self._rows = {suffix: row for row, suffix in enumerate(self._dtypes)}
        self.addresses = np.zeros((len(self._dtypes), len(shards)), np.uint64)
        for shard in shards:
            self._check_size(shard)
        if verify == "open":
            for number in range(len(shards)):
                self._check_digests(number)

    def need(self, numbers: NDArray[np.int64], suffixes: Iterable[str]) -> None:
        """Map files of the shards ``numbers``, where they are not.

        Raises:
            ShardError: one is damaged.
        """
        for suffix in suffixes:
            absent = numbers[self.addresses[self._rows[suffix], numbers] == 0]
            for number in np.unique(absent).tolist():
                self.array(number, suffix)

    def release(self) -> None:
        """Unmap the oldest where there are too many; to be called when none is in use."""
        while len(self._maps) > _MAX_MAPS:
            number, suffix = next(iter(self._maps))
            self.addresses[self._rows[suffix], number] = 0
            del self._maps[number, suffix]

    def array(self, number: int, suffix: str) -> NDArray[Any]:
        """One file of a shard; the shard is verified before its first use.

        Raises:
            ShardError: it is damaged.
        """
        found = self._maps.get((number, suffix))
        if found is None:
            if self._verify != "never" and number not in self._verified:
                self._check_digests(number)
            found = self._maps[number, suffix] = self._map(number, suffix)
            self.addresses[self._rows[suffix], number] = found.ctypes.data
        return found

    def _map(self, number: int, suffix: str) -> NDArray[Any]:
        shard, dtype = self._shards[number], self._dtypes[suffix]
        name = f"{shard.name}{suffix}"
        try:
            with pa.memory_map(str(self._folder / name)) as file:
                buffer = file.read_buffer()
            array = np.frombuffer(buffer, dtype) if suffix == ".bin" else _npy(buffer, dtype)
        except (OSError, ValueError) as error:
            raise ShardError(f"{name}: cannot be read: {error}") from None
        expected = {".bin": shard.num_tokens, ".offsets.npy": shard.num_documents + 1}
        shape = (expected.get(suffix, shard.num_documents),)
        if array.shape != shape:
            raise ShardError(f"{name}: shape {array.shape}, the manifest says {shape}")
        if suffix == ".offsets.npy" and array[-1] != shard.num_tokens:
            raise ShardError(f"{name}: ends at {array[-1]}, the manifest says {shard.num_tokens}")
        return array

    def _check_size(self, shard: Shard) -> None:
        expected = shard.num_tokens * self._dtypes[".bin"].itemsize
        try:
            found = (self._folder / f"{shard.name}.bin").stat().st_size
        except OSError:
            raise ShardError(f"{shard.name}.bin: no such file beside the manifest") from None
        if found != expected:
            raise ShardError(f"{shard.name}.bin: {found} bytes, the manifest says {expected}")

    def _check_digests(self, number: int) -> None:
        shard = self._shards[number]
        for suffix in SIDE_FILES:
            if suffix not in shard.sha256:
                raise ShardError(f"{shard.name}{suffix}: the manifest has no checksum of it")
            check_digest(self._folder, f"{shard.name}{suffix}", shard.sha256[suffix])
        self._verified.add(number)


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


def check_digest(folder: Path, name: str, expected: str) -> None:
    """Compare a file with its checksum.

    Raises:
        ShardError: names the file that is missing, unreadable or differs.
    """
    try:
        with (folder / name).open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        raise ShardError(f"{name}: no such file beside the manifest") from None
    except OSError as error:
        raise ShardError(f"{name}: cannot be read: {error}") from None
    if found != expected:
        raise ShardError(f"{name}: sha256 {found[:12]}, the manifest says {expected[:12]}")
