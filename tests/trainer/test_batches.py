import numpy as np
import pytest

from schemas.errors import ConfigError, ShardError
from trainer.batches import Batches
from trainer.shards import TokenStream


def make(manifest, **changes):
    sizes = {"seed": 1, "sequence_length": 8, "global_batch_size": 6} | changes
    return Batches(manifest, **sizes)


def test_a_batch_has_one_more_column_than_the_sequence(manifest):
    batch = make(manifest)[0]
    assert batch.shape == (6, 9)
    assert np.issubdtype(batch.dtype, np.integer)


def test_each_epoch_holds_every_sequence_exactly_once(manifest):
    batches = make(manifest, global_batch_size=1)
    stream = TokenStream(manifest, "train")
    n = (stream.num_tokens - 1) // 8
    assert batches.num_sequences == n
    every = sorted(stream.gather(np.arange(n) * 8, 9).tolist())
    epochs = [[batches[e * n + i][0].tolist() for i in range(n)] for e in range(3)]
    for epoch in epochs:
        assert sorted(epoch) == every
    assert epochs[0] != epochs[1] != epochs[2] != epochs[0]


def test_shifted_epochs_are_cut_at_other_places_and_lose_less_than_a_sequence(manifest):
    whole = make(manifest, global_batch_size=1)
    batches = make(manifest, global_batch_size=1, shift_epochs=True)
    n, last = whole.num_sequences, whole.stream.num_tokens - 1 - 8
    assert batches.num_sequences == n
    shifts = []
    for epoch in range(40):
        starts = np.sort(batches.draw(range(epoch * n, epoch * n + n))[0])
        shift = int(starts[0])
        assert 0 <= shift < 8
        assert starts.tolist() == np.minimum(np.arange(n) * 8 + shift, last).tolist()
        shifts.append(shift)
    assert shifts[0] == 0 and set(shifts) == set(range(8))
    assert np.array_equal(batches[n - 1], whole[n - 1])  # of the first epoch
    step = shifts.index(5) * n
    start = batches.starts(step)
    assert np.array_equal(batches[step], whole.stream.gather(start, 9))
    assert np.array_equal(
        make(manifest, global_batch_size=1, shift_epochs=True)[step], batches[step]
    )


def test_the_stream_of_sequences_does_not_depend_on_the_batch_size(manifest):
    ones = make(manifest, global_batch_size=1)
    sixes = make(manifest, global_batch_size=6)  # reaches over epochs' ends
    hundred = make(manifest, global_batch_size=100)  # holds several epochs
    row = [ones[i][0].tolist() for i in range(100)]
    assert np.concatenate([sixes[s] for s in range(16)]).tolist() == row[:96]
    assert hundred[0].tolist() == row


@pytest.mark.parametrize("world_size", [1, 2, 3, 6])
def test_ranks_together_hold_the_global_batch(manifest, world_size):
    batches = make(manifest)
    for step in (0, 5, 1000):
        parts = [batches.rows(step, rank, world_size) for rank in range(world_size)]
        assert np.array_equal(np.concatenate(parts), batches[step])


def test_batches_need_no_history(manifest):
    first, second = make(manifest), make(manifest)
    for step in (7, 3, 0):
        first[step]
    assert np.array_equal(first[123_456], second[123_456])


def test_numbers_of_numpy_name_the_same_batches(manifest):
    batches = make(manifest)
    narrow = make(manifest, sequence_length=np.int8(8), global_batch_size=np.int8(6))
    for step in (100, 2_000_000_000, 2**62):
        number = np.min_scalar_type(step).type(step)
        assert np.array_equal(batches[number], batches[step])
        assert np.array_equal(narrow[step], batches[step])
        assert np.array_equal(batches.rows(number, np.int8(1), np.int8(3)), batches[step][2:4])


@pytest.mark.parametrize(("rank", "world_size"), [(2, 2), (-1, 2), (0, 0)])
def test_a_rank_that_is_none_is_refused(manifest, rank, world_size):
    with pytest.raises((IndexError, ConfigError), match=r"not one of 2|number of ranks, 0"):
        make(manifest).rows(0, rank, world_size)


def test_another_seed_gives_another_order(manifest):
    assert not np.array_equal(make(manifest, seed=1)[0], make(manifest, seed=2)[0])


def test_weights_belong_to_the_predicted_tokens(manifest):
    batches = make(manifest)
    weights = batches.facts(2)[0]
    assert weights.shape == (6, 8)
    # In the fixture the second shard weighs 2 and the first 1.
    boundary = int(batches.stream.bounds[1])
    targets = batches.starts(2)[:, None] + 1 + np.arange(8)
    assert np.array_equal(weights, np.where(targets >= boundary, 2.0, 1.0))


@pytest.mark.parametrize("window", [None, 1])
def test_a_rank_has_facts_and_boundaries_of_its_own_rows_only(manifest, window):
    batches = make(manifest, shuffle_window=window)
    whole, marks = batches.facts(5), batches.boundaries(5)
    for rank in range(3):
        mine = slice(2 * rank, 2 * rank + 2)
        for part, every in zip(batches.facts(5, rank, 3), whole, strict=True):
            assert np.array_equal(part, every[mine])
        here = marks[(marks >= 16 * rank) & (marks < 16 * rank + 16)] - 16 * rank
        found = batches.boundaries(5, rank, 3)
        assert found.shape == (17,) and found[: len(here)].tolist() == here.tolist()
        assert (found[len(here) :] == 16).all()


def test_boundaries_are_where_documents_and_rows_begin(manifest):
    batches = make(manifest)
    end = batches.stream.manifest.tokenizer.end_of_text_id
    inputs = batches[2][:, :-1]
    expected = [
        row * 8 + place
        for row in range(6)
        for place in range(8)
        if place == 0 or inputs[row, place - 1] == end
    ]
    marks = batches.boundaries(2, max_documents=20)
    assert marks.dtype == np.int32
    assert marks.tolist() == expected + [48] * (21 - len(expected))
    with pytest.raises(ShardError, match=rf"{len(expected)} documents in 6 sequences, at most 6"):
        batches.boundaries(2, max_documents=6)


def test_a_window_changes_the_order_and_nothing_else(manifest):
    batches = make(manifest, shuffle_window=1, global_batch_size=1)
    n = batches.num_sequences
    every = sorted(batches.stream.gather(np.arange(n) * 8, 9).tolist())
    for epoch in range(2):
        assert sorted(batches[epoch * n + i][0].tolist() for i in range(n)) == every
    with pytest.raises(ConfigError, match="shuffle_window must be at least 1"):
        make(manifest, shuffle_window=0)


def test_rows_are_located(manifest):
    batches = make(manifest)
    start = int(batches.starts(4)[2])
    assert batches.locate(4, 2) == batches.stream.locate(start, 9)


def test_a_world_that_does_not_divide_the_batch_is_refused(manifest):
    with pytest.raises(ConfigError, match=r"data\.global_batch_size = 6.*number of ranks, 4"):
        make(manifest).rows(0, 0, 4)


def test_a_split_smaller_than_one_sequence_is_refused(manifest):
    with pytest.raises(
        ShardError, match=r"validation split holds \d+ tokens, fewer than one.*; lower"
    ):
        make(manifest, split="validation", sequence_length=10_000)


def test_exactly_one_sequence_is_enough(manifest):
    num_tokens = TokenStream(manifest, "train").num_tokens
    batches = make(manifest, sequence_length=num_tokens - 1)
    assert batches.num_sequences == 1
    assert len(np.unique(batches[0], axis=0)) == 1


def test_batches_cannot_be_iterated_without_end(manifest):
    with pytest.raises(TypeError):
        iter(make(manifest))
    with pytest.raises(IndexError):
        make(manifest)[-1]
