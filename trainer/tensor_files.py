"""Named tensors on disk: one safetensors file, or one per rank that holds its rows of each.

Of a run that shares out its weights (FSDP) each rank writes its own part, such as
``model-part-00001-of-00004.safetensors``. A tensor is the rows of all parts in the order of the
ranks, so any number of ranks can read what another number wrote, and so can a single process.
"""

import hashlib
import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from schemas.errors import CorpusMillError

_POLL_SECONDS = 0.05


def file_name(kind: str, rank: int, num_parts: int) -> str:
    """Name of the file that holds a rank's part of a kind of tensors.

    >>> file_name("model", 0, 1), file_name("model", 1, 4)
    ('model.safetensors', 'model-part-00002-of-00004.safetensors')
    """
    if num_parts == 1:
        return f"{kind}.safetensors"
    return f"{kind}-part-{rank + 1:05d}-of-{num_parts:05d}.safetensors"


def write_part(
    folder: Path, kinds: Mapping[str, Mapping[str, Tensor]], rank: int = 0, num_parts: int = 1
) -> None:
    """Write a rank's part of each kind into ``folder`` and onto the disk; its receipt comes last.

    Raises:
        CorpusMillError: it cannot be written; the receipt then says why.
    """
    digests = {}
    try:
        for kind, tensors in kinds.items():
            path = folder / file_name(kind, rank, num_parts)
            on_cpu = {name: value.detach().cpu().contiguous() for name, value in tensors.items()}
            save_file(on_cpu, path)
            digests[path.name] = flush(path)
        _write_receipt(folder, rank, {"files": digests, "failure": None})
    except (OSError, SafetensorError) as error:
        with suppress(OSError):  # a full disk refuses this, too: then rank 0 waits in vain
            _write_receipt(folder, rank, {"files": {}, "failure": str(error)})
        raise CorpusMillError(f"rank {rank}: {error}") from None


def _write_receipt(folder: Path, rank: int, receipt: object) -> None:
    draft = folder / f".draft-receipt-{rank}"
    draft.write_text(json.dumps(receipt), "utf-8")
    draft.replace(_receipt(folder, rank))


def _receipt(folder: Path, rank: int) -> Path:
    return folder / f"receipt-{rank}.json"


def collect_parts(folder: Path, num_parts: int, patience: float) -> dict[str, str]:
    """Checksums of all files by name, once every rank has written its part; receipts are removed.

    Args:
        patience: seconds to wait for the other ranks.

    Raises:
        CorpusMillError: a rank could not write its part, or it did not come.
    """
    end = time.monotonic() + patience
    digests: dict[str, str] = {}
    for rank in range(num_parts):
        path = _receipt(folder, rank)
        while not path.exists():
            if time.monotonic() > end:
                raise CorpusMillError(
                    f"{folder}: the part of rank {rank} is missing; all ranks must see this folder"
                )
            time.sleep(_POLL_SECONDS)
        receipt = json.loads(path.read_text("utf-8"))
        if receipt["failure"] is not None:
            raise CorpusMillError(f"rank {rank}: {receipt['failure']}")
        digests |= receipt["files"]
        path.unlink()
    return digests


def flush(path: Path) -> str:
    """Force a file to the disk; its sha256."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
        return hashlib.file_digest(file, "sha256").hexdigest()


class TensorFiles(Mapping[str, Tensor]):
    """The tensors of a kind in a folder, whole, each read from the disk when it is asked for."""

    def __init__(self, folder: Path, kind: str) -> None:
        """Open all parts.

        Raises:
            CorpusMillError: there is none.
        """
        paths = sorted(folder.glob(f"{kind}-part-*.safetensors")) or [
            folder / file_name(kind, 0, 1)
        ]
        try:
            self._parts: list[Any] = [
                safe_open(path, framework="pt", device="cpu") for path in paths
            ]
        except (OSError, SafetensorError) as error:
            raise CorpusMillError(f"{folder}: no {kind} tensors: {error}") from None
        self._holders: dict[str, list[int]] = {}
        for at, part in enumerate(self._parts):
            for name in part.keys():  # noqa: SIM118 (a file, no mapping)
                self._holders.setdefault(name, []).append(at)

    def __getitem__(self, name: str) -> Tensor:
        # What a part gives is a view of the file, and an optimizer may keep it as its state.
        rows = [self._parts[at].get_tensor(name) for at in self._holders[name]]
        return rows[0].clone() if len(rows) == 1 else torch.cat(rows)

    def __iter__(self) -> Iterator[str]:
        return iter(self._holders)

    def __len__(self) -> int:
        return len(self._holders)

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Shapes by name, without reading a tensor."""
        return {name: self._shape(name) for name in self}

    def _shape(self, name: str) -> tuple[int, ...]:
        shapes = [self._parts[at].get_slice(name).get_shape() for at in self._holders[name]]
        if len(shapes) == 1:
            return tuple(shapes[0])
        return (sum(shape[0] for shape in shapes), *shapes[0][1:])
