"""What a run saves and takes back, bit for bit, is tested with whole runs in test_loop.py."""

from pathlib import Path

import pytest

from schemas.errors import CorpusMillError
from trainer import checkpoint, tensor_files
from trainer.distributed import open_world
from trainer.interruption import Interruption
from trainer.loop import Training


def test_a_checkpoint_is_written_from_a_copy_while_training_goes_on(tiny):
    config = tiny()
    with open_world(config.runtime) as world, Interruption() as interruption:
        training = Training(config, world, interruption)
        saver, weight = training.saver, training.model.norm.weight
        before = weight.detach().clone()
        saver.save(0, None)
        weight.data.fill_(99.0)
        saver.wait()
        folder = checkpoint.find(Path(config.output), "latest")
        assert folder.name == "step-00000000" and saver.saved_step == 0
        assert checkpoint.read_model(folder)["norm.weight"].equal(before)
        recorded = checkpoint.read_state(folder).ledger_sha256
        assert recorded == training.ledger.close_books(0, [])
        training.take_step.close()
        saver.writer.close()


def test_a_failure_shows_before_the_next_checkpoint(tiny, monkeypatch):
    config = tiny()
    with open_world(config.runtime) as world, Interruption() as interruption:
        saver = Training(config, world, interruption).saver
        monkeypatch.setattr(
            tensor_files, "flush", lambda path: (_ for _ in ()).throw(OSError(28, "full"))
        )
        saver.save(0, None)
        with pytest.raises(CorpusMillError, match="step-00000000 cannot be written"):
            saver.save(0, None)
        saver.writer.close()


def test_what_ends_a_run_early_is_taken_back(tiny):
    config = tiny("validation.patience=9", "validation.min_gain=0.1")
    with open_world(config.runtime) as world, Interruption() as interruption:
        saver = Training(config, world, interruption).saver
        for step, loss in enumerate((3.0, 2.95, 2.99)):
            saver.stopping.observe(step, loss)
        saver.save(0, None)
        saver.wait()
        other = Training(config, world, interruption).saver.stopping
        assert vars(other) == vars(saver.stopping)
        assert (other.best, other.to_beat, other.stale) == (2.95, 3.0, 2)
        saver.writer.close()
