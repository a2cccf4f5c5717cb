"""Checkpoints: safetensors and JSON, written aside, checksummed, never half there.

``<run>/checkpoints/step-00000500/`` holds ``model.safetensors``, ``optimizer.safetensors`` and
``state.json``, of sharded weights a file per rank (:mod:`trainer.tensor_files`); the files
``latest`` and ``best`` beside it name a checkpoint each. No random state is saved because none is
carried: the order of the data and the dropout of a step are keyed by (seed, step).
"""

import hashlib
import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError
from torch import Tensor

from schemas.errors import CorpusMillError, DataError
from schemas.shards import canonical_json
from trainer.model import Transformer
from trainer.run_state import RunState
from trainer.tensor_files import TensorFiles, collect_parts, file_name, flush, write_part

_STATE = "state.json"
_KINDS = ("model", "optimizer")
_AVERAGE = "average"
_PATIENCE = 3600.0  # seconds that rank 0 waits for the parts of the others


@dataclass(frozen=True, slots=True)
class Damage:
    """A checkpoint that cannot be used, and why."""

    folder: Path
    reason: str

    def __str__(self) -> str:
        return f"checkpoint {self.folder.name}: {self.reason}"


def begin(run: Path, step: int) -> Path:
    """An empty folder for the files of a checkpoint.

    Raises:
        CorpusMillError: it cannot be made.
    """
    draft = run / "checkpoints" / f".draft-{_name(step)}"
    try:
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True)
    except OSError as error:
        raise _unwritten(draft, error) from None
    return draft


def write(
    draft: Path,
    state: RunState,
    kinds: Mapping[str, Mapping[str, Tensor]],
    keep_last: int,
    rank: int = 0,
    num_parts: int = 1,
) -> None:
    """Write a rank's tensors: ``model``, ``optimizer``, and where the run keeps one ``average``.

    Rank 0 waits for the other parts, gives the checkpoint its name, moves the pointers and
    removes what is no longer kept.

    Raises:
        CorpusMillError: it cannot be written; those from before are untouched.
    """
    try:
        write_part(draft, kinds, rank, num_parts)
        if rank == 0:
            digests = collect_parts(draft, num_parts, _PATIENCE)
            _commit(draft, state.model_copy(update={"files_sha256": digests}), keep_last)
    except (OSError, CorpusMillError) as error:
        if rank == 0:  # the receipts of others are read by it alone; a full disk needs the room
            shutil.rmtree(draft, ignore_errors=True)
        raise _unwritten(draft, error) from None


def _unwritten(draft: Path, error: Exception) -> CorpusMillError:
    name = draft.name.removeprefix(".draft-")
    return CorpusMillError(
        f"checkpoint {draft.parent / name} cannot be written: {error}; free space or mend the "
        "folder, then start again to resume"
    )


def _commit(draft: Path, state: RunState, keep_last: int) -> None:
    folder = draft.parent
    final = folder / _name(state.step)
    (draft / _STATE).write_text(canonical_json(state.model_dump(mode="json")), "utf-8")
    flush(draft / _STATE)
    _flush_folder(draft)
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


def _name(step: int) -> str:
    return f"step-{step:08d}"


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


def find(run: Path, which: str, verify: bool = True) -> Path:
    """Folder of a checkpoint: ``latest``, ``best``, or a name such as ``step-00000500``.

    ``verify``: read all its files, to compare their checksums; without it only its state counts.

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
    reason = _damage(folder / name, verify)
    if reason is not None:
        raise DataError(str(Damage(folder / name, reason)))
    return folder / name


def read_state(checkpoint: Path) -> RunState:
    """``state.json`` of a sound checkpoint."""
    return RunState.model_validate_json((checkpoint / _STATE).read_text("utf-8"))


def read_model(checkpoint: Path) -> TensorFiles:
    """Weights by name, on the CPU."""
    return TensorFiles(checkpoint, "model")


def read_optimizer(checkpoint: Path) -> TensorFiles:
    """State of the optimizer by name, on the CPU."""
    return TensorFiles(checkpoint, "optimizer")


def read_average(checkpoint: Path) -> TensorFiles | None:
    """Averaged weights by name, on the CPU, where the run keeps them."""
    is_kept = any(name.startswith(_AVERAGE) for name in read_state(checkpoint).files_sha256)
    return TensorFiles(checkpoint, _AVERAGE) if is_kept else None


def load_into(model: Transformer, checkpoint: Path, average: bool) -> bool:
    """Put the weights of a checkpoint into a model: the averaged ones where it keeps them and
    ``average`` wants them; whether they were.

    Raises:
        DataError: they do not fit the model.
    """
    averages = read_average(checkpoint) if average else None
    weights = averages or read_model(checkpoint)
    check_shapes(checkpoint, weights.shapes(), model.weights())
    model.load_weights(weights)
    return averages is not None


def check_shapes(
    checkpoint: Path, stored: Mapping[str, tuple[int, ...]], model: Mapping[str, Tensor]
) -> None:
    """Whether the shapes of the weights in a checkpoint fit a model.

    Raises:
        DataError: names the first weight that is missing, unknown, or of another shape.
    """
    for name in sorted(stored.keys() | model.keys()):
        here = stored.get(name, "absent")
        wanted = tuple(model[name].shape) if name in model else "absent"
        if here != wanted:
            raise DataError(
                f"checkpoint {checkpoint.name}: {name} is {here}, in the model {wanted}; "
                "its files are of different runs: remove it to go on from the one before"
            )


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


def _damage(folder: Path, verify: bool = True) -> str | None:
    try:
        state = read_state(folder)
    except (OSError, ValidationError, UnicodeDecodeError):
        return f"{_STATE} is missing or unreadable"
    if not verify:
        return None
    # Of parts the receipts of all ranks are in the list; a file that is alone may be older.
    single = {file_name(kind, 0, 1) for kind in _KINDS}
    is_sharded = any("-part-" in name for name in state.files_sha256)
    for name in sorted({*state.files_sha256} | (set() if is_sharded else single)):
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
    flush(draft)
    draft.replace(pointer)
    _flush_folder(pointer.parent)


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
