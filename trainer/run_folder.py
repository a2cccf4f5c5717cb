"""The folder of a run: what it goes back to, and what it saves."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from schemas.errors import ConfigError, DataError
from schemas.folder_lock import LOCK, locked
from schemas.shards import TOKENIZER_NAME
from trainer import checkpoint
from trainer.config import TrainConfig
from trainer.plots import plot_schedule
from trainer.run_state import RunState, changed_keys, check_same_run, kinds_of_moments


@contextmanager
def claim(run: Path) -> Iterator[None]:
    """Keep other runs out of the folder meanwhile; made for this, it goes again if left empty.

    Raises:
        DataError: another run is training there.
    """
    is_new = not run.exists()
    run.mkdir(parents=True, exist_ok=True)
    with locked(run, "run"):
        try:
            yield
        finally:
            if is_new and [path.name for path in run.iterdir()] == [LOCK]:
                shutil.rmtree(run)


def prepare(config: TrainConfig, state: RunState, tokenizer: Path) -> tuple[Path | None, list[str]]:
    """Make the folder ready; the checkpoint to go on from, if any, and what there is to say.

    Args:
        config: of the run; ``output`` is the folder.
        state: what a checkpoint of this run would say; one that does not fit is refused.
        tokenizer: file to copy beside the checkpoints.

    Raises:
        ConfigError: the folder holds another run, or one that has gone further.
        DataError: all its checkpoints are damaged.
        ShardError: its run was started on other shards.
    """
    run, notices = Path(config.output), []
    found, damaged = checkpoint.newest_sound(run)
    if found is None and damaged:
        raise DataError(f"{damaged[0]}, and none before it is sound; choose another output")
    if found is not None and not config.checkpoint.resume:
        raise ConfigError(f"output = {config.output!r}: holds a run, and checkpoint.resume is off")
    if found is not None:  # before anything in the folder is touched
        old = checkpoint.read_state(found)
        check_same_run(old, state)
        if old.step > config.schedule.num_steps:
            raise ConfigError(
                f"schedule.num_steps = {config.schedule.num_steps}: the run in {run} has done "
                f"{old.step} steps; give it more, or choose another output to start afresh"
            )
        kinds = kinds_of_moments(old, state)
        if kinds is not None:
            notices.append(
                f"warning: optimizer.kind = {kinds[1]!r}: the run had {kinds[0]!r}, so its moments "
                "begin anew"
            )
    for damage in damaged:
        checkpoint.set_aside(damage)
        notices.append(f"warning: {damage}; set aside, the one before is used")
    run.mkdir(parents=True, exist_ok=True)
    draft = run / f".{TOKENIZER_NAME}"
    shutil.copyfile(tokenizer, draft)
    draft.replace(run / TOKENIZER_NAME)
    plot_schedule(run / "schedule.svg", config)
    if found is not None:
        notices.append(f"resumed from {found}")
        changed = changed_keys(old, state)
        if changed:
            notices.append(f"note: since the checkpoint changed: {', '.join(changed)}")
    num_steps, num_warmup_steps = config.schedule.num_steps, config.schedule.num_warmup_steps
    if num_warmup_steps >= num_steps:
        notices.append(
            f"warning: schedule.num_warmup_steps = {num_warmup_steps}: with {num_steps} steps the "
            "learning rate does not reach its peak"
        )
    return found, notices


def where_to_look(run: Path) -> str:
    """One line on what a run that has ended left in its folder."""
    latest = (run / "checkpoints" / "latest").read_text("utf-8").strip()
    report = ["report.html"] if (run / "report.html").exists() else []
    return f"done; in {run}: {', '.join([f'checkpoints/{latest}', *report])}"
