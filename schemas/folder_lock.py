"""Who may write to a folder: one process at a time."""

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from schemas.errors import DataError

LOCK = ".lock"


@contextmanager
def locked(folder: Path, what: str) -> Iterator[None]:
    """Keep other processes out of ``folder``, which must exist, meanwhile.

    The lock is the operating system's: it ends with the process, however that ends. On Windows
    there is none.

    Raises:
        DataError: another process has it; ``what``, such as "build", is running there.
    """
    if sys.platform == "win32":
        yield
        return
    import fcntl

    # Appending creates the file and leaves alone what the holder wrote.
    with (folder / LOCK).open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise DataError(
                f"output {folder}: another {what} is running ({lock.read().strip()}); wait for it, "
                "or choose another output"
            ) from None
        lock.truncate(0)
        lock.write(f"process {os.getpid()} on {socket.gethostname()}\n")
        lock.flush()
        yield
