"""What :func:`prepare` refuses is tested with whole runs, in test_loop.py."""

from trainer.run_folder import prepare
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
