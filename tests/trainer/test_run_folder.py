import re
from pathlib import Path

import pytest

from schemas.errors import ConfigError, DataError, ShardError
from schemas.folder_lock import LOCK
from tests.trainer.handmade import SENTENCES, encode, write_shards
from trainer.loop import train
from trainer.run_folder import claim, prepare
from trainer.run_state import RunState


def test_a_new_folder_gets_the_tokenizer_and_the_schedule(tiny, tmp_path):
    (tmp_path / "tokenizer.json").write_text("{}")
    state = RunState(
        step=0,
        num_tokens=0,
        validation_loss=None,
        manifest_sha256="0",
        vocabulary_size=3,
        end_of_text_id=0,
        tokenizer_sha256="0",
        config=tiny().model_dump(mode="json"),
    )
    assert prepare(tiny(output="new"), state, tmp_path / "tokenizer.json") == (None, [])
    assert {path.name for path in (tmp_path / "new").iterdir()} == {
        "tokenizer.json",
        "schedule.svg",
    }


def test_a_damaged_shard_is_refused_by_name(tiny, tmp_path, tokenizer):
    manifest = write_shards(tmp_path / "s", tokenizer, [("train", encode(tokenizer, SENTENCES))])
    file = manifest.parent / "train" / "shard-00000.bin"
    content = bytearray(file.read_bytes())
    content[0] ^= 1
    file.write_bytes(content)
    for verify in ("open", "first_use"):
        with pytest.raises(ShardError, match=r"train/shard-00000\.bin: sha256"):
            train(tiny(f"data.manifest={manifest}", f"data.verify={verify}"))


def test_shards_of_another_tokenizer_are_refused(tiny, tmp_path, tokenizer):
    manifest = write_shards(tmp_path / "s", tokenizer, [("train", encode(tokenizer, SENTENCES))])
    (manifest.parent / "tokenizer.json").write_text("{}")
    with pytest.raises(ShardError, match=r"tokenizer\.json: sha256"):
        train(tiny(f"data.manifest={manifest}"))


def test_a_missing_shard_is_refused_by_name(tiny, tmp_path, tokenizer):
    manifest = write_shards(tmp_path / "s", tokenizer, [("train", encode(tokenizer, SENTENCES))])
    (manifest.parent / "train" / "shard-00000.bin").unlink()
    folder = re.escape(str(manifest.parent))
    with pytest.raises(ShardError, match=rf"^{folder}/train/shard-00000\.bin: no such.*; copy"):
        train(tiny(f"data.manifest={manifest}"))


@pytest.mark.parametrize(
    ("override", "error", "message"),
    [
        ("model.num_layers=3", ConfigError, "model.num_layers = 3: the run was started with 2"),
        ("seed=6", ConfigError, "seed = 6"),
        ("data.global_batch_size=8", ConfigError, "data.global_batch_size = 8"),
        ("checkpoint.resume=false", ConfigError, "holds a run, and checkpoint.resume is off"),
    ],
)
def test_a_run_is_not_mixed_with_another(tiny, override, error, message):
    train(tiny("schedule.num_steps=2"))
    with pytest.raises(error, match=message):
        train(tiny(override))


def test_changes_of_a_resumed_run_and_a_warm_up_that_is_too_long_are_told(tiny, capsys):
    train(tiny("schedule.num_steps=2"))
    said = capsys.readouterr().out
    assert "warning: schedule.num_warmup_steps = 2: with 2 steps the learning rate does not" in said
    train(tiny("loss.label_smoothing=0.1", "schedule.num_steps=3"))
    said = capsys.readouterr().out
    assert "num_warmup_steps" not in said
    assert (
        "note: since the checkpoint changed: schedule.num_steps = 3 (was 2), "
        "loss.label_smoothing = 0.1 (was 0.0)\n" in said
    )


def test_fewer_steps_than_the_run_has_done_are_refused_and_leave_its_files_alone(tiny):
    train(tiny("schedule.num_steps=4"))
    run = Path(tiny().output)
    before = (run / "schedule.svg").read_bytes()
    with pytest.raises(
        ConfigError, match=r"num_steps = 3: the run in .*run has done 4 steps; give"
    ):
        train(tiny("schedule.num_steps=3"))
    assert (run / "schedule.svg").read_bytes() == before
    train(tiny("schedule.num_steps=4"))  # as many are simply done


def test_a_run_is_not_resumed_on_other_shards(tiny, tmp_path, tokenizer):
    train(tiny("schedule.num_steps=2"))
    other = write_shards(tmp_path / "other", tokenizer, [("train", encode(tokenizer, SENTENCES))])
    run = Path(tiny().output)

    def times():
        paths = [path for path in run.rglob("*") if path.name != LOCK]
        return {path: path.stat().st_mtime_ns for path in paths}

    before = times()
    with pytest.raises(ShardError, match="the run was started on shards"):
        train(tiny(f"data.manifest={other}"))
    assert times() == before and len(before) > 5


def test_the_end_of_a_run_says_where_its_work_is(tiny, capsys):
    config = tiny("schedule.num_steps=2")
    train(config)
    last = capsys.readouterr().out.splitlines()[-1]
    assert last == f"done; in {config.output}: checkpoints/step-00000002"
    train(tiny("schedule.num_steps=3", "logging.report=true"))
    assert capsys.readouterr().out.splitlines()[-1].endswith("step-00000003, report.html")


def test_two_runs_in_one_folder_are_kept_apart(tiny):
    config = tiny("schedule.num_steps=3")
    with claim(Path(config.output)):
        with pytest.raises(DataError, match=r"another run is running \(process \d+ on "):
            train(config)
        assert not (Path(config.output) / "checkpoints").exists()
    assert not Path(config.output).exists()  # nothing was written
    train(config)
    train(tiny("schedule.num_steps=4"))


def test_a_refused_run_leaves_no_folder(tiny):
    config = tiny("data.manifest=nowhere")
    with pytest.raises(ConfigError):
        train(config)
    assert not Path(config.output).exists()
