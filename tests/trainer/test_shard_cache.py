import hashlib
import random
import threading
import time

import pytest
from pyarrow.fs import LocalFileSystem

from schemas.errors import ConfigError, ShardError
from trainer.fetching import Patience, Wanted
from trainer.shard_cache import ShardCache

PATIENCE = Patience(attempts=2, stall_seconds=5.0, first_wait=0.01)
SIZE = 1000


def content(number):
    return bytes([number]) * SIZE


@pytest.fixture
def store(tmp_path):
    (tmp_path / "store" / "train").mkdir(parents=True)
    for number in range(20):
        (tmp_path / "store" / "train" / f"{number}.bin").write_bytes(content(number))
    return tmp_path / "store"


def wanted(*numbers):
    return [Wanted(f"train/{n}.bin", SIZE, hashlib.sha256(content(n)).hexdigest()) for n in numbers]


def make(store, num_files=3, **changes):
    options = {"num_threads": 2, "patience": PATIENCE} | changes
    folder = store.parent / "cache"
    return ShardCache(LocalFileSystem(), str(store), folder, num_files * SIZE, **options)


def there(cache):
    return sorted(int(path.stem) for path in cache.folder.rglob("*.bin"))


def wait_for(condition):
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_what_is_held_is_there_and_the_oldest_goes(store):
    cache, removed = make(store), []
    cache.on_removal = removed.append
    for numbers in ((0, 1), (2,), (0,), (3,), (4, 5)):
        with cache.hold(wanted(*numbers)):
            for number in numbers:
                assert cache.path(f"train/{number}.bin").read_bytes() == content(number)
            assert cache.num_bytes <= 3 * SIZE
    assert there(cache) == [3, 4, 5]
    assert removed == ["train/1.bin", "train/2.bin", "train/0.bin"]


def test_a_file_is_fetched_once_while_it_is_there(store):
    cache = make(store)
    with cache.hold(wanted(0)):
        (store / "train" / "0.bin").unlink()
    with cache.hold(wanted(0)):
        assert cache.path("train/0.bin").read_bytes() == content(0)


def test_more_than_may_be_is_refused(store):
    with (
        pytest.raises(ConfigError, match=r"data\.cache\.max_bytes = 3000: one batch needs 4000 by"),
        make(store).hold(wanted(0, 1, 2, 3)),
    ):
        pass


def test_what_comes_soon_takes_no_room_from_what_was_not_used(store):
    cache = make(store)
    cache.prefetch(wanted(0, 1, 2, 3, 4))
    wait_for(lambda: there(cache) == [0, 1, 2])
    with cache.hold(wanted(1)):
        cache.prefetch(wanted(5))  # all others are unused, this one is held
    assert there(cache) == [0, 1, 2]
    cache.prefetch(wanted(5))
    wait_for(lambda: there(cache) == [0, 2, 5])
    with cache.hold(wanted(0, 6, 7)):  # need goes before hope
        assert there(cache) == [0, 6, 7]


def test_the_next_process_takes_over_what_is_whole(store):
    first = make(store)
    with first.hold(wanted(0, 1)):
        pass
    first.path("train/1.bin").write_bytes(b"x" * SIZE)
    (first.folder / "train" / ".2.bin-draft").write_bytes(b"half")
    second = make(store)
    assert second.folder != first.folder  # the first is alive
    first._claim.close()
    third = make(store)
    assert third.folder == first.folder and third.num_bytes == 2 * SIZE
    assert not list(third.folder.rglob(".*"))
    (store / "train" / "0.bin").unlink()
    with third.hold(wanted(0, 1, 2)):
        for number in range(3):
            assert third.path(f"train/{number}.bin").read_bytes() == content(number)
    smaller = [third._claim.close(), make(store, num_files=1)][1]
    assert smaller.folder == third.folder and len(there(smaller)) == 1


def test_a_failure_is_told_and_tried_again_when_asked_again(store):
    cache = make(store)
    path = store / "train" / "0.bin"
    path.write_bytes(b"y" * SIZE)
    for _ in range(2):
        with (
            pytest.raises(ShardError, match=r"train/0\.bin: given up after 2 attempts: sha256"),
            cache.hold(wanted(0, 1)),
        ):
            pass
    path.write_bytes(content(0))
    with cache.hold(wanted(0, 1)):
        assert cache.path("train/0.bin").read_bytes() == content(0)
    assert cache.num_bytes == 2 * SIZE


def test_many_threads_never_exceed_the_bound_nor_miss_a_file(store):
    cache, errors, largest = make(store, num_files=5), [], []

    def work(seed):
        draws = random.Random(seed)
        try:
            for _ in range(60):
                numbers = draws.sample(range(20), draws.randint(1, 2))
                cache.prefetch(wanted(draws.randrange(20)))
                with cache.hold(wanted(*numbers)):
                    for number in numbers:
                        assert cache.path(f"train/{number}.bin").read_bytes() == content(number)
                    largest.append(cache.num_bytes)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()
    assert errors == []
    assert max(largest) <= 5 * SIZE
    wait_for(lambda: cache.num_bytes == SIZE * len(there(cache)))
