"""Writes checkpoints while training goes on."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor


class BackgroundWriter:
    """One write at a time; a failure shows at the next call."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1)
        self._pending: Future[object] | None = None

    def submit(self, write: Callable[[], object]) -> None:
        """Begin a write, after the one before has ended; it must own what it writes.

        Raises:
            Exception: what the write before raised.
        """
        self.wait()
        self._pending = self._thread.submit(write)

    def wait(self) -> None:
        """Until the last write has ended.

        Raises:
            Exception: what it raised.
        """
        pending, self._pending = self._pending, None
        if pending is not None:
            pending.result()

    def close(self) -> None:
        """End the thread; a last failure that nobody waited for is not raised."""
        self._thread.shutdown(wait=True)
