import pytest

from schemas.errors import DataError
from trainer.batches import Batches
from trainer.ledger import BatchLedger


@pytest.fixture
def batches(manifest):
    return Batches(manifest, seed=3, sequence_length=8, global_batch_size=4)


def ledger_of(batches, numbers):
    ledger = BatchLedger("ab")
    for number in numbers:
        ledger.take(number, batches.starts(number))
    return ledger


def test_a_replay_gives_what_was_taken(batches):
    ledger = BatchLedger("ab")
    ledger.replay(batches, 5, [(1, 2)])
    assert ledger.digest == ledger_of(batches, [0, 3, 4, 5, 6]).digest
    ledger.audit(ledger.digest)
    ledger.audit("")  # a checkpoint from before there was a ledger


@pytest.mark.parametrize(
    "numbers", [[0, 1, 2, 3], [0, 1, 2, 3, 5], [0, 1, 3, 2, 4], [1, 2, 3, 4, 5]]
)
def test_any_other_batches_are_refused(batches, numbers):
    ledger = BatchLedger("ab")
    ledger.replay(batches, 5, [])
    with pytest.raises(DataError, match="has seen other batches"):
        ledger.audit(ledger_of(batches, numbers).digest)


def test_other_data_or_another_seed_is_another_ledger(manifest, batches):
    other = Batches(manifest, seed=4, sequence_length=8, global_batch_size=4)
    digest = ledger_of(batches, range(5)).digest
    assert digest != ledger_of(other, range(5)).digest
    assert BatchLedger("ab").digest != BatchLedger("cd").digest
