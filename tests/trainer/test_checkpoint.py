import re

import pytest
import torch

from schemas.errors import CorpusMillError, DataError
from trainer import checkpoint, tensor_files
from trainer.run_state import RunState

WEIGHTS = {"embedding.weight": torch.arange(6.0).view(2, 3), "norm.weight": torch.ones(3)}
MOMENTS = {"exp_avg/norm.weight": torch.zeros(3), "step/norm.weight": torch.tensor(4.0)}
CONFIG = {
    "seed": 0,
    "model": {"d_model": 16, "num_layers": 2},
    "data": {"sequence_length": 8, "global_batch_size": 4},
    "schedule": {"num_steps": 10},
}


def state(step, validation_loss=None, **changes):
    facts = {
        "step": step,
        "num_tokens": step * 32,
        "validation_loss": validation_loss,
        "manifest_sha256": "a" * 64,
        "vocabulary_size": 300,
        "end_of_text_id": 0,
        "tokenizer_sha256": "0" * 64,
        "config": CONFIG,
    }
    return RunState(**(facts | changes))


def save(run, step, validation_loss=None, keep_last=2):
    kinds = {"model": WEIGHTS, "optimizer": MOMENTS}
    draft = checkpoint.begin(run, step)
    checkpoint.write(draft, state(step, validation_loss), kinds, keep_last)
    return run / "checkpoints" / f"step-{step:08d}"


def names(run):
    return sorted(path.name for path in (run / "checkpoints").iterdir())


def damage(path, position=-1):
    content = bytearray(path.read_bytes())
    content[position] ^= 1
    path.write_bytes(content)


def test_what_is_saved_comes_back(tmp_path):
    folder = save(tmp_path, 5, 1.5)
    assert checkpoint.newest_sound(tmp_path) == (folder, [])
    assert checkpoint.read_state(folder).validation_loss == 1.5
    for saved, loaded in (
        (WEIGHTS, checkpoint.read_model(folder)),
        (MOMENTS, checkpoint.read_optimizer(folder)),
    ):
        assert set(saved) == set(loaded)
        assert all(torch.equal(saved[name], loaded[name]) for name in saved)


def test_there_is_no_pickle_in_it(tmp_path):
    folder = save(tmp_path, 5)
    assert {p.name for p in folder.iterdir()} == {
        "model.safetensors",
        "optimizer.safetensors",
        "state.json",
    }


def test_the_last_few_and_the_best_are_kept(tmp_path):
    for step, loss in ((1, 3.0), (2, 1.0), (3, None), (4, 2.0), (5, 2.5)):
        save(tmp_path, step, loss)
    assert names(tmp_path) == ["best", "latest", "step-00000002", "step-00000004", "step-00000005"]
    assert checkpoint.find(tmp_path, "latest").name == "step-00000005"
    assert checkpoint.find(tmp_path, "best").name == "step-00000002"
    assert checkpoint.find(tmp_path, "step-00000004").name == "step-00000004"


@pytest.mark.parametrize("file", ["model.safetensors", "optimizer.safetensors", "state.json"])
@pytest.mark.parametrize("how", ["flipped", "cut", "missing"])
def test_a_damaged_checkpoint_is_named_and_the_one_before_is_used(tmp_path, file, how):
    before, last = save(tmp_path, 3), save(tmp_path, 6)
    if how == "flipped":
        damage(last / file, position=0)
    elif how == "cut":
        (last / file).write_bytes((last / file).read_bytes()[:-9])
    else:
        (last / file).unlink()
    found, damaged = checkpoint.newest_sound(tmp_path)
    assert found == before
    (found_damage,) = damaged
    assert str(found_damage).startswith(f"checkpoint step-00000006: {file} ")
    with pytest.raises(DataError, match=f"step-00000006: {file}"):
        checkpoint.find(tmp_path, "latest")
    checkpoint.set_aside(found_damage)
    assert checkpoint.newest_sound(tmp_path) == (before, [])
    assert "damaged-step-00000006" in names(tmp_path)


def test_a_draft_left_by_a_crash_is_not_a_checkpoint(tmp_path):
    save(tmp_path, 3)
    draft = tmp_path / "checkpoints" / ".draft-step-00000006"
    draft.mkdir()
    (draft / "model.safetensors").write_bytes(b"half")
    found, damaged = checkpoint.newest_sound(tmp_path)
    assert (found.name, damaged) == ("step-00000003", [])
    save(tmp_path, 6)
    assert not draft.exists()


def test_a_failure_to_write_is_one_line_and_keeps_the_old_ones(tmp_path, monkeypatch):
    old = save(tmp_path, 3)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tensor_files, "save_file", full)
    folder = re.escape(str(tmp_path / "checkpoints"))
    message = rf"checkpoint {folder}/step-00000006 cannot be written: .*No space.*; free space or"
    with pytest.raises(CorpusMillError, match=message):
        save(tmp_path, 6)
    assert not list(tmp_path.rglob(".draft-*"))
    assert checkpoint.newest_sound(tmp_path) == (old, [])


def test_weights_of_another_shape_are_refused_by_name(tmp_path):
    own = {"norm.weight": torch.ones(4), "head.weight": torch.ones(3, 4)}
    shapes = {"norm.weight": (4,), "head.weight": (3, 4)}
    checkpoint.check_shapes(tmp_path, shapes, own)
    wrong = shapes | {"head.weight": (5, 4)}
    with pytest.raises(DataError, match=r"head\.weight is \(5, 4\), in the model \(3, 4\)"):
        checkpoint.check_shapes(tmp_path, wrong, own)
    with pytest.raises(DataError, match=r"norm\.weight is absent, in the model \(4,\)"):
        checkpoint.check_shapes(tmp_path, {"head.weight": (3, 4)}, own)


def test_a_run_without_checkpoints_has_none(tmp_path):
    assert checkpoint.newest_sound(tmp_path / "new") == (None, [])
    with pytest.raises(DataError, match="no latest checkpoint"):
        checkpoint.find(tmp_path, "latest")
    with pytest.raises(DataError, match="no checkpoint step-1"):
        checkpoint.find(tmp_path, "step-1")


def test_a_checkpoint_is_never_sought_outside_the_run(tmp_path):
    save(tmp_path / "run", 3)
    save(tmp_path / "other", 3)
    inside = tmp_path / "other" / "checkpoints" / "step-00000003"
    for name in (str(inside), "../../other/checkpoints/step-00000003", ".", ""):
        with pytest.raises(DataError, match="no checkpoint"):
            checkpoint.find(tmp_path / "run", name)
