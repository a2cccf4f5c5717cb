"""Files of shards that lie in an object store, kept in a local folder of bounded size.

A process has a folder of its own, so that none removes what another reads; a later process takes
it over with what is there. What a batch needs is held until it is read; what is likely to be
needed soon is fetched by threads meanwhile, and never at the cost of what has not been used yet.
"""

import fcntl
import hashlib
import itertools
import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import pyarrow.fs

from schemas.errors import ConfigError, CorpusMillError, explain_storage
from trainer.fetching import Patience, Wanted, fetch

_NOW, _SOON = 0, 1
_TICK = 0.02


@dataclass(slots=True, eq=False)
class _Entry:
    """A file in the cache, or on its way.

    ``room``: bytes that count for it. ``used``: when it was last held; 0 when never. ``claimed``:
    a thread has begun with it.
    """

    wanted: Wanted
    room: int
    used: int = 0
    holds: int = 0
    claimed: bool = False
    is_left_over: bool = False
    done: "Future[None]" = field(default_factory=Future)


class ShardCache:
    """Local copies of the objects below a folder of a store.

    Attributes:
        folder: where the copies are; relative names are those of the store.
        num_bytes: that all copies take, those on their way included.
    """

    def __init__(
        self,
        files: pyarrow.fs.FileSystem,
        root: str,
        folder: Path,
        max_bytes: int,
        num_threads: int,
        patience: Patience,
    ) -> None:
        """``root``: path of the folder in the store. ``folder``: for all processes together."""
        self._files, self._root, self._patience = files, root, patience
        self._max_bytes = max_bytes
        self.on_removal: Callable[[str], None] = lambda name: None
        self._entries: dict[str, _Entry] = {}
        self._lock = threading.Lock()
        self._clock, self._order = itertools.count(1), itertools.count()
        self._queue: queue.PriorityQueue[tuple[int, int, _Entry]] = queue.PriorityQueue()
        self.num_bytes = 0
        self.folder, self._claim = _claim_folder(folder)
        self._take_over()
        for _ in range(num_threads):
            threading.Thread(target=self._work, daemon=True).start()

    @contextmanager
    def hold(self, wanted: Sequence[Wanted]) -> Iterator[None]:
        """Within the block the files are there.

        Raises:
            ShardError: one cannot be had, or is not what the manifest says.
            ConfigError: together they are larger than the cache may be.
        """
        held = self._enter(wanted)
        try:
            for entry in held:
                entry.done.result()
            yield
        finally:
            with self._lock:
                for entry in held:
                    entry.holds -= 1
                    if entry.done.done() and entry.done.exception() is not None:
                        self._forget(entry)  # asked for again, it is tried again

    def prefetch(self, wanted: Sequence[Wanted]) -> None:
        """Fetch files that will be needed soon, as far as there is room."""
        for each in wanted:
            with self._lock:
                removed = None
                if self._known(each) is None:
                    removed = self._make_room(each.size or 0, frozenset(), spare=True)
                entry = None if removed is None else self._add(each)
            if entry is not None:
                self._remove(removed or [])
                self._queue.put((_SOON, next(self._order), entry))

    def path(self, name: str) -> Path:
        """Where the copy of an object is."""
        return self.folder / name

    def _enter(self, wanted: Sequence[Wanted]) -> list[_Entry]:
        """Entries of the files, held, and their fetching begun."""
        size = sum(each.size or 0 for each in wanted)
        if size > self._max_bytes:
            raise ConfigError(
                f"data.cache.max_bytes = {self._max_bytes}: one batch needs {size} bytes of shards "
                "at a time; allow more, or set data.shuffle_window"
            )
        names = frozenset(each.name for each in wanted)
        while True:
            with self._lock:
                size = sum(each.size or 0 for each in wanted if self._known(each) is None)
                removed = self._make_room(size, names, spare=False)
                if removed is not None:
                    held = [self._known(each) or self._add(each) for each in wanted]
                    for entry in held:
                        entry.holds, entry.used = entry.holds + 1, next(self._clock)
                    break
            time.sleep(_TICK)  # another thread holds too much, or what comes cannot be stopped
        self._remove(removed)
        for entry in held:
            if not entry.claimed:  # also what was to come soon: it is needed now
                self._queue.put((_NOW, next(self._order), entry))
        return held

    def _known(self, wanted: Wanted) -> _Entry | None:
        """The entry of a file; one of an earlier process is made anew, so that it is verified."""
        entry = self._entries.get(wanted.name)
        if entry is not None and entry.is_left_over:
            self._forget(entry)
            return None
        return entry

    def _add(self, wanted: Wanted) -> _Entry:
        entry = self._entries[wanted.name] = _Entry(wanted, wanted.size or 0)
        self.num_bytes += entry.room
        return entry

    def _make_room(self, size: int, kept: frozenset[str], spare: bool) -> list[_Entry] | None:
        """Forget the files that were not used for the longest time, until ``size`` bytes fit.

        None is forgotten where that cannot be: then the answer is None. ``spare``: not those that
        were never used, since they made others go.
        """
        free = [
            entry
            for name, entry in self._entries.items()
            if not entry.holds
            and name not in kept
            and (entry.done.done() or not entry.claimed)
            and (entry.used or entry.is_left_over or not spare)
        ]
        free.sort(key=lambda entry: (not entry.is_left_over, entry.used == 0, entry.used))
        removed: list[_Entry] = []
        missing = self.num_bytes + size - self._max_bytes
        while missing > 0 and len(removed) < len(free):
            removed.append(free[len(removed)])
            missing -= removed[-1].room
        if missing > 0:
            return None
        for entry in removed:
            self._forget(entry)
        return removed

    def _forget(self, entry: _Entry) -> None:
        if self._entries.get(entry.wanted.name) is entry:
            del self._entries[entry.wanted.name]
            self.num_bytes -= entry.room

    def _remove(self, entries: list[_Entry]) -> None:
        for entry in entries:
            self.on_removal(entry.wanted.name)
            with self._lock:  # it may be on its way again
                if entry.wanted.name not in self._entries:
                    self.path(entry.wanted.name).unlink(missing_ok=True)

    def _work(self) -> None:
        while True:
            _, _, entry = self._queue.get()
            with self._lock:
                if entry.claimed or self._entries.get(entry.wanted.name) is not entry:
                    continue
                entry.claimed = True
            try:
                size = self._bring(entry.wanted)
            except OSError as error:
                entry.done.set_exception(CorpusMillError(explain_storage(error)))
            except Exception as error:  # told where the file is waited for
                entry.done.set_exception(error)
            else:
                with self._lock:
                    self.num_bytes += size - entry.room
                    entry.room = size
                entry.done.set_result(None)

    def _bring(self, wanted: Wanted) -> int:
        target = self.path(wanted.name)
        if _is_whole(target, wanted):
            return target.stat().st_size
        target.parent.mkdir(parents=True, exist_ok=True)
        return fetch(self._files, f"{self._root}/{wanted.name}", wanted, target, self._patience)

    def _take_over(self) -> None:
        """Count what an earlier process left; it is the first to go."""
        for path in sorted(self.folder.rglob("*")):
            if path.name.startswith(".") and path.is_file():
                path.unlink()  # a draft
            elif path.is_file():
                name, size = path.relative_to(self.folder).as_posix(), path.stat().st_size
                entry = self._add(Wanted(name, size))
                entry.claimed = entry.is_left_over = True
                entry.done.set_result(None)
        removed = self._make_room(0, frozenset(), spare=False)
        self._remove(removed or [])


def _is_whole(path: Path, wanted: Wanted) -> bool:
    """Whether a copy is there, and is what it should be."""
    if wanted.sha256 is None or not path.is_file():
        return False
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == wanted.sha256


def _claim_folder(folder: Path) -> tuple[Path, BinaryIO]:
    """The first folder that no other process has, and the lock on it."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in itertools.count():
        lock = (folder / f"process-{number}.lock").open("wb")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            continue
        mine = folder / f"process-{number}"
        mine.mkdir(exist_ok=True)
        return mine, lock
    raise AssertionError("there is always one more")
