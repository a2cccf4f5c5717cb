"""Back to the snapshot, behind the bad data."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import nn

from schemas.errors import CorpusMillError
from trainer.saving import Saver
from trainer.spikes import Snapshot, Spike
from trainer.step import Taken
from trainer.suspects import describe, find_suspects, name_suspects


@dataclass(frozen=True, slots=True)
class Rollback:
    """What was undone.

    Attributes:
        step: steps done at the snapshot, where the run goes on.
        message: one line for people.
        event: the row of ``spikes.jsonl``.
    """

    step: int
    message: str
    event: dict[str, Any]

    def record(self, run: Path) -> None:
        """Append the event to ``<run>/spikes.jsonl``."""
        with (run / "spikes.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(self.event, ensure_ascii=False) + "\n")


def roll_back(
    saver: Saver, snapshot: Snapshot | None, spike: Spike, taken: Taken, loss: nn.Module
) -> Rollback:
    """Restore ``snapshot``, leave out the batches since, and find out which documents they hold.

    Raises:
        CorpusMillError: there is no snapshot, or the run went back too often already.
    """
    reader, batches = saver.reader, saver.reader.batches
    if snapshot is not None:
        snapshot.restore(saver.model, saver.optimizer, saver.average)
    suspects = find_suspects(loss, taken.batch, saver.config, saver.world)
    blamed = name_suspects(suspects, taken.batch.number, batches)
    what = f"step {spike.step + 1}: {spike.reason}, most likely from {blamed}"
    times = len(reader.skipped)
    if snapshot is None or times >= saver.config.spikes.max_rollbacks:
        step = saver.saved_step
        again = f"again, from the checkpoint of step {step}" if step else "anew"
        raise CorpusMillError(
            f"{what}; after {times} rollback{'s' * (times != 1)} the run ends: lower "
            f"optimizer.learning_rate and start {again}; or look the documents up (jobs/"
            "trace_tokens.py --corpus DIR 'SHARD documents A-B'), take them out (jobs/take_down.py)"
            " and begin another run"
        )
    window = reader.number(snapshot.step), taken.batch.number
    event = {"step": spike.step + 1, "reason": spike.reason, "back_to_step": snapshot.step}
    event |= {"most_likely": blamed, **describe(batches, *window)}
    reader.skipped = (*reader.skipped, window)
    saver.guard.forget_after(snapshot.step)
    saver.ledger.rewind()
    saver.stopping.rewind()
    message = (
        f"warning: {what}; back to step {snapshot.step}, batches {window[0]} to {window[1]} are "
        "left out (spikes.jsonl names all their documents)"
    )
    return Rollback(snapshot.step, message, event)
