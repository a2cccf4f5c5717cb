"""Checkpoints: safetensors and JSON, written aside, checksummed, never half there.

``<run>/checkpoints/step-00000500/`` holds ``model.safetensors``, ``optimizer.safetensors`` and
``state.json``; the files ``latest`` and ``best`` beside it name a checkpoint each. No random
state is saved because none is carried: the order of the data and the dropout of a step are keyed
by (seed, step).
"""

import hashlib
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from schemas.errors import CorpusMillError, DataError
from schemas.shards import canonical_json
from trainer.run_state import RunState

_MODEL, _OPTIMIZER, _STATE = "model.safetensors", "optimizer.safetensors", "state.json"
_AVERAGE = "average.safetensors"


@dataclass(frozen=True, slots=True)
class Damage:
    """A checkpoint that cannot be used, and why."""

    folder: Path
    reason: str

    def __str__(self) -> str:
        return f"checkpoint {self.folder.name}: {self.reason}"


def save(
    run: Path,
    state: RunState,
    model: dict[str, Tensor],
    optimizer: dict[str, Tensor],
    keep_last: int,
    average: dict[str, Tensor] | None = None,
) -> Path:
    """Write a checkpoint, move the pointers, remove what is no longer kept.

    Raises:
        CorpusMillError: it cannot be written; those from before are untouched.
    """
    folder = run / "checkpoints"
    final = folder / f"step-{state.step:08d}"
    draft = folder / f".draft-{final.name}"
    try:
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True)
        digests = {}
        files = {_MODEL: model, _OPTIMIZER: optimizer}
        for name, tensors in (files | ({_AVERAGE: average} if average else {})).items():
            on_cpu = {key: value.detach().cpu().contiguous() for key, value in tensors.items()}
            save_file(on_cpu, draft / name)
            digests[name] = _flush(draft / name)
        state = state.model_copy(update={"files_sha256": digests})
        (draft / _STATE).write_text(canonical_json(state.model_dump(mode="json")), "utf-8")
        _flush(draft / _STATE)
        shutil.rmtree(final, ignore_errors=True)  # of an earlier life of this run
        draft.rename(final)
        _flush_folder(folder)
        _point(folder / "latest", final.name)
        best = _best(folder)
        if best is not None:
            _point(folder / "best", best.name)
        for old in _steps(folder)[keep_last:]:
            if old != best:
                shutil.rmtree(old)
    except (OSError, SafetensorError) as error:
        raise CorpusMillError(f"checkpoint {final.name} cannot be written: {error}") from None
    return final


def newest_sound(run: Path) -> tuple[Path | None, list[Damage]]:
    """The newest checkpoint whose checksums hold, and the damaged ones that are newer."""
    damaged: list[Damage] = []
    for folder in _steps(run / "checkpoints"):
        reason = _damage(folder)
        if reason is None:
            return folder, damaged
        damaged.append(Damage(folder, reason))
    return None, damaged


def set_aside(damage: Damage) -> None:
    """Rename a damaged checkpoint, so that it is kept but never taken for a sound one."""
    target = damage.folder.with_name(f"damaged-{damage.folder.name}")
    shutil.rmtree(target, ignore_errors=True)
    damage.folder.rename(target)


def find(run: Path, which: str) -> Path:
    """Folder of a checkpoint: ``latest``, ``best``, or a name such as ``step-00000500``.

    Raises:
        DataError: there is none, or it is damaged.
    """
    folder = run / "checkpoints"
    name = which
    if which in ("latest", "best"):
        try:
            name = (folder / which).read_text("utf-8").strip()
        except OSError:
            raise DataError(f"{run}: no {which} checkpoint; train a model first") from None
    if re.fullmatch(r"(damaged-)?step-\d+", name) is None or not (folder / name).is_dir():
        raise DataError(f"{run}: no checkpoint {name}")
    reason = _damage(folder / name)
    if reason is not None:
        raise DataError(str(Damage(folder / name, reason)))
    return folder / name


def read_state(checkpoint: Path) -> RunState:
    """``state.json`` of a sound checkpoint."""
    return RunState.model_validate_json((checkpoint / _STATE).read_text("utf-8"))


def read_model(checkpoint: Path) -> dict[str, Tensor]:
    """Weights by name, on the CPU."""
    return _read(checkpoint / _MODEL)


def check_shapes(checkpoint: Path, found: dict[str, Tensor], model: dict[str, Tensor]) -> None:
    """Whether the weights of a checkpoint fit a model.

    Raises:
        DataError: names the first weight that is missing, unknown, or of another shape.
    """
    for name in sorted(found.keys() | model.keys()):
        shapes = [tuple(w[name].shape) if name in w else "absent" for w in (found, model)]
        if shapes[0] != shapes[1]:
            raise DataError(
                f"checkpoint {checkpoint.name}: {name} is {shapes[0]}, in the model {shapes[1]}; "
                "its files are of different runs: remove it to go on from the one before"
            )


def read_optimizer(checkpoint: Path) -> dict[str, Tensor]:
    """State of the optimizer by name, on the CPU."""
    return _read(checkpoint / _OPTIMIZER)


def read_average(checkpoint: Path) -> dict[str, Tensor] | None:
    """Averaged weights by name, on the CPU, where the run keeps them."""
    path = checkpoint / _AVERAGE
    return _read(path) if path.exists() else None


def _read(path: Path) -> dict[str, Tensor]:
    # What load_file gives is a view of the file, and an optimizer may keep it as its state.
    return {name: tensor.clone() for name, tensor in load_file(path).items()}


def _steps(folder: Path) -> list[Path]:
    """Folders of checkpoints, newest first."""
    return sorted(folder.glob("step-*"), reverse=True)


def _best(folder: Path) -> Path | None:
    losses = {}
    for path in _steps(folder):
        try:
            loss = read_state(path).validation_loss
        except (OSError, ValidationError):
            continue
        if loss is not None:
            losses[path] = loss
    return min(losses, key=losses.__getitem__, default=None)


def _damage(folder: Path) -> str | None:
    try:
        state = read_state(folder)
    except (OSError, ValidationError, UnicodeDecodeError):
        return f"{_STATE} is missing or unreadable"
    for name in sorted({_MODEL, _OPTIMIZER, *state.files_sha256}):
        try:
            with (folder / name).open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError:
            return f"{name} is missing or unreadable"
        if digest != state.files_sha256.get(name):
            return f"{name} differs from its checksum"
    return None


def _point(pointer: Path, name: str) -> None:
    draft = pointer.with_name(f".draft-{pointer.name}")
    draft.write_text(f"{name}\n", "utf-8")
    _flush(draft)
    draft.replace(pointer)
    _flush_folder(pointer.parent)


def _flush(path: Path) -> str:
    """Force a file to the disk; its checksum."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
        return hashlib.file_digest(file, "sha256").hexdigest()


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
