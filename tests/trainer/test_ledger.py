import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.errors import DataError
from tests.trainer.handmade import Document, write_shards
from trainer.batches import Batches
from trainer.distributed import World
from trainer.ledger import BatchLedger, Plan, _extend, _extend_by_range
from trainer.skipping import batch_number

ROOT = Path(__file__).resolve().parents[2]
ALONE = World(0, 1, 0, torch.device("cpu"))


@pytest.fixture(scope="module")
def manifest(tmp_path_factory, tokenizer):
    """Five shards, the shortest shorter than a sequence."""
    sizes = [(30, 11), (4,), (7, 7, 7), (90,), (15, 1, 1)]
    shards = [
        ("train", [Document(list(range(1, n + 1)), n) for n in documents]) for documents in sizes
    ]
    return write_shards(tmp_path_factory.mktemp("ledger"), tokenizer, shards)


def make(manifest, **changes):
    sizes = {"seed": 3, "sequence_length": 8, "global_batch_size": 4} | changes
    return Batches(manifest, **sizes)


def ledger_of(batches, numbers, world_size=1):
    ledger = BatchLedger(batches, ALONE)
    for number in numbers:
        parts = [batches.read(number, rank, world_size)[1] for rank in range(world_size)]
        ledger.take(number, np.sum(parts, axis=0, dtype=np.uint64))
    return ledger


@given(
    st.integers(1, 12),
    st.sampled_from([1, 4, 6]),
    st.integers(0, 40),
    st.sampled_from([[], [(0, 0)], [(2, 3), (5, 5)], [(7, 30)]]),
    st.sampled_from([{}, {"shuffle_window": 1}, {"shuffle_window": 3}, {"shift_epochs": True}]),
)
@settings(max_examples=60, deadline=None)
def test_what_was_read_is_known_without_reading(manifest, length, size, steps, skipped, order):
    batches = make(manifest, sequence_length=length, global_batch_size=size, **order)
    ledger = ledger_of(batches, [batch_number(step, skipped) for step in range(steps)])
    digest = ledger.close_books(steps, skipped)
    again = BatchLedger(batches, ALONE)
    again.resume(digest, steps, skipped)
    assert again.close_books(steps, skipped) == digest


@pytest.mark.parametrize("world_size", [1, 2, 4])
def test_ranks_add_up_to_the_same_ledger(manifest, world_size):
    batches = make(manifest)
    assert ledger_of(batches, range(9), world_size).close_books(9, []) == ledger_of(
        batches, range(9)
    ).close_books(9, [])


def test_the_plan_goes_on_from_what_it_knows(manifest):
    batches = make(manifest)
    known, afresh = Plan(batches), Plan(batches)
    known.entry(4, [])
    known.entry(11, [(4, 6)])
    for steps in (30, 2):
        one, other = known.entry(steps, [(4, 6)]), afresh.entry(steps, [(4, 6)])
        assert one.order == other.order and one.places.tolist() == other.places.tolist()
        afresh = Plan(batches)


@pytest.mark.parametrize(
    "numbers", [[0, 1, 2, 3], [0, 1, 2, 3, 5], [0, 1, 3, 2, 4], [1, 2, 3, 4, 5], [0, 1, 2, 3, 3]]
)
def test_any_other_batches_are_refused(manifest, numbers):
    batches = make(manifest)
    with pytest.raises(DataError, match="this run has read other data than 5 steps"):
        ledger_of(batches, numbers).close_books(5, [])


def read_elsewhere(plain, change):
    def read(starts, length, marks, dtype=np.int64):
        return plain(*change(starts.copy(), length, marks.copy()), dtype)

    return read


def shifted(starts, length, marks):
    starts[1] += 1
    return starts, length, marks


def repeated(starts, length, marks):
    starts[1] = starts[2]
    return starts, length, marks


def shortened(starts, length, marks):
    return starts, length - 1, marks


def of_another_epoch(starts, length, marks):
    marks[0] += 2
    return starts, length, marks


@pytest.mark.parametrize("change", [shifted, repeated, shortened, of_another_epoch])
def test_a_place_that_was_not_planned_is_noticed_where_it_is_read(manifest, change):
    batches = make(manifest)
    ledger = ledger_of(batches, [0, 1])
    batches.stream.read = read_elsewhere(batches.stream.read, change)
    ledger.take(2, batches.read(2, 0, 1)[1])
    with pytest.raises(DataError, match="something was repeated, left out or taken from elsewh"):
        ledger.close_books(3, [])


def test_a_rank_that_reads_what_another_should_is_noticed(manifest):
    batches = make(manifest)
    ledger = BatchLedger(batches, ALONE)
    ledger.take(0, batches.read(0, 0, 2)[1] + batches.read(0, 0, 2)[1])
    with pytest.raises(DataError, match="other data"):
        ledger.close_books(1, [])


@pytest.mark.parametrize(
    "changes", [{"seed": 4}, {"sequence_length": 7}, {"shuffle_window": 2}, {"shift_epochs": True}]
)
def test_a_resume_in_another_order_is_refused(manifest, changes):
    steps = 3 * make(manifest).num_sequences + 1  # whole epochs, too
    digest = ledger_of(make(manifest), range(steps)).close_books(steps, [])
    with pytest.raises(DataError, match=f"the checkpoint's run has read other data than {steps} "):
        BatchLedger(make(manifest, **changes), ALONE).resume(digest, steps, [])


def test_a_rollback_takes_the_ledger_along(manifest):
    batches = make(manifest)
    ledger = ledger_of(batches, [0, 1])
    ledger.mark()
    for number in (2, 3):
        ledger.take(number, batches.read(number, 0, 1)[1])
    ledger.rewind()
    ledger.take(4, batches.read(4, 0, 1)[1])
    assert ledger.close_books(3, [(2, 3)]) == ledger_of(batches, [0, 1, 4]).close_books(3, [(2, 3)])


@given(st.integers(0, 2**61), st.integers(0, 10**15), st.integers(0, 50))
def test_the_order_of_a_range_has_a_closed_form(order, first, count):
    expected = order
    for number in range(first, first + count):
        expected = _extend(expected, number)
    if count:
        assert _extend_by_range(order, first, first + count) == expected


def test_only_the_number_of_whole_epochs_counts(manifest):
    batches = make(manifest, global_batch_size=1)
    plan = Plan(batches)
    steps = 10**5 // batches.num_sequences * batches.num_sequences
    whole = plan.entry(steps, []).places
    assert whole[2] == steps * 9
    plan._known = 0, Plan(batches).entry(0, [])
    assert plan.entry(batches.num_sequences, []).places[2] == batches.num_sequences * 9


def lives(manifest, folder, *options):
    """Run tests/trainer/lives.py."""
    return subprocess.run(
        [sys.executable, "-m", "tests.trainer.lives", manifest, folder, *options],
        cwd=ROOT,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=240,
    )


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_killed_runs_of_changing_size_repeat_nothing_and_leave_nothing_out(
    manifest, tmp_path, seed
):
    done = lives(str(manifest), str(tmp_path), "--seed", str(seed))
    assert done.returncode == 0, done.stderr
    kept = {}
    facts = json.loads((tmp_path / "lives.json").read_text())
    batches = make(manifest, sequence_length=3)
    resumed_in = [life["first_step"] * 4 // batches.num_sequences for life in facts[1:]]
    assert all(resumed_in.count(epoch) >= 2 for epoch in range(2)), resumed_in
    assert len({life["world_size"] for life in facts}) >= 2
    for number in range(len(facts)):
        end = facts[number + 1]["first_step"] if number + 1 < len(facts) else None
        for line in (tmp_path / f"life-{number}.jsonl").read_text().splitlines():
            step, row, digest = json.loads(line)
            if end is None or step < end:
                assert (step, row) not in kept, "repeated"
                kept[step, row] = digest
    for step in range(-(-2 * batches.num_sequences // 4)):
        for row, tokens in enumerate(batches[step]):
            digest = hashlib.sha256(tokens.tobytes()).hexdigest()
            assert kept.pop((step, row)) == digest
    assert not kept


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["skip_one", "repeat_one"])
def test_a_planted_off_by_one_in_the_resume_is_caught(manifest, tmp_path, fault):
    done = lives(str(manifest), str(tmp_path), "--seed", "1", "--fault", fault)
    assert done.returncode == 1
    assert "this run has read other data than" in done.stderr
