"""One object of a store, fetched into a local file: whole and true, or an error.

A store that answers with errors, breaks off or falls silent is asked again, after a wait that
doubles each time. An attempt runs in a thread of its own, so that one that never returns can be
left behind.
"""

import hashlib
import threading
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.fs

from schemas.errors import ShardError

_PIECE = 8 << 20  # each is a request of its own
_TICK = 0.05


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a store is borne with.

    Attributes:
        attempts: before an object is given up.
        stall_seconds: without a byte, after which an attempt is left behind.
        first_wait: seconds between the first two attempts; doubled each time, up to 60.
    """

    attempts: int = 6
    stall_seconds: float = 60.0
    first_wait: float = 0.5


@dataclass(frozen=True, slots=True)
class Wanted:
    """An object, and what is known of it.

    Attributes:
        name: relative to the folder of the manifest.
        size: in bytes.
        sha256: of its content; unset where it is not to be compared.
    """

    name: str
    size: int | None = None
    sha256: str | None = None


def fetch(
    files: pyarrow.fs.FileSystem, path: str, wanted: Wanted, target: Path, patience: Patience
) -> int:
    """Bring the object at ``path`` to ``target``; its size in bytes.

    Raises:
        ShardError: there is none, or after all attempts it is not what it should be.
    """
    wait, reason = patience.first_wait, ""
    for number in range(patience.attempts):
        if number:
            time.sleep(min(wait, 60.0))
            wait *= 2
        attempt = _Attempt(files, path, target)
        attempt.start()
        reason = attempt.outcome(wanted, patience.stall_seconds)
        if not reason:
            attempt.draft.replace(target)
            return attempt.received
        attempt.leave()
        if attempt.is_missing:
            raise ShardError(f"{path}: no such object; copy or build the shards there again")
    raise ShardError(f"{path}: given up after {patience.attempts} attempts: {reason}")


class _Attempt(threading.Thread):
    """Copies an object into a draft, and says how far it is."""

    def __init__(self, files: pyarrow.fs.FileSystem, path: str, target: Path) -> None:
        super().__init__(daemon=True)
        self._files, self._path = files, path
        self.draft = target.with_name(f".{target.name}-{uuid.uuid4().hex}")
        self._digest = hashlib.sha256()
        self._left = threading.Event()
        self.received = 0
        self.is_missing = False
        self._error = ""

    def run(self) -> None:
        try:
            with (
                self._files.open_input_stream(self._path, compression=None) as source,
                self.draft.open("wb") as file,
            ):
                while not self._left.is_set() and (piece := source.read(_PIECE)):
                    file.write(piece)
                    self._digest.update(piece)
                    self.received += len(piece)
        except FileNotFoundError:
            self.is_missing, self._error = True, "no such object"
        except (OSError, pa.ArrowException) as error:
            self._error = " ".join(str(error).split()) or type(error).__name__
        if self._left.is_set():
            self.draft.unlink(missing_ok=True)

    def outcome(self, wanted: Wanted, stall_seconds: float) -> str:
        """Wait; what is wrong, empty where nothing is."""
        seen, since = -1, time.monotonic()
        while self.is_alive():
            self.join(_TICK)
            if self.received != seen:
                seen, since = self.received, time.monotonic()
            elif time.monotonic() - since > stall_seconds and self.is_alive():
                return f"no byte for {stall_seconds:g} seconds"
        if self._error:
            return self._error
        if wanted.size is not None and self.received != wanted.size:
            return f"{self.received} bytes, the manifest says {wanted.size}"
        found = self._digest.hexdigest()
        if wanted.sha256 is not None and found != wanted.sha256:
            return f"sha256 {found[:12]}, the manifest says {wanted.sha256[:12]}"
        return ""

    def leave(self) -> None:
        """Whatever it still brings is not wanted."""
        self._left.set()
        self.draft.unlink(missing_ok=True)
