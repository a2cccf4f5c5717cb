"""SIGTERM and Ctrl-C end a run at the next step, with a checkpoint."""

import signal
from types import FrameType, TracebackType
from typing import Any, Self

from schemas.errors import CorpusMillError

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Interrupted(CorpusMillError):
    """The run was stopped from outside; all its work is saved.

    The exit code is 128 + the number of the signal (143 for SIGTERM, 130 for Ctrl-C), as a shell
    reports it: neither done (0) nor failed (1), so a scheduler can tell and start it again.
    """

    def __init__(self, signal_number: int, step: int) -> None:
        name = signal.Signals(signal_number).name
        super().__init__(
            f"stopped by {name} after step {step}; checkpoint saved, start again to go on"
        )
        self.signal_number, self.step = signal_number, step
        self.exit_code = 128 + signal_number

    def __reduce__(self) -> tuple[type["Interrupted"], tuple[int, int]]:
        return Interrupted, (self.signal_number, self.step)


class Interruption:
    """Remembers that a signal came, while it is entered; a second one acts at once.

    Attributes:
        received: number of the signal, or 0.
    """

    def __init__(self) -> None:
        self.received = 0
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        for number in _SIGNALS:
            self._before[number] = signal.signal(number, self._remember)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number in _SIGNALS:
            signal.signal(number, self._before[number])

    def _remember(self, number: int, frame: FrameType | None) -> None:
        self.received = number
        for each in _SIGNALS:
            signal.signal(each, signal.SIG_DFL)
