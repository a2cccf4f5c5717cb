"""What a run measures, as rows of ``metrics.jsonl`` and as TensorBoard scalars."""

import json
from collections.abc import Mapping
from math import log
from pathlib import Path
from typing import Any, TextIO


def bits_per_byte(mean_loss: float, num_tokens: int, num_utf8_bytes: int) -> float:
    """Loss per byte of text, comparable between tokenizers.

    ``mean_loss`` is in nats per token. Tokens that stand for no text (end-of-text) count as
    tokens and add no bytes.

    >>> bits_per_byte(mean_loss=log(2) * 8, num_tokens=10, num_utf8_bytes=40)
    2.0
    """
    return mean_loss * num_tokens / num_utf8_bytes / log(2)


class MetricsLog:
    """Appends rows to ``<run>/metrics.jsonl`` and ``<run>/tensorboard``."""

    def __init__(self, run: Path, first_step: int, tensorboard: bool) -> None:
        """Go on after ``first_step``: later rows, of a life that was not saved, are removed."""
        self._path, self._run = run / "metrics.jsonl", run
        self._board: Any = None
        self._file = self._rewrite(first_step)
        if tensorboard:
            from torch.utils.tensorboard import SummaryWriter  # slow to import

            self._board = SummaryWriter(str(run / "tensorboard"), purge_step=first_step + 1)

    def rewind(self, step: int) -> None:
        """Remove the rows after ``step``; TensorBoard shows the later values of both lives."""
        self._file.close()
        self._file = self._rewrite(step)

    def _rewrite(self, last_step: int) -> TextIO:
        kept = [row for row in read_metrics(self._path) if row["step"] <= last_step]
        draft = self._path.with_suffix(".draft")
        draft.write_text("".join(json.dumps(row) + "\n" for row in kept), "utf-8")
        draft.replace(self._path)
        return self._path.open("a", encoding="utf-8", buffering=1)

    def write(self, step: int, values: Mapping[str, float]) -> None:
        """One row, with the number of steps done."""
        self._file.write(json.dumps({"step": step, **values}) + "\n")
        if self._board is not None:
            for name, value in values.items():
                self._board.add_scalar(name, value, step)

    def write_sample(self, step: int, text: str) -> None:
        """A generated text, into ``samples.jsonl`` and TensorBoard."""
        with (self._run / "samples.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps({"step": step, "text": text}, ensure_ascii=False) + "\n")
        if self._board is not None:
            self._board.add_text("sample", text, step)

    def close(self) -> None:
        """Flush and close both."""
        self._file.close()
        if self._board is not None:
            self._board.close()


def read_metrics(path: Path) -> list[dict[str, Any]]:
    """Rows of ``metrics.jsonl``; a last line cut short by a crash is left out."""
    rows = []
    if path.exists():
        for line in path.read_text("utf-8").splitlines():
            try:
                rows.append(json.loads(line))
            except ValueError:
                break
    return rows
