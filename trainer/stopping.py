"""When further training no longer helps."""

from math import isfinite


class EarlyStopping:
    """Counts validations without a gain.

    Attributes:
        best: lowest validation loss so far, or None.
        best_step: steps done when it was measured.
        to_beat: validation loss at the last gain, or None.
        stale: validations since then.
    """

    def __init__(self, patience: int | None, min_gain: float) -> None:
        """``patience`` validations without a gain of ``min_gain`` nats end the run, if set."""
        self._patience, self._min_gain = patience, min_gain
        self.best: float | None = None
        self.best_step = 0
        self.to_beat: float | None = None
        self.stale = 0
        self.mark()

    def observe(self, step: int, loss: float) -> bool:
        """Take in a validation loss; whether it is the best so far."""
        if not isfinite(loss):
            self.stale += 1
            return False
        is_best = self.best is None or loss < self.best
        if self.to_beat is None or loss < self.to_beat - self._min_gain:
            self.to_beat, self.stale = loss, 0
        else:
            self.stale += 1
        if is_best:
            self.best, self.best_step = loss, step
        return is_best

    def mark(self) -> None:
        """Remember this moment, for :meth:`rewind`."""
        self._marked = self.best, self.best_step, self.to_beat, self.stale

    def rewind(self) -> None:
        """Back to the moment of the last :meth:`mark`."""
        self.best, self.best_step, self.to_beat, self.stale = self._marked

    @property
    def is_over(self) -> bool:
        """Whether the patience is used up."""
        return self._patience is not None and self.stale >= self._patience
