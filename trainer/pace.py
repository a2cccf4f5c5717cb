"""How fast steps go since the last row of metrics."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass(slots=True)
class Pace:
    """Speed of a run over some steps, without what saving takes.

    Attributes:
        tokens_per_step: of the global batch.
        flops_per_token: see :func:`trainer.sizes.flops_per_token`.
        peak: operations per second of all devices of the run.
    """

    tokens_per_step: int
    flops_per_token: int
    peak: float
    _since: float = field(default_factory=time.perf_counter)
    _num_steps: int = 0
    _waited: float = 0.0

    def restart(self) -> None:
        """Count from here on."""
        self._since, self._num_steps, self._waited = time.perf_counter(), 0, 0.0

    def count_step(self) -> None:
        """One step more."""
        self._num_steps += 1

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """What happens inside is waiting for data."""
        asked = time.perf_counter()
        yield
        self._waited += time.perf_counter() - asked

    @contextmanager
    def apart(self) -> Iterator[None]:
        """What happens inside is no part of the steps."""
        started = time.perf_counter()
        yield
        self._since += time.perf_counter() - started

    def row(self) -> dict[str, float]:
        """Tokens per second, MFU, and the share of the time that was spent waiting."""
        seconds = time.perf_counter() - self._since
        rate = self._num_steps * self.tokens_per_step / seconds
        return {
            "tokens_per_second": rate,
            "mfu": rate * self.flops_per_token / self.peak,
            "data_wait": self._waited / seconds,
        }
