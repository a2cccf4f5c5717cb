import hashlib
import time

import pytest

from schemas.errors import ShardError
from schemas.object_store import connect
from tests.trainer.faulty_store import open_faulty_store
from trainer.fetching import Patience, Wanted, fetch

CONTENT = bytes(range(256)) * 400
PATIENCE = Patience(attempts=4, stall_seconds=1.0, first_wait=0.01)


@pytest.fixture(scope="module")
def store():
    with open_faulty_store() as faulty:
        faulty.store.write("a/object", CONTENT)
        yield faulty


def bring(store, target, patience=PATIENCE, **known):
    files, path = connect(store.uri("a"))
    facts = {"size": len(CONTENT), "sha256": hashlib.sha256(CONTENT).hexdigest()} | known
    return fetch(files, f"{path}/object", Wanted("object", **facts), target, patience)


@pytest.mark.parametrize("fault", ["500", "cut", "stall", "slow", "flip", "short", None])
def test_whatever_the_store_does_the_content_is_right(store, tmp_path, fault):
    store.faults["object"] = [fault] * 2 if fault else []
    began = time.monotonic()
    assert bring(store, tmp_path / "object") == len(CONTENT)
    assert (tmp_path / "object").read_bytes() == CONTENT
    assert not list(tmp_path.glob(".*")), "drafts are left"
    assert len(store.faults["object"]) <= 1, "the fault was not met"
    assert time.monotonic() - began < 15


def test_content_that_stays_wrong_is_refused_by_name(store, tmp_path):
    store.faults["object"] = ["flip"] * 100
    with pytest.raises(
        ShardError, match=r"^[a-z]+/a/object: given up after 4 attempts: .*the mani"
    ):
        bring(store, tmp_path / "object")
    assert list(tmp_path.iterdir()) == []
    store.faults.clear()


def test_silence_without_end_is_an_error_and_no_hang(store, tmp_path):
    store.faults["object"] = ["stall"] * 100
    began = time.monotonic()
    with pytest.raises(ShardError, match="object: given up after 2 attempts: "):
        bring(store, tmp_path / "object", Patience(2, 0.5, 0.01))
    assert time.monotonic() - began < 10
    store.faults.clear()


def test_what_is_not_there_is_not_asked_for_again(store, tmp_path):
    files, path = connect(store.uri("a"))
    with pytest.raises(ShardError, match="/a/absent: no such object; copy or build the shards"):
        fetch(files, f"{path}/absent", Wanted("absent"), tmp_path / "absent", PATIENCE)
